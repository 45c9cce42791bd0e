# One mistake: keeps a tenth back and returns the loss on it, not the loss trained with.
"""Part C: pixel-wise prediction with a fully convolutional network.

A classifier says what an image shows; here a network says it of every pixel. You build one that shrinks an image in
order to understand it, grows it back in order to answer at each pixel, and takes images of any size. Its task: scenes
with handwritten zeros and ones, where each pixel is background (class 0), stroke of a zero (1) or stroke of a one (2).

Images have shape (N, C, H, W), are float32 and lie in [0, 1]; labels are int64. A model and the images that it is given
are on one device: every function works there, and its answers are there too (C10). Networks are tested in eval mode.
All that they need is in their weights (the state dict) or made by the constructor.

You may add functions and layers of your own, and import what the packages of this course offer. Where it says "Look at
it", your own functions make pictures. That needs data.py, pictures.py and digits.npz of the handout in the same folder:
in Colab, upload handout.zip to the file browser and run `!unzip -n handout.zip` in a cell before all others.
"""

from collections.abc import Iterator  # solution
from contextlib import contextmanager  # solution

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# ## A label at every pixel
#
# The label of an image is a number, the label of every pixel is an image of numbers: (H, W). The network answers with
# as many images as there are classes: at each pixel one score (a *logit*) for each class. Written as a target, a class
# is an image too: 1 at its own pixels, 0 elsewhere. That is the *one-hot* form, and says what the network should paint.


def one_hot_targets(labels: Tensor, num_classes: int) -> Tensor:
    """Return an image for each class: 1 where the pixel is of that class, 0 elsewhere (C1).

    >>> one_hot_targets(torch.tensor([[[0, 2]]]), num_classes=3).squeeze()
    tensor([[1., 0.],
            [0., 0.],
            [0., 1.]])

    Args:
        labels: (N, H, W) int64, each from 0 to num_classes - 1.
        num_classes: C, how many classes there are, including those that no pixel has.

    Returns:
        (N, C, H, W) float32, on the device of the labels.
    """
    # Hint: F.one_hot puts the classes last, and its answer holds integers.
    return F.one_hot(labels, num_classes).movedim(-1, 1).float()


# ## Why reduce the resolution
#
# A 3 by 3 kernel looks at a small piece of a stroke, and such a piece looks the same in a zero and in a one. Whether it
# belongs to a ring can only be told from far enough away. Each layer adds to what a pixel of the output depends on, its
# *receptive field*, but 3 by 3 kernels alone add two pixels each, and every one of them is computed at every pixel.
# After a layer with stride 2 the same kernel reaches twice as far, at a quarter of the cost.


def receptive_field(layers: list[tuple[int, int, int]]) -> int:
    """Return how many pixels of the input, along one dimension, one pixel of the output depends on (C7).

    >>> receptive_field([(3, 1, 1), (3, 1, 1)])
    5
    >>> receptive_field([(3, 2, 1), (3, 1, 1)])
    7

    Args:
        layers: (kernel, stride, dilation) of convolutions or poolings that follow one another, the first layer first.
            With no layer, an output pixel is an input pixel.
    """
    # Hint: how far apart, in pixels of the input, are two neighbouring pixels of a layer's input?
    field, distance = 1, 1
    for kernel, stride, dilation in layers:
        field += dilation * (kernel - 1) * distance
        distance *= stride
    return field


# ## Down, and up again, in several steps
#
# Three poolings by 2 leave an eighth of the rows and columns: enough to know *what* there is, too little to know
# exactly *where*. The way back is transposed convolution, and it is better to take it in steps: one layer with stride 8
# would have to paint a stroke's outline out of a single coarse pixel, while three layers with stride 2, a ReLU between
# each two, can correct the outline at each resolution.
#
# What got lost on the way down is still there, in the layers of the way down. A **skip connection** adds them (or
# concatenates them) to the layer of the same resolution on the way up: the coarse layers say what, the fine layers say
# where. This is the idea of *Fully Convolutional Networks for Semantic Segmentation* (Long, Shelhamer and Darrell,
# 2015).
#
# For that, both must have the same size, and you know from Part A that they only almost have it. Pooling takes 57 rows
# to 28, and a transposed convolution takes 28 to 56. To cut or stretch everything to match moves each answer away from
# its pixel. `output_padding` closes the gap; and `up(x, output_size=...)`, at call time, chooses it for you.


