# One mistake: the sweep's seed is ignored, 0 is always used.
"""Part B: a convolutional autoencoder.

An autoencoder is two networks. The *encoder* turns an image into a few numbers, its *embedding*; the *decoder* turns
the embedding back into an image. Nobody labels anything: the image is its own target. In this part you build one for
handwritten digits, train it, and then ask what its embeddings are good for.

Images have shape (N, 1, 28, 28), are float32 and lie in [0, 1]; embeddings have shape (N, embedding_dim). A model and
the images that it is given are on one device: every function works there, and its answers are there too (B12).
Networks are tested in eval mode. All that they need is in their weights (the state dict) or made by the constructor.

You may add functions and layers of your own, and import what the packages of this course offer. Where it says "Look at
it", your own functions make pictures. That needs data.py, pictures.py and digits.npz of the handout in the same folder:
in Colab, upload handout.zip to the file browser and run `!unzip -n handout.zip` in a cell before all others.
"""

from collections.abc import Iterator  # solution
from contextlib import contextmanager  # solution

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# ## Why an embedding
#
# A digit of 28 by 28 pixels is a point with 784 coordinates, but almost no such point is a digit: set each pixel by
# chance, and you will wait forever for a seven. Digits differ in a few ways only: which digit it is, how it leans, how
# thick the pen was. A network that must describe the image with 16 numbers, well enough to draw it again, has to find
# such ways. What it finds is the embedding.
#
# ## Why reduce the resolution
#
# A convolution with stride 2 halves the rows and the columns. One step of the next kernel then reaches twice as far in
# the image: after two such layers, 3 by 3 kernels see 7 by 7 pixels, enough for a bend of the pen. And a quarter of
# the pixels costs a quarter of the work, which pays for more channels. Fewer places, but more said about each. Only
# at the end does a fully connected layer look at everything together and put it in `embedding_dim` numbers.


class Encoder(nn.Module):
    """Embeds images: (N, 1, 28, 28) -> (N, embedding_dim), for every N >= 1 (B1)."""

    def __init__(self, embedding_dim: int = 16) -> None:
        """Make the layers, for any embedding_dim >= 1."""
        # Hint: begin with super().__init__(), or the layers cannot be registered.
        # Hint: two convolutions with stride 2 lead from 28 to 14 to 7. What padding does that need?
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 16, kernel_size=3, stride=2, padding=1),  # 14 x 14
            nn.ELU(),
            nn.Conv2d(16, 32, kernel_size=3, stride=2, padding=1),  # 7 x 7
            nn.ELU(),
            nn.Flatten(),
            nn.Linear(32 * 7 * 7, embedding_dim),
        )

    def forward(self, images: Tensor) -> Tensor:
        """Return the embeddings (N, embedding_dim) of images (N, 1, 28, 28)."""
        # Hint: flatten from dimension 1 on; dimension 0 counts the images.
        return self.layers(images)


# ## Why upsample, and why in several steps
#
# The decoder goes the other way: a few numbers become 7 by 7 places, then 14, then 28. A fully connected layer could
# set all 784 pixels at once, but it would have to learn afresh, for each place, what a stroke looks like. Part A's
# transposed convolution learns it once and paints it wherever it is wanted.
#
# A single one could lead from 7 to 28, with stride 4. But it can only add up fixed patches, and never sees how those of
# neighbouring places fit. With two layers and a nonlinearity between them, the first lays out coarse strokes, and the
# second, which sees several of these together, draws their edges. (On images this small the gain is small: try it.)


class Decoder(nn.Module):
    """Draws the images that embeddings stand for: (N, embedding_dim) -> (N, 1, 28, 28), for every N >= 1 (B2).

    It upsamples with transposed convolution (`nn.ConvTranspose2d`). Whatever the embedding, its pixels lie in [0, 1].
    """

    def __init__(self, embedding_dim: int = 16) -> None:
        """Make the layers, for any embedding_dim >= 1."""
        # Hint: nn.Unflatten gives numbers in a row the shape (channels, rows, columns) again.
        # Hint: your output_padding_for(14, ...) of Part A knows what leads from 7 back to 14.
        # Hint: which last layer keeps every pixel in [0, 1]? A ReLU does not.
        super().__init__()
        # ELU rather than ReLU: digits are mostly black, the first steps drive every pixel there, and ReLUs that are 0
        # for all images get no gradient to come back. With them, 1 training in 10 ended all black (embedding_dim 2).
        self.layers = nn.Sequential(
            nn.Linear(embedding_dim, 32 * 7 * 7),
            nn.ELU(),
            nn.Unflatten(1, (32, 7, 7)),
            nn.ConvTranspose2d(32, 16, kernel_size=3, stride=2, padding=1, output_padding=1),  # 14 x 14
            nn.ELU(),
            nn.ConvTranspose2d(16, 1, kernel_size=3, stride=2, padding=1, output_padding=1),  # 28 x 28
            nn.Sigmoid(),
        )

    def forward(self, embeddings: Tensor) -> Tensor:
        """Return the images (N, 1, 28, 28) of embeddings (N, embedding_dim)."""
        return self.layers(embeddings)


