# One mistake: takes the widest linear layer of the classifier for the first one.
"""Part D: transfer learning.

A network that was trained for one task has learned to see. In this part you take one that somebody else has trained,
keep its eyes, and give it a new task, for which there are only a few images.

The networks have the layout of torchvision's AlexNet and VGG: three children, `features` (convolutions and poolings),
`avgpool` (adaptive average pooling) and `classifier` (fully connected layers), applied in this order. Images have shape
(N, C, H, W) and are float32; labels are int64. A model and the images that it is given are on one device.

You may add functions and layers of your own, and import what the packages of this course offer. Where it says "Look at
it", your own functions make pictures. That needs data.py, pictures.py and digits.npz of the handout in the same folder:
in Colab, upload handout.zip to the file browser and run `!unzip -n handout.zip` in a cell before all others.
"""

import copy  # solution

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# ## What transfers
#
# You have seen in Part C what the layers of a network respond to: the first ones to edges and spots, which every image
# has, the higher ones to shapes, many of which other images have too. Only the last layers say what this one task
# asked. So cut them off. What is left turns any image into numbers that describe it well, its *features*, and a small
# layer on top of them can be trained with few images.
#
# `avgpool` is adaptive: whatever the size of its input, it averages down to the same few rows and columns. So the
# number of features does not depend on the size of the image.


def image_features(backbone: nn.Module, images: Tensor) -> Tensor:
    """Return what the backbone's classifier would be given: avgpool(features(images)), flattened (D1).

    The features are computed as in eval mode and without gradients. The backbone is unchanged afterwards: the mode of
    each of its layers, its buffers (the statistics of batch normalisation, say) and each weight's requires_grad.

    Args:
        backbone: a network of torchvision's AlexNet or VGG layout, with or without batch normalisation, in any mode.
        images: (N, C, H, W), as many channels as the backbone takes, on its device.

    Returns:
        (N, F), on the device of the images; everything from dimension 1 on is flattened.
    """
    # Hint: the backbone may arrive in training mode, even in part. Which calls change that, and who changes it back?
    # Hint: copy.deepcopy gives you a network of your own.
    features = copy.deepcopy(backbone.features).eval()
    with torch.no_grad():
        return backbone.avgpool(features(images)).flatten(1)


# ## Why freeze
#
# A new layer starts with random weights. Its first gradients are large and mean little, and if they flow on into the
# features, they destroy what was worth keeping; and fifty images are too few to learn it again. So **freeze** the
# features: no gradients for their weights. With more images, it pays to let them move too, from where they are.
#
# Weights are not all that moves. Batch normalisation keeps running means and variances, which are no parameters: they
# change at each forward pass in training mode, whether or not gradients are recorded. To freeze a layer is also to
# leave it in eval mode, even while the model around it trains.