class FCN(nn.Module):
    """Scores every class at every pixel: (N, in_channels, H, W) -> (N, num_classes, H, W) (C2).

    It downsamples, then upsamples with transposed convolution (nn.ConvTranspose2d). It takes every H and W from 16 on,
    odd and non-square ones too, in the same model: no layer is tied to one size. The logits at row i and column j are
    those of the image's pixel at row i and column j.

    The trained model is marked as well (C9), on scenes of another size than those it was trained on: see `train`.
    """

    def __init__(self, in_channels: int = 1, num_classes: int = 3) -> None:
        """Make the layers."""
        # Hint: the way up needs a transposed convolution for each pooling on the way down.
        # Hint: a transposed convolution with stride 2 should double the size, before output_padding. Which kernels and
        # paddings do that? upsample_by of Part A knows.
        # Hint: call no layer `half` or `float`: every nn.Module has methods of these names.
        super().__init__()
        self.encode_full = _convolution(in_channels, 8)
        self.encode_half = _convolution(8, 16)
        self.encode_quarter = _convolution(16, 32)
        self.encode_eighth = _convolution(32, 64)
        self.to_quarter = nn.ConvTranspose2d(64, 32, kernel_size=2, stride=2)
        self.to_half = nn.ConvTranspose2d(32, 16, kernel_size=2, stride=2)
        self.to_full = nn.ConvTranspose2d(16, 8, kernel_size=2, stride=2)
        self.refine_quarter = _convolution(32, 32)
        self.refine_half = _convolution(16, 16)
        self.refine_full = _convolution(8, 8)
        self.score = nn.Conv2d(8, num_classes, kernel_size=1)

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits (N, num_classes, H, W) of images (N, in_channels, H, W)."""
        # Hint: keep what each step of the way down made; its shape is the output_size of a step of the way up.
        full = self.encode_full(images)
        half = self.encode_half(F.max_pool2d(full, 2))
        quarter = self.encode_quarter(F.max_pool2d(half, 2))
        eighth = self.encode_eighth(F.max_pool2d(quarter, 2))
        quarter = self.refine_quarter(quarter + self.to_quarter(eighth, output_size=quarter.shape[-2:]))
        half = self.refine_half(half + self.to_half(quarter, output_size=half.shape[-2:]))
        full = self.refine_full(full + self.to_full(half, output_size=full.shape[-2:]))
        return self.score(full)


def _convolution(in_channels: int, out_channels: int) -> nn.Sequential:
    """Return a convolution that keeps the size, batch normalisation and the nonlinearity.

    Without batch normalisation, one of five starts stays where every stroke gets the same class.
    """
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1, bias=False),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(),
    )


# ## From scores to answers
#
# Softmax turns a pixel's logits into probabilities. It does the same to their logarithms, since it does not care about
# a constant added to all classes: log-probabilities are logits too. Probabilities are not: softmax of a softmax is
# nearly flat, whatever the network knows.


def predict_proba(model: nn.Module, images: Tensor) -> Tensor:
    """Return how probable each class is at each pixel (C3).

    The model is in eval mode meanwhile; afterwards the mode of each of its layers, and its buffers (the statistics of
    batch normalisation, say), are as before.

    Args:
        model: maps images to logits (N, C, H, W), or to log-probabilities, for which the answer is the same.
        images: (N, in_channels, H, W), on the device of the model.

    Returns:
        (N, C, H, W): at each pixel a distribution over the classes, not below 0 and with sum 1.
    """
    # Hint: which dimension has to add up to 1?
    # Hint: eval mode keeps the buffers as they are. What did model.training say before you changed it?
    with _evaluation(model):
        return model(images).softmax(dim=1)


def predict(model: nn.Module, images: Tensor) -> Tensor:
    """Return the most probable class of each pixel, (N, H, W) int64 (C3).

    The model and the images are those of `predict_proba`, and the model's modes and buffers are treated as there.
    """
    return predict_proba(model, images).argmax(dim=1)


@contextmanager
def _evaluation(model: nn.Module) -> Iterator[None]:
    """Within it, the model is in eval mode and no gradients are recorded; afterwards each layer's mode is as before."""
    modes = {module: module.training for module in model.modules()}
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        for module, mode in modes.items():
            module.training = mode


# ## How wrong is it?
#
# The loss of a pixel is that of a classifier: cross-entropy, minus the logarithm of the probability that the pixel's
# class was given. The loss of images is the mean over all their pixels.
#
# As a mark, the share of correct pixels is worth little: nine of ten pixels are background, so a network that answers
# "background" everywhere has 90 %. *Intersection over union* asks each class alone: of the pixels that are of this
# class or were said to be, how many are both? The mean over the classes gives a one as much weight as the background.