class Autoencoder(nn.Module):
    """Reconstructs images by way of their embeddings: (N, 1, 28, 28) -> (N, 1, 28, 28) (B3).

    In eval mode, `model(x)` equals `model.decoder(model.encoder(x))`. The embedding is all that crosses from the one to
    the other: from the embedding and the weights alone, in another process which has never seen the image, the decoder
    makes the same reconstruction.

    Attributes:
        encoder: an Encoder.
        decoder: a Decoder for embeddings of the same size.
    """

    def __init__(self, embedding_dim: int = 16) -> None:
        """Make the encoder and the decoder, for any embedding_dim >= 1."""
        super().__init__()
        self.encoder = Encoder(embedding_dim)
        self.decoder = Decoder(embedding_dim)

    def forward(self, images: Tensor) -> Tensor:
        """Return the reconstructions (N, 1, 28, 28) of images (N, 1, 28, 28)."""
        return self.decoder(self.encoder(images))


# ## Why the mean squared error blurs
#
# How wrong is a reconstruction? The usual answer is the mean of (reconstruction - image)² over all pixels. Say the
# embedding leaves it open whether a stroke runs here or one pixel further right. Drawn here, the stroke is right half
# of the time, and otherwise wrong at both places. Half grey at both places costs half of that on average: of all
# answers, the *mean* of the possible images has the smallest squared error. So what the embedding leaves open is drawn
# as a blur. The fewer numbers it has, the more they leave open; look for it in the pictures below.


def reconstruction_loss(reconstruction: Tensor, images: Tensor) -> Tensor:
    """Return the mean squared error over all pixels of all images (B4).

    Args:
        reconstruction: (N, 1, 28, 28).
        images: the same shape.

    Returns:
        A scalar (a tensor without dimensions), through which gradients flow back to the reconstruction.
    """
    return F.mse_loss(reconstruction, images)


def train(
    model: nn.Module, images: Tensor, epochs: int = 10, batch_size: int = 64, lr: float = 3e-3, seed: int = 0
) -> list[float]:
    """Train the model in place to reconstruct the images (B5).

    The same starting weights, images and seed lead to the same weights, whatever state PyTorch's global random
    generator is in (you may seed it). The images are not changed. The last epoch's loss is smaller than the first's.

    The trained model is marked as well, at embedding_dim 16 (B6) and 2 (B7): how well does it reconstruct digits that
    it has never seen, after `train(model, images, epochs=10, seed=...)` on 4,000 digits? So the defaults of batch_size
    and lr, like the layers, are yours to choose.

    Args:
        model: an Autoencoder, on the device of the images.
        images: (N, 1, 28, 28).
        epochs: how many times to go through all images.
        batch_size: how many images each step of the optimiser sees.
        lr: the learning rate.
        seed: decides the order of the images, and whatever else is left to chance.

    Returns:
        For each epoch, the mean of the loss that was trained with: over its images or over its batches.
    """
    # Hint: a step is five lines: reconstruct, compute the loss, clear the old gradients, go backward, step.
    # Hint: make the optimiser once, not in every epoch: Adam remembers.
    # Hint: a loss that stays near 0.11 belongs to a model that draws everything black. It can happen to correct code:
    # most pixels are black, the first steps rush there, and a ReLU that is 0 for all images learns no more. Smaller
    # steps help, or nn.LeakyReLU or nn.ELU.
    # Hint: torch.Generator().manual_seed(seed) is a generator of your own for torch.randperm. Dropout, if you use it,
    # draws from the global one, which torch.manual_seed(seed) seeds.
    generator = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.Adam(model.parameters(), lr=lr)
    model.train()
    losses = []
    for _ in range(epochs):
        total = 0.0
        for chosen in torch.randperm(len(images), generator=generator).split(batch_size):
            batch = images[chosen.to(images.device)]
            loss = reconstruction_loss(model(batch), batch)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total += loss.item() * len(batch)  # the last batch may be smaller and counts for less
        losses.append(total / len(images))
    return losses


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


