"""How generated digits are judged: by their distance to real ones, by variety, and by not being copies."""

from __future__ import annotations

from typing import NamedTuple

import torch
from answers import expect_finite, expect_images
from baselines import distances
from digits import Digits
from models import DIM

from autograder.grader import StudentObject, fail

_GENERATED = "generate(model, images, n)"


class Likeness(NamedTuple):
    """What this model's images reach.

    Attributes:
        reals: all real digits.
        reconstructions: of the given images.
        full: the distance to the nearest real digit for full marks.
        none: that for no marks.
    """

    reals: torch.Tensor
    reconstructions: torch.Tensor
    full: float
    none: float

    def distance(self, images: torch.Tensor) -> float:
        """Mean distance of images to the nearest real digit."""
        return _to_nearest(images, self.reals)


def _to_nearest(images: torch.Tensor, reals: torch.Tensor) -> float:
    return float(distances(images, reals).min(1).values.mean())


def likeness(model: StudentObject, images: torch.Tensor, mnist: Digits) -> Likeness:
    """Measure the model, which is in eval mode, on three kinds of points: embeddings, matched, standard normal.

    Matched points are normal with the embeddings' mean and standard deviation in each dimension, the plainest way of
    sampling near where images embed. They earn full marks, and standard normal points none, unless the embeddings
    themselves are about standard normal.
    """
    reals = torch.cat([mnist.training_images, mnist.held_out_images])
    points = expect_finite(model.encoder(images), (len(images), DIM))
    normal = torch.randn(300, DIM, generator=torch.Generator().manual_seed(0))
    mean, deviation = points.mean(0), points.std(0)
    matched = expect_images(model.decoder(mean + deviation * normal), 300)
    reconstructions = expect_images(model.decoder(points), len(points))
    reached = 1.1 * _to_nearest(matched, reals)
    baseline = 0.9 * _to_nearest(expect_images(model.decoder(normal), 300), reals)
    return Likeness(reals, reconstructions, reached, max(baseline, 1.15 * reached))


def expect_no_copies(model: StudentObject, generated: torch.Tensor, images: torch.Tensor) -> None:
    """Require that no image is a given one, however faintly changed: much nearer to it than the model can draw it."""
    gap, nearest = distances(generated, images).min(1)
    model.eval()
    blur = expect_images(model.decoder(model.encoder(images)), len(images))
    drawn = distances(images, blur).diagonal()
    copies = gap < 0.7 * drawn[nearest]
    if bool(copies.any()):
        at = int(copies.nonzero()[0])
        fail(f"expected new images, but image {at} is nearly a copy of the given image {int(nearest[at])}", _GENERATED)


def expect_drawn(model: StudentObject, generated: torch.Tensor, images: torch.Tensor) -> None:
    """Require images that the model draws: encoded and decoded once more, they change less than real digits do.

    Measured on trained models, as a share of the change of real digits: 0.1 to 0.6 for what they draw near embeddings,
    0.8 and more for digits with noise, for mixtures of two digits' pixels, and for mixtures of digits and drawings.
    """
    model.eval()
    change, usual = (
        float(((expect_images(model(each), len(each)) - each) ** 2).mean().sqrt()) for each in (generated, images)
    )
    if change > 0.75 * usual:
        fail(
            "expected images that the model decodes from points near embeddings; encoded and decoded once more, these "
            f"change by {change:.3g}, and real digits by {usual:.3g}",
            _GENERATED,
        )


def expect_variety(generated: torch.Tensor, reconstructions: torch.Tensor) -> None:
    """Require the images to differ from each other about as much as reconstructions of real digits do."""
    between = torch.pdist(generated.flatten(1).double())
    usual = torch.pdist(reconstructions[:300].flatten(1).double())
    if between.median() < 0.5 * usual.median():
        fail(
            f"expected images that differ as digits do, by about {usual.median():.3g}, "
            f"but they differ by {between.median():.3g}",
            _GENERATED,
        )
    square = distances(generated, generated).fill_diagonal_(torch.inf)
    repeated = float((square.min(1).values < 0.05 * usual.median()).double().mean())
    if repeated > 0.3:
        fail(f"expected {len(generated)} different images, but {repeated:.0%} of them have a double", _GENERATED)
