"""Part B, hidden tests of the size of the embedding (B11)."""

from __future__ import annotations

import itertools
import math
from typing import Any

import torch
from answers import TOLERANCE
from digits import Digits

from autograder.grader import describe, fail, seed_process


def test_sweep_training_before_validation(student: Any, mnist: Digits) -> None:
    """For every size, the error on the training images stands before that on the validation images."""
    digits, negatives = mnist.training_images[:256], 1 - mnist.training_images[256:1280]
    got = swept(student, digits, negatives, [2, 24], epochs=6)
    for dim, errors in got.items():
        if not all(math.isfinite(error) and 0 < error < 1 for error in errors):
            fail(
                "expected mean squared errors, between 0 and 1 where pixels are in [0, 1], "
                f"got ({errors[0]:.4g}, {errors[1]:.4g}) for the size {dim}"
            )
    if got[2] == got[24]:
        fail(f"expected a model of its own for each size, got the same errors {describe(got[2])} for 2 and 24")
    expect_training_error_first(student, digits[:128], negatives[:512])
    if swept(student, digits, negatives[:64], [2], epochs=2)[2][0] == got[2][0]:
        fail(f"expected other errors after 2 epochs than after 6, got {got[2][0]:.6g} on the training images for both")
    expect_new_models(student, digits[:128], negatives[:64])
    expect_errors_over_all_pixels(student, digits[:64], negatives)


def expect_training_error_first(student: Any, images: torch.Tensor, others: torch.Tensor) -> None:
    """Require that other validation images change the second error and leave the first.

    Which is the smaller one tells no order: after few steps, batch norm's running statistics are those of no image yet.
    """
    answers = []
    for validation in (others, torch.full_like(others, 0.5)):
        seed_process(student, 5)
        answers.append(swept(student, images, validation, [3], epochs=2)[3])
    training, validation_error = ([pair[index] for pair in answers] for index in range(2))
    stays = abs(training[0] - training[1]) <= TOLERANCE
    if not stays or abs(validation_error[0] - validation_error[1]) <= TOLERANCE:
        shown = " and then ".join(f"({first:.4g}, {second:.4g})" for first, second in answers)
        fail(
            "expected the pair (training error, validation error): with the same training images and seed, and grey "
            f"images for the validation images, the first stays and the second changes, got {shown}"
        )


def swept(
    student: Any, images: torch.Tensor, others: torch.Tensor, sizes: list[int], epochs: int, seed: int = 9
) -> dict[int, tuple[float, float]]:
    """What the student's sweep answers: two floats for each of the sizes."""
    got = student.autoencoder.sweep_embedding_dims(images, others, sizes, epochs=epochs, seed=seed)
    if not isinstance(got, dict):
        fail(f"expected a dictionary from sizes to pairs of errors, got {describe(got)}")
    if {(type(key), key) for key in got} != {(int, size) for size in sizes}:
        fail(f"expected the sizes {sizes} as keys, got {describe(list(got))}")
    for size, errors in got.items():
        if not isinstance(errors, list | tuple) or len(errors) != 2 or not all(type(e) is float for e in errors):
            fail(f"expected two floats for the size {size}, got {describe(errors)}")
    return {size: (errors[0], errors[1]) for size, errors in got.items()}


def expect_new_models(student: Any, images: torch.Tensor, others: torch.Tensor) -> None:
    """Require of sizes that hardly differ that the later ones are not better and better: each starts anew."""
    sizes = [22, 20, 25, 21, 24, 23]
    got = swept(student, images, others, sizes, epochs=2)
    errors = [got[size][0] for size in sizes]
    # By chance, six are in falling order once in 720 times.
    if all(later < earlier for earlier, later in itertools.pairwise(errors)) and errors[-1] < 0.6 * errors[0]:
        fail(
            f"expected a new model for each of the sizes {sizes}, got errors that fall from each to the next: "
            f"{describe([round(error, 4) for error in errors])}"
        )


def expect_errors_over_all_pixels(student: Any, images: torch.Tensor, others: torch.Tensor) -> None:
    """Require errors of the trained model, over all pixels: the same for the same images, in whatever order."""
    seed_process(student, 5)
    training, validation = swept(student, images, images, [3], epochs=1)[3]
    if abs(training - validation) > 0.01 * validation:
        fail(
            "expected the trained model's errors, which are the same where the validation images are the training "
            f"images, got ({training:.4g}, {validation:.4g})"
        )
    seed_process(student, 5)
    if swept(student, images, images, [3], epochs=1, seed=10)[3][0] == training:
        fail(f"expected other errors with another seed, got {training:.6g} on the training images for both")
    # 1027 is 13 times 79: with any other batch, fewer images are left for the last one.
    mixed, errors = torch.cat([images.repeat(16, 1, 1, 1), others[:3]]), []
    for ordered in (mixed, mixed.flip(0)):
        seed_process(student, 5)
        errors.append(swept(student, images, ordered, [3], epochs=1)[3][1])
    if abs(errors[0] - errors[1]) > 0.01 * errors[0]:
        fail(
            f"expected the mean over all pixels, which is the same for {len(mixed)} validation images in any order, "
            f"got {errors[0]:.4g} and {errors[1]:.4g}"
        )