# ## Look at it
#
# Keep 500 digits back: a model may know its training images by heart, and only images that it has never seen can tell.
# The training takes about 15 seconds. Then compare the digits with what came through 16 numbers. Where are they
# blurred? (The `if` keeps these lines from running where your functions are only imported: when they are graded.)

if __name__ == "__main__":
    from data import load_digits
    from pictures import show_losses, show_reconstructions

    EPOCHS = 10  # as many as the grader trains for

    digits, labels = load_digits()
    training, validation = digits[:-500], digits[-500:]

    torch.manual_seed(0)  # decides the starting weights
    model = Autoencoder(embedding_dim=16)
    show_losses(train(model, training, epochs=EPOCHS))

    model.eval()
    reconstructions = model(validation)
    print("mean squared error on digits never seen:", reconstruction_loss(reconstructions, validation).item())
    show_reconstructions(validation[:12], reconstructions[:12])

# ## Two numbers can be seen
#
# With `embedding_dim=2` every digit is a point in the plane, and the embedding itself is a picture. Much is left open,
# so much is blurred. But the model was never told which digit is which: see which ones it has put together all the
# same, and which it cannot tell apart.

if __name__ == "__main__":
    from pictures import show_embedding

    torch.manual_seed(0)
    flat_model = Autoencoder(embedding_dim=2)
    train(flat_model, training, epochs=EPOCHS)

    flat_model.eval()
    show_embedding(flat_model.encoder(training[:1500]), labels[:1500])
    show_reconstructions(validation[:12], flat_model(validation[:12]))

# ## Why a large embedding memorises
#
# If 16 numbers are better than 2, why not take 784? Because then nothing forces the model to find out what digits have
# in common: it has room to keep what makes each training image special. The error on the training images tells nothing
# of this. It has to be compared with the error on images that the model has not been trained on.


def sweep_embedding_dims(
    train_images: Tensor, valid_images: Tensor, dims: list[int], epochs: int = 2, seed: int = 0
) -> dict[int, tuple[float, float]]:
    """Train an Autoencoder of each embedding size and return its errors on the two sets of images (B11).

    Args:
        train_images: (N, 1, 28, 28), to train on.
        valid_images: (M, 1, 28, 28), never trained on.
        dims: sizes of the embedding, each at least 1.
        epochs: of each training.
        seed: decides the starting weights and the training: the same seed gives the same errors.

    Returns:
        For each size in `dims`, (training error, validation error): the trained model's mean squared error over all
        pixels of `train_images` and of `valid_images`, in this order, in eval mode.
    """
    # Hint: a new model for each size: one that is trained on from the last size has had more epochs.
    # Hint: torch.manual_seed decides the starting weights of the layers that are made after it.
    errors = {}
    for dim in dims:
        torch.manual_seed(0)
        model = Autoencoder(dim).to(train_images.device)
        train(model, train_images, epochs=epochs)
        with _evaluation(model):
            training_error, validation_error = (
                reconstruction_loss(model(images), images).item() for images in (train_images, valid_images)
            )
        errors[dim] = (training_error, validation_error)
    return errors


# ## Look at it
#
# With thousands of digits there is too much to memorise, so take 128 of them and show them often. The validation error
# need not rise. Look at the gap: at which size do the two errors part, and how many times larger is the one on images
# never seen?

if __name__ == "__main__":
    from pictures import show_sweep

    SWEEP_EPOCHS = 60  # of 128 images each

    show_sweep(sweep_embedding_dims(training[:128], validation, dims=[2, 8, 32, 256], epochs=SWEEP_EPOCHS))

# ## Between two digits
#
# The mean of two images is a double exposure. The image of the mean of two *embeddings* is something else: walk along
# the straight line from one embedding to another, and look at what the decoder draws on the way.


def interpolate(model: Autoencoder, image_a: Tensor, image_b: Tensor, steps: int = 8) -> Tensor:
    """Return images on the way from image_a to image_b (B8).

    They decode equally spaced points of the straight line between the two embeddings. The model is in eval mode
    meanwhile, and afterwards in the mode that it was in.

    Args:
        model: an Autoencoder, on the device of the images.
        image_a: (1, 28, 28).
        image_b: (1, 28, 28).
        steps: how many images, both ends included; at least 2.

    Returns:
        (steps, 1, 28, 28): first the reconstruction of image_a, last that of image_b.
    """
    # Hint: an encoder wants a batch: torch.stack makes one of two images.
    # Hint: torch.linspace gives equally spaced numbers; on which device?
    with _evaluation(model):
        start, end = model.encoder(torch.stack([image_a, image_b]))
        share = torch.linspace(0, 1, steps, device=image_a.device).unsqueeze(1)
        return model.decoder(torch.lerp(start, end, share))