class TransferClassifier(nn.Module):
    """A new, untrained linear layer on a backbone's features: (N, C, H, W) -> logits (N, num_classes) (D2).

    The features are those of `image_features`. It starts from the backbone's weights and never changes the backbone
    that it was given. It takes images of every size that the backbone takes.

    Frozen, only the head trains: features get no gradients, and in training mode too their batch normalisation uses the
    statistics that it came with and keeps them. Not frozen, everything trains.
    """

    def __init__(self, backbone: nn.Module, num_classes: int, freeze: bool = True) -> None:
        """Copy what is needed of a backbone of torchvision's AlexNet or VGG layout, in any mode, and add the head."""
        # Hint: the first fully connected layer of backbone.classifier knows how many features there are.
        # Hint: what requires gradients in the copy need not be what did in the backbone.
        super().__init__()
        self.features = copy.deepcopy(backbone.features).requires_grad_(not freeze)
        self.avgpool = copy.deepcopy(backbone.avgpool)
        linear = [layer for layer in backbone.classifier.modules() if isinstance(layer, nn.Linear)]
        first = max(linear, key=lambda layer: layer.in_features)
        self.head = nn.Linear(first.in_features, num_classes, device=first.weight.device)
        self.freeze = freeze
        self.train()

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits (N, num_classes) of images (N, C, H, W)."""
        # Hint: model.train() puts all layers into training mode, frozen ones too.
        if self.freeze:
            self.features.eval()
        return self.head(self.avgpool(self.features(images)).flatten(1))


# ## Train it


def train(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    epochs: int = 5,
    batch_size: int = 5,
    lr: float = 3e-3,
    seed: int = 0,
) -> list[float]:
    """Train the model in place to classify the images, with cross-entropy (D3).

    The same starting weights, data and seed lead to the same weights, whatever state PyTorch's global random generator
    is in (you may seed it). The images and labels are not changed. The last epoch's loss is smaller than the first's.
    What does not require gradients does not change.

    The result is marked as well: how many of the digits 5 to 9 does a TransferClassifier recognise, when its frozen
    backbone is a small network that knows the digits 0 to 4, after `train(model, images, labels, epochs=5, seed=...)`
    with 50 images? The defaults of batch_size and lr are yours to choose.

    Args:
        model: maps images to logits, on the device of the images and labels.
        images: (N, C, H, W).
        labels: (N,) int64, from 0 on.
        epochs: how many times to go through all images.
        batch_size: how many images each step of the optimiser sees.
        lr: the learning rate.
        seed: decides the order of the images, and whatever else is left to chance.

    Returns:
        For each epoch, the mean of the loss that was trained with: over its images or over its batches.
    """
    # Hint: an optimiser needs only the parameters that require gradients.
    generator = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.Adam([one for one in model.parameters() if one.requires_grad], lr=lr)
    model.train()
    losses = []
    for _ in range(epochs):
        total = 0.0
        for chosen in torch.randperm(len(images), generator=generator).split(batch_size):
            chosen = chosen.to(images.device)
            loss = F.cross_entropy(model(images[chosen]), labels[chosen])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total += loss.item() * len(chosen)  # the last batch may be smaller and counts for less
        losses.append(total / len(images))
    return losses


# ## Look at it
#
# AlexNet has learned from a million photographs: `torchvision.models.alexnet(weights="DEFAULT")` downloads it. Here is
# the same layout in miniature, for you to train on the digits 0 to 4 as if you were that somebody else. It takes about
# ten seconds. (The `if` keeps these lines from running where your functions are only imported: when they are graded.)


class SmallAlexNet(nn.Module):  # given
    """AlexNet's layout in miniature: (N, 1, H, W) -> logits (N, num_classes), for H and W from 4 on."""

    def __init__(self, num_classes: int) -> None:
        """Make the layers."""
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 16, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(16, 32, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(32, 64, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.Conv2d(64, 64, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.Conv2d(64, 64, kernel_size=3, padding=1),
            nn.ReLU(),
        )
        self.avgpool = nn.AdaptiveAvgPool2d((3, 3))
        self.classifier = nn.Sequential(nn.Linear(64 * 3 * 3, 64), nn.ReLU(), nn.Linear(64, num_classes))

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits."""
        return self.classifier(self.avgpool(self.features(images)).flatten(1))


if __name__ == "__main__":
    from data import load_digits
    from pictures import show_filters, show_losses

    digits, labels = load_digits()
    old, new = labels < 5, labels >= 5

    torch.manual_seed(0)  # decides the starting weights
    backbone = SmallAlexNet(num_classes=5)
    show_losses(train(backbone, digits[old], labels[old], epochs=5, batch_size=32, lr=1e-3))
    show_filters(backbone.features[0].weight)

# Now the new task: tell 5, 6, 7, 8 and 9 apart, with 50 images to learn from. What do the features give, frozen and not
# frozen, compared to the same network from scratch? And what remains of the difference after 30 epochs?

if __name__ == "__main__":
    from pictures import show_digits

    EPOCHS = 5

    few, others = digits[new][:50], digits[new][50:]
    few_labels, other_labels = labels[new][:50] - 5, labels[new][50:] - 5
    show_digits(few)

    for name, start, freeze in (
        ("frozen", backbone, True),
        ("not frozen", backbone, False),
        ("from scratch", SmallAlexNet(num_classes=5), False),
    ):
        model = TransferClassifier(start, num_classes=5, freeze=freeze)
        train(model, few, few_labels, epochs=EPOCHS)
        model.eval()
        correct = model(others).argmax(dim=1) == other_labels
        print(f"{name}: {correct.float().mean():.0%} of the other images are recognised")
