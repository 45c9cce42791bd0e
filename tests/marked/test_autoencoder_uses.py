"""Part B, hidden tests of what embeddings are good for (B8 to B10)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from answers import expect_alike, expect_finite, expect_images
from baselines import distances
from digits import Digits
from models import DIM, by_whom, stand_in, trained
from samples import expect_drawn, expect_no_copies, expect_variety, likeness

from autograder.grader import (
    StudentObject,
    StudentRaised,
    expect_score,
    expect_shape,
    fail,
    seed_process,
    show_images,
)


def codes(model: StudentObject, images: torch.Tensor) -> torch.Tensor:
    """Where the images embed; the model is in eval mode."""
    return expect_finite(model.encoder(images), (len(images), DIM))


# ---------------------------------------------------------------------------- B8: interpolation


def way(model: StudentObject, image_a: torch.Tensor, image_b: torch.Tensor, steps: int) -> torch.Tensor:
    """What the model draws along the straight line between the two embeddings; the model is in eval mode."""
    start, end = codes(model, torch.stack([image_a, image_b]))
    return expect_images(model.decoder(torch.lerp(start, end, torch.linspace(0, 1, steps).unsqueeze(1))), steps)


def test_interpolation_ends_at_the_reconstructions(student: Any, mnist: Digits, source: str) -> None:
    """The first row is the reconstruction of image_a and the last that of image_b, also when these are all."""
    model = trained(student, source)
    for a, b, steps in ((0, 1, 2), (2, 3, 5), (3, 2, 9)):
        image_a, image_b = mnist.training_images[a], mnist.training_images[b]
        expected = way(model, image_a, image_b, 2)
        got = expect_images(student.autoencoder.interpolate(model, image_a, image_b, steps=steps), steps)
        expect_alike(got[:1], expected[:1], f"row 0 of interpolate with {steps} steps, against the reconstruction")
        expect_alike(got[-1:], expected[1:], f"the last of {steps} rows of interpolate, against the reconstruction")


def test_interpolation_decodes_equally_spaced_embeddings(student: Any, mnist: Digits, source: str) -> None:
    """Every row decodes its point of the straight line between the embeddings, at any number of steps."""
    model = trained(student, source)
    for a, b, steps in ((4, 5, 3), (6, 7, 8), (8, 9, 12)):
        image_a, image_b = mnist.training_images[a], mnist.training_images[b]
        expected = way(model, image_a, image_b, steps)
        got = expect_images(student.autoencoder.interpolate(model, image_a, image_b, steps=steps), steps)
        if steps == 8:
            show_images(f"interpolate() from one digit to another in 8 steps, drawn {by_whom(model)}", {"8 steps": got})
        for row in range(steps):
            of = f"row {row} of {steps} of interpolate, against the image of its point between the embeddings"
            expect_alike(got[row], expected[row], of)


def test_interpolation_has_eight_steps_by_default(student: Any, mnist: Digits, source: str) -> None:
    """Without steps there are eight."""
    model = trained(student, source)
    image_a, image_b = mnist.training_images[10], mnist.training_images[11]
    expected = way(model, image_a, image_b, 8)
    expect_alike(student.autoencoder.interpolate(model, image_a, image_b), expected)


def test_interpolation_is_in_eval_mode(student: Any, mnist: Digits, source: str) -> None:
    """A model with dropout, handed in while it is in train mode, drops nothing."""

    def check(model: StudentObject) -> None:
        image_a, image_b = mnist.training_images[12], mnist.training_images[13]
        expected = way(model, image_a, image_b, 4)
        model.train()
        got = student.autoencoder.interpolate(model, image_a, image_b, steps=4)
        expect_alike(got, expected, "interpolate with a model that has dropout, in train mode when handed in")

    in_eval_mode(student, source, check)


def in_eval_mode(student: Any, source: str, check: Callable[[StudentObject], None]) -> None:
    """Check with a model that has dropout; with the student's own where the function needs more of a model."""
    try:
        check(stand_in(student, source, dropout=0.5))
    except StudentRaised:
        check(trained(student, source))


# ---------------------------------------------------------------------------- B9: new digits


def test_generate_as_many_as_asked(student: Any, mnist: Digits, source: str) -> None:
    """n images with values in [0, 1] come back, also one, and also more than there are to start from."""
    model = trained(student, source)
    for count, n in ((100, 1), (64, 7), (64, 150)):
        got = student.autoencoder.generate(model, mnist.training_images[:count], n, seed=1)
        expect_images(got, n, f"generate from {count} images, n={n}")


def test_generate_depends_on_the_seed_alone(student: Any, mnist: Digits, source: str) -> None:
    """The same seed gives the same images, whatever the global generator's state; another seed gives others.

    Without a seed it is 0.
    """
    model, images = trained(student, source), mnist.training_images[:200]
    answers = []
    for settings, state in (({"seed": 0}, 21), ({}, 22), ({"seed": 2}, 22)):
        seed_process(student, state)
        got = student.autoencoder.generate(model, images, 20, **settings)
        answers.append(expect_images(got, 20))
    expect_alike(answers[1], answers[0], "generate without a seed, which is then 0, against seed=0")
    if distances(answers[2], answers[0]).diagonal().median() < 0.1:
        fail("expected other images with another seed, got the same")