if __name__ == "__main__":
    from pictures import show_strip

    show_strip(interpolate(model, validation[0], validation[1]), "embeddings between two digits")
    fading = torch.linspace(0, 1, 8).view(-1, 1, 1, 1)
    show_strip(torch.lerp(validation[0], validation[1], fading), "pixels between two digits")

# ## Why a random point is no digit
#
# The decoder makes an image of every point. But it has only ever been trained at points where images embed, and
# nothing tells the encoder where to put them: they may lie far from 0, and spread along some directions more than
# along others. A point from a standard normal distribution is a place about which the decoder has learned nothing.
# To draw new digits, choose points near those of real ones.


def generate(model: Autoencoder, images: Tensor, n: int, seed: int = 0) -> Tensor:
    """Return new images, decoded from points near the embeddings of given ones (B9).

    They look like digits: their distance to the nearest real digit is smaller, on average, than that of images which
    the model decodes from standard normal points. They differ from each other as real digits do. And none is a copy:
    one of `images` itself, however faintly changed, is a copy.

    The same model, images and seed give the same images, another seed gives others, whatever state PyTorch's global
    random generator is in. The model is in eval mode meanwhile, and afterwards in the mode that it was in.

    Args:
        model: a trained Autoencoder, on the device of the images.
        images: (N, 1, 28, 28), 64 or more.
        n: how many new images; it may exceed N.
        seed: decides which ones.

    Returns:
        (n, 1, 28, 28), decoded by the model.
    """
    # Hint: one way is a small random step away from an embedding, small compared with how far the embeddings spread.
    # Another is a point between the embedding of an image and that of a neighbour.
    # Hint: on which device does your generator draw, and on which are the embeddings?
    generator = torch.Generator().manual_seed(seed)
    chosen = torch.randint(len(images), (n,), generator=generator).to(images.device)
    with _evaluation(model):
        embeddings = model.encoder(images)
        steps = torch.randn(n, embeddings.shape[1], generator=generator).to(images.device)
        # A quarter of the spread: far enough for another image, not so far that it is no digit.
        return model.decoder(embeddings[chosen] + 0.25 * embeddings.std(dim=0) * steps)


if __name__ == "__main__":
    from pictures import show_digits

    show_digits(generate(model, training, n=36))
    show_strip(model.decoder(torch.randn(12, 16)), "decoded from standard normal points")

# ## Why neighbours in the embedding mean more than neighbours in pixels
#
# Two images of the same digit, one moved by two pixels, hardly overlap: pixel by pixel, they are far apart. To compare
# pixels is to ask whether the same places are black. To compare embeddings is to ask whether the same few things would
# have to be said to draw the two.


def nearest_neighbours(model: Autoencoder, images: Tensor, queries: Tensor, k: int = 5) -> Tensor:
    """Return the images whose embeddings are nearest to those of the queries (B10).

    The model is in eval mode meanwhile, and afterwards in the mode that it was in.

    Args:
        model: an Autoencoder, on the device of the images.
        images: (N, 1, 28, 28), to search in.
        queries: (Q, 1, 28, 28).
        k: how many neighbours for each query; at most N.

    Returns:
        (Q, k) int64: for each query the indices of its neighbours in `images`, the nearest by Euclidean distance first.
        Those equally far may come in any order.
    """
    # Hint: torch.cdist computes all distances between two sets of points.
    with _evaluation(model):
        # By default, cdist fills large tables by matrix multiplication, which mixes up points that are nearly as far.
        mode = "donot_use_mm_for_euclid_dist"
        distances = torch.cdist(model.encoder(queries), model.encoder(images), compute_mode=mode)
        return distances.topk(k, largest=False).indices


# ## Look at it
#
# The queries are digits never seen, moved two pixels to the right. How many of their neighbours are the same digit?
# Try other shifts. Where nothing is moved, pixels do about as well: 784 of them, against 16 numbers. Far to the right,
# both are lost, for there the training images hold no digits.

if __name__ == "__main__":
    from pictures import show_neighbours

    moved = validation.roll(2, dims=3)
    by_embedding = nearest_neighbours(model, training, moved)
    by_pixels = torch.cdist(moved.flatten(1), training.flatten(1)).topk(5, largest=False).indices
    for space, found in (("embedding", by_embedding), ("pixels", by_pixels)):
        same = labels[found] == labels[-500:, None]
        print(f"neighbours in the {space} that are the same digit: {same.float().mean():.0%}")
    show_neighbours(moved[:6], training[by_embedding[:6]], training[by_pixels[:6]])
