"""What students' models are compared with, computed here from the digits."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import torch
from digits import digits


class Pca(NamedTuple):
    """The mean (784,) and the first principal directions (components, 784) of flattened images."""

    mean: torch.Tensor
    directions: torch.Tensor


@cache
def pca(source: str, components: int) -> Pca:
    """PCA of the training share; at most 64 components are kept."""
    mean, directions = _all_directions(source)
    return Pca(mean, directions[:components])


def pca_error(source: str, components: int) -> float:
    """Mean squared error of PCA with this many components on the held-out images."""
    mean, directions = pca(source, components)
    held_out = digits(source).held_out_images.flatten(1) - mean
    return float(((held_out @ directions.T @ directions - held_out) ** 2).mean())


def mean_image_error(source: str) -> float:
    """Mean squared error of the mean training image on the held-out images."""
    return float(((digits(source).held_out_images.flatten(1) - _all_directions(source).mean) ** 2).mean())


@cache
def _all_directions(source: str) -> Pca:
    flat = digits(source).training_images.flatten(1)
    mean = flat.mean(0)
    _, _, directions = torch.linalg.svd(flat - mean, full_matrices=False)
    return Pca(mean, directions[:64])


def distances(images: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
    """(N, M): Euclidean distances between two sets of images, or of points."""
    return torch.cdist(images.flatten(1).double(), others.flatten(1).double())