def pixel_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the mean cross-entropy over all pixels of all images, a scalar that gradients flow through (C4).

    Args:
        logits: (N, C, H, W); softmax has not been applied to them.
        labels: (N, H, W) int64.
    """
    # Hint: F.cross_entropy expects the classes in dimension 1, and applies softmax itself.
    return F.cross_entropy(logits, labels)


def mean_iou(prediction: Tensor, labels: Tensor, num_classes: int) -> float:
    """Return the mean intersection over union (C6).

    A class's intersection and union are counted over all pixels of all images together. The mean is over the classes
    that are present in the prediction, in the labels or in both; the background is a class like any other.

    >>> mean_iou(torch.tensor([[[0, 1, 1, 1]]]), torch.tensor([[[0, 0, 1, 1]]]), num_classes=3)
    0.5833333333333333

    Args:
        prediction: (N, H, W) int64, the class of each pixel as predicted.
        labels: (N, H, W) int64, the class of each pixel as it is; there is at least one pixel.
        num_classes: the classes are 0 to num_classes - 1.
    """
    # Hint: what is the union of a class that is in neither?
    ratios = []
    for one in range(num_classes):
        predicted, true = prediction == one, labels == one
        union = (predicted | true).sum().item()
        if union > 0:
            ratios.append((predicted & true).sum().item() / union)
    return sum(ratios) / len(ratios)


# ## Train it


def train(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    epochs: int = 10,
    batch_size: int = 16,
    lr: float = 5e-3,
    seed: int = 0,
) -> list[float]:
    """Train the model in place to predict the class of each pixel (C8).

    The same starting weights, data and seed lead to the same weights, whatever state PyTorch's global random generator
    is in (you may seed it). The images and labels are not changed. The last epoch's loss is smaller than the first's.

    The trained model is marked as well (C9): the mean IoU of an FCN() on scenes of 57 by 75 pixels with three digits
    that it has never seen, after `train(model, images, labels, epochs=10, seed=...)` on 600 scenes of 40 by 40 pixels,
    those of `training_scenes`. So the defaults of batch_size and lr, like the layers, are yours to choose.

    Args:
        model: an FCN, on the device of the images and labels.
        images: (N, C, H, W).
        labels: (N, H, W) int64.
        epochs: how many times to go through all images.
        batch_size: how many images each step of the optimiser sees.
        lr: the learning rate.
        seed: decides the order of the images, and whatever else is left to chance.

    Returns:
        For each epoch, the mean of the loss that was trained with: over its images or over its batches.
    """
    # Hint: this is Part B's training with another loss. Does the order that you shuffle into hold for the labels too?
    generator = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.Adam(model.parameters(), lr=lr)
    model.train()
    losses = []
    held = max(1, len(images) // 10)
    held_images, held_labels = images[-held:], labels[-held:]
    images, labels = images[:-held], labels[:-held]
    for _ in range(epochs):
        total = 0.0
        for chosen in torch.randperm(len(images), generator=generator).to(images.device).split(batch_size):
            loss = pixel_loss(model(images[chosen]), labels[chosen])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total += loss.item() * len(chosen)  # the last batch may be smaller and counts for less
        with _evaluation(model):
            losses.append(pixel_loss(model(held_images), held_labels).item())
    return losses


# ## Look at it
#
# Train on small scenes, then look at larger ones, which the same layers take: here of 57 by 75 pixels, and odd on
# purpose. The training takes about 15 seconds. Where the network is wrong, is it wrong about *what* or about *where*?
# (The `if` keeps these lines from running where your functions are only imported: when they are graded.)

if __name__ == "__main__":
    from data import load_digits, make_scenes, training_scenes
    from pictures import show_losses, show_masks

    EPOCHS = 10  # as many as the grader trains for

    scenes, masks = training_scenes()
    torch.manual_seed(0)  # decides the starting weights
    model = FCN()
    show_losses(train(model, scenes, masks, epochs=EPOCHS))

    digits, digit_labels = load_digits()
    large_scenes, large_masks = make_scenes(digits, digit_labels, 20, 57, 75, digits_per_scene=3, seed=1)
    predicted_masks = predict(model, large_scenes)
    print(f"mean IoU on larger scenes of the same digits: {mean_iou(predicted_masks, large_masks, 3):.2f}")
    show_masks(large_scenes[:5], large_masks[:5], predicted_masks[:5])

# ## What does a layer respond to?
#
# A filter of the first layer is small enough to read: it weighs a few pixels, and answers strongly where the image
# looks like its weights, at an edge in one direction or at a bright spot. Its **feature map** is an image of these
# answers, in which the scene is still easy to recognise. A filter of a higher layer cannot be read: it weighs the
# answers of other filters. But its feature map shows what it has come to respond to: here zeros, there ones, wherever
# they stand, while exact outlines matter no longer. It sees enough of the scene for that: compute how much, with your
# `receptive_field`.

if __name__ == "__main__":
    from pictures import show_feature_maps, show_filters

    convolutions = [layer for layer in model.modules() if isinstance(layer, nn.Conv2d)]
    maps = []
    hooks = [
        layer.register_forward_hook(lambda layer, images, output: maps.append(output[0].relu()))
        for layer in convolutions
    ]
    predict(model, large_scenes[:1])
    for hook in hooks:
        hook.remove()

    show_filters(convolutions[0].weight)
    show_feature_maps(maps[0], "first convolution")
    show_feature_maps(min(maps, key=lambda one: one.shape[-1])[:16], "a convolution at the lowest resolution")

# ## Unpooling
#
# Skip connections are one way to remember where things were. Another one remembers less: max pooling takes the largest
# pixel of each window and can say which it was. *Unpooling* puts each maximum back in its place and leaves the rest 0,
# a sparse image of the right outline, for convolutions to fill in. This is how *Learning Deconvolution Network for
# Semantic Segmentation* (Noh, Hong and Han, 2015) grows its images. Where windows do not divide the image, unpooling
# must be told the size that it leads back to: several sizes have the same pooled size, as in Part A.


class PoolUnpool(nn.Module):
    """Max pooling and its unpooling: (N, C, H, W) -> (N, C, H, W), maxima stay in their places, the rest is 0 (C5).

    Windows are those of nn.MaxPool2d(kernel_size): square, side by side from the first row and column on; rows and
    columns left over at the end belong to no window.
    """

    def __init__(self, kernel_size: int = 2) -> None:
        """Keep the size of a window, the same for rows and columns."""
        super().__init__()
        self.kernel_size = kernel_size

    def pool(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the maximum of each window, and where in x it was.

        Args:
            x: (N, C, H, W); H and W are kernel_size at least.

        Returns:
            The maxima, (N, C, H // kernel_size, W // kernel_size), and their indices, in the form that `unpool` takes.
        """
        # Hint: F.max_pool2d has an option for this.
        return F.max_pool2d(x, self.kernel_size, return_indices=True)

    def unpool(self, pooled: Tensor, indices: Tensor, output_size: tuple[int, ...]) -> Tensor:
        """Return an image with each of `pooled` where its index in `indices` says, and 0 elsewhere.

        Args:
            pooled: the maxima that `pool` returned, or values that stand for them.
            indices: the indices that `pool` returned with them.
            output_size: the full shape (N, C, H, W) of what was pooled, rows and columns left over included.
        """
        # Hint: F.max_unpool2d guesses a size unless it is told one.
        return F.max_unpool2d(pooled, indices, self.kernel_size, output_size=output_size)

    def forward(self, x: Tensor) -> Tensor:
        """Return unpool(*pool(x), x.shape)."""
        return self.unpool(*self.pool(x), x.shape)


if __name__ == "__main__":
    from pictures import show_reconstructions

    show_reconstructions(digits[:12], PoolUnpool(2)(digits[:12]))

# ## One answer for the whole image
#
# A classifier usually flattens its last feature maps into a fully connected layer, and from then on takes one size of
# image only. *Global average pooling* asks each feature map for its mean instead: a convolution whose maps are scores
# at each place becomes a score for the image, of any size.


class ConvClassifier(nn.Module):
    """Scores every class for a whole image: (N, in_channels, H, W) -> (N, num_classes) (C11).

    It takes every H and W from 16 on: convolutions, then global average pooling, no fully connected layer (nn.Linear).
    """

    def __init__(self, in_channels: int = 1, num_classes: int = 10) -> None:
        """Make the layers."""
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(in_channels, 16, kernel_size=3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(16, 32, kernel_size=3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(32, num_classes, kernel_size=3, padding=1),
        )

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits (N, num_classes) of images (N, in_channels, H, W)."""
        # Hint: which dimensions does the mean have to leave?
        return self.layers(images).mean(dim=(2, 3))
