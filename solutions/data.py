# given
"""The data of this course: real handwritten digits (MNIST), and scenes made of them.

    images, labels = load_digits()          # for the autoencoder
    scenes, masks = training_scenes()       # for pixel-wise prediction

Your models are marked on digits, and on scenes of digits, that are not among these.
"""

from pathlib import Path

import numpy as np
import torch

# The classes of a scene's pixels.
BACKGROUND, ZERO, ONE = 0, 1, 2

# Strokes fade out at their edges. A pixel belongs to a stroke if it is more than half as bright as can be.
STROKE = 0.5


def load_digits() -> tuple[torch.Tensor, torch.Tensor]:
    """Return the images, float32 (4000, 1, 28, 28) in [0, 1], and which digit each shows, int64 (4000,).

    Raises:
        FileNotFoundError: `digits.npz` does not lie in the folder of this file.
    """
    path = Path(__file__).with_name("digits.npz")
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing: copy digits.npz from the handout to it.")
    with np.load(path, allow_pickle=False) as arrays:
        images, labels = torch.from_numpy(arrays["images"]), torch.from_numpy(arrays["labels"])
    return images.unsqueeze(1).float() / 255, labels.long()


def make_scenes(
    images: torch.Tensor,
    labels: torch.Tensor,
    count: int,
    height: int,
    width: int,
    digits_per_scene: int,
    seed: int,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Scatter zeros and ones over black scenes.

    Each digit is drawn at random from those that show a 0 or a 1, cut out, and pasted at a random place, among those
    where it does not touch the rectangle around another digit; where there is none such, it overlaps as little as
    can be, and the brighter pixel wins.

    Args:
        images: (N, 1, 28, 28) in [0, 1], of any digits; those that show a 0 or a 1 are used.
        labels: (N,), which digit each image shows.
        count: how many scenes.
        height: of a scene, in pixels, 28 at least.
        width: of a scene, in pixels, 28 at least.
        digits_per_scene: how many digits each scene holds.
        seed: the same arguments give the same scenes; another seed gives others.

    Returns:
        The scenes, float32 (count, 1, height, width) in [0, 1], and the class of each of their pixels, int64
        (count, height, width): 0 for the background, 1 for the stroke of a zero, 2 for the stroke of a one.

    Raises:
        ValueError: there is no zero and no one among the images, or a scene is smaller than a digit's image.
    """
    if height < 28 or width < 28:
        raise ValueError(f"a scene of {height} by {width} is smaller than a digit's image, 28 by 28")
    usable = np.flatnonzero(labels.cpu().numpy() <= 1)
    if len(usable) == 0:
        raise ValueError("no image shows a 0 or a 1")
    generator = np.random.default_rng(seed)
    scenes = np.zeros((count, height, width), dtype=np.float32)
    masks = np.zeros((count, height, width), dtype=np.int64)
    for scene, mask in zip(scenes, masks, strict=True):
        taken = np.zeros((height, width), dtype=bool)
        for index in generator.choice(usable, digits_per_scene):
            digit = _cut_out(images[index, 0].cpu().numpy())
            place = _place(taken, digit.shape, generator)
            brighter = digit > scene[place]
            mask[place][brighter & (digit > STROKE)] = ZERO if labels[index] == 0 else ONE
            scene[place][brighter] = digit[brighter]
            taken[place] = True
    return torch.from_numpy(scenes).unsqueeze(1), torch.from_numpy(masks)


def training_scenes(
    count: int = 600, height: int = 40, width: int = 40, seed: int = 0
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return scenes with two digits each and the classes of their pixels, as `make_scenes` does."""
    images, labels = load_digits()
    return make_scenes(images, labels, count, height, width, digits_per_scene=2, seed=seed)


def _cut_out(image: np.ndarray) -> np.ndarray:
    """Return the smallest rectangle of an image that holds all of its digit."""
    rows, columns = np.nonzero(image)
    return image[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]


def _place(taken: np.ndarray, shape: tuple[int, int], generator: np.random.Generator) -> tuple[slice, slice]:
    """Choose where a rectangle of this shape goes: at random among the places that cover fewest taken pixels."""
    covered = np.lib.stride_tricks.sliding_window_view(taken, shape).sum(axis=(2, 3))
    row, column = generator.choice(np.argwhere(covered == covered.min()))
    return slice(row, row + shape[0]), slice(column, column + shape[1])