def test_generated_images_look_like_digits(student: Any, mnist: Digits, source: str) -> None:
    """They are nearer to real digits than images which the model decodes from standard normal points."""
    model, images = trained(student, source), mnist.training_images[:1000]
    bounds = likeness(model, images, mnist)
    got = expect_images(student.autoencoder.generate(model, images, 200, seed=3), 200)
    show_images(f"New digits of generate(), drawn {by_whom(model)}", {"8 of 200": got[:8], "8 more": got[8:16]})
    expect_no_copies(model, got, images)
    expect_variety(got, bounds.reconstructions)
    expect_score(
        bounds.distance(got),
        none=bounds.none,
        full=bounds.full,
        of="the generated images' mean distance to the nearest real digit",
        beside={"reconstructions of real digits": bounds.distance(bounds.reconstructions)},
    )


def test_generated_images_vary(student: Any, mnist: Digits, source: str) -> None:
    """They differ from each other as real digits do, and no image is a given one, however faintly changed."""
    model, images = trained(student, source), mnist.training_images[1000:1300]
    reconstructions = expect_images(model(images), len(images))
    got = expect_images(student.autoencoder.generate(model, images, 150, seed=4), 150)
    expect_no_copies(model, got, images)
    expect_drawn(model, got, images)
    expect_variety(got, reconstructions)


def test_generated_images_are_like_those_given(student: Any, mnist: Digits, source: str) -> None:
    """From images of one digit alone, images of this digit are made, and from two digits images of both."""
    model = trained(student, source)
    zeros, ones = (mnist.training_images[mnist.training_labels == digit] for digit in (0, 1))
    for digit, images in enumerate((zeros, ones)):
        share = shares_of_digits(student, mnist, model, images)[digit]
        if share < 0.6:
            fail(f"from images of the digit {digit}, expected images that are most like it; only {share:.0%} are")
    taking_turns = torch.stack([zeros[:100], ones[:100]], dim=1).flatten(0, 1)
    for digit, share in enumerate(shares_of_digits(student, mnist, model, taking_turns)[:2]):
        if share < 0.1:
            fail(f"from images half of which are the digit {digit}, expected some like it; only {share:.0%} are")


def shares_of_digits(student: Any, mnist: Digits, model: StudentObject, images: torch.Tensor) -> list[float]:
    """Of 100 images that are generated from these, the shares that are most like each of the ten digits."""
    got = expect_images(student.autoencoder.generate(model, images, 100, seed=5), 100)
    expect_no_copies(model, got, images)
    nearest = mnist.training_labels[distances(got, mnist.training_images).argmin(1)]
    return [float((nearest == digit).float().mean()) for digit in range(10)]


# ---------------------------------------------------------------------------- B10: neighbours


def expect_neighbours(got: object, points: torch.Tensor, queries: torch.Tensor, k: int, of: str) -> None:
    """Require (Q, k) int64, in each row k different points, the nearest first; those equally far in any order."""
    indices = expect_shape(got, (len(queries), k), of)
    if indices.dtype is not torch.int64 or indices.device.type == "meta":
        fail(f"expected indices of torch.int64, got {indices.dtype} on {indices.device.type}", of)
    if int(indices.min()) < 0 or int(indices.max()) >= len(points):
        outside = indices[(indices < 0) | (indices >= len(points))][0]
        fail(f"expected indices into {len(points)} images, got {int(outside)}", of)
    if k > 1 and int(indices.sort(dim=1).values.diff(dim=1).min()) == 0:
        fail("expected different neighbours of a query, got one of them twice", of)
    every = distances(queries, points)
    tolerance = 1e-3 * max(1.0, float(points.norm(dim=1).max()))
    expected = every.topk(k, largest=False).values
    wrong = (every.gather(1, indices) - expected).abs() > tolerance
    if bool(wrong.any()):
        query, rank = (int(number) for number in wrong.nonzero()[0])
        fail(
            f"neighbour {rank} of query {query} should be {expected[query, rank]:.4g} away in the embedding, "
            f"but image {int(indices[query, rank])} is {every[query, indices[query, rank]]:.4g} away",
            of,
        )


def test_neighbours_are_nearest_in_the_embedding(student: Any, mnist: Digits, source: str) -> None:
    """The k nearest by Euclidean distance between embeddings, the nearest first."""
    model, images, queries = trained(student, source), mnist.training_images[:300], mnist.training_images[300:320]
    points, asked = codes(model, images), codes(model, queries)
    for k in (1, 3, 12):
        got = student.autoencoder.nearest_neighbours(model, images, queries, k=k)
        expect_neighbours(got, points, asked, k, f"nearest_neighbours of 20 queries in 300 images, k={k}")


def test_neighbours_may_be_all(student: Any, mnist: Digits, source: str) -> None:
    """k may be the number of images, and without k there are five; a query may be among the images, and is nearest."""
    model, images = trained(student, source), mnist.training_images[400:430]
    points = codes(model, images)
    for count, settings, k in ((1, {"k": 30}, 30), (4, {}, 5), (30, {"k": 2}, 2)):
        got = student.autoencoder.nearest_neighbours(model, images, images[:count], **settings)
        expect_neighbours(got, points, points[:count], k, f"nearest_neighbours of {count} of 30 images, k={k}")


def test_neighbours_in_eval_mode(student: Any, mnist: Digits, source: str) -> None:
    """A model with dropout, handed in while it is in train mode, drops nothing."""

    def check(model: StudentObject) -> None:
        images, queries = mnist.training_images[500:600], mnist.training_images[600:605]
        points, asked = codes(model, images), codes(model, queries)
        model.train()
        got = student.autoencoder.nearest_neighbours(model, images, queries, k=4)
        of = "nearest_neighbours with a model that has dropout, in train mode when handed in"
        expect_neighbours(got, points, asked, 4, of)

    in_eval_mode(student, source, check)
