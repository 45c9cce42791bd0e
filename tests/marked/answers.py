"""What the tests require of an answer before they compute with it, whatever a student's function returned."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Mapping
from typing import Any

import torch

from autograder.grader import (
    Failed,
    Student,
    StudentObject,
    describe,
    expect_close,
    expect_numbers,
    fail,
    load_state,
    look,
    seed_process,
    state_of,
)
from autograder.wire import OnDevice

# Float32 in another order of summation, and one image beside a batch, differ by less.
TOLERANCE = 1e-4


def expect_finite(got: object, shape: tuple[int, ...], of: str = "") -> torch.Tensor:
    """Require floating-point numbers of this shape, neither infinite nor nan, and return them as float32."""
    return expect_numbers(got, shape, of).float()


def expect_single_precision(got: object, shape: tuple[int, ...], of: str) -> torch.Tensor:
    """Require finite numbers in float32; float64 is taken too, since nothing of what was asked is lost in it."""
    numbers = expect_numbers(got, shape, of)
    if numbers.dtype not in (torch.float32, torch.float64):
        fail(f"expected float32, got {numbers.dtype}", of)
    return numbers.float()


def expect_images(got: object, count: int, of: str = "") -> torch.Tensor:
    """Require (count, 1, 28, 28) with values in [0, 1]."""
    images = expect_finite(got, (count, 1, 28, 28), of)
    outside = images[(images < -TOLERANCE) | (images > 1 + TOLERANCE)]
    if len(outside):
        fail(f"expected values in [0, 1], got {outside[0].item():.4g}", of)
    return images


def expect_alike(got: object, expected: torch.Tensor, of: str = "") -> torch.Tensor:
    """Require the expected values, to a tolerance that grows with their size where they are larger than 1."""
    expect_finite(got, tuple(expected.shape), of)
    return expect_close(got, expected, TOLERANCE * max(1.0, expected.abs().max().item()), of)


def expect_steady(network: Callable[..., Any], inputs: torch.Tensor, shape: tuple[int, ...], of: str) -> torch.Tensor:
    """Require finite numbers of this shape, the same when asked again: or dropout would be blamed on something else."""
    first = expect_finite(network(inputs), shape, of)
    again = expect_finite(network(inputs), shape, of)
    if bool(((again - first).abs() > TOLERANCE * max(1.0, first.abs().max().item())).any()):
        fail("expected the same answer to the same inputs in eval mode, got two different ones (dropout?)", of)
    return first


def expect_same_weights(once: Mapping[str, Any], again: Mapping[str, Any]) -> None:
    """Require of two trainings with the same start and seed that they lead to the same weights."""
    for name, weight in once.items():
        other = again.get(name)
        if not isinstance(other, torch.Tensor) or other.shape != weight.shape:
            fail(f"expected a weight {name} of shape {tuple(weight.shape)} after both trainings, got it after one")
        difference = (other.double() - weight.double()).abs()
        if not bool((difference <= TOLERANCE).all()):
            at = tuple(int(i) for i in torch.unravel_index(difference.nan_to_num(torch.inf).argmax(), difference.shape))
            fail(
                f"expected the same {name} after two trainings with the same starting weights and the same seed, got "
                f"{weight[at].item():.6g} and {other[at].item():.6g}{f' at {at}' if at else ''}"
            )


def expect_other_weights(once: Mapping[str, Any], again: Mapping[str, Any], changed: str) -> None:
    """Require of two trainings that differ in a few images alone that they lead to different weights."""
    if all(torch.equal(weight, again[name]) for name, weight in once.items()):
        fail(f"expected each epoch to go through all images, but with others for {changed} the weights are the same")


def expect_training_to_repeat(
    student: Student,
    train: Callable[[StudentObject, torch.Tensor], object],
    twins: tuple[StudentObject, StudentObject],
    images: torch.Tensor,
) -> None:
    """Require of twins, which start alike, the same weights after training, whatever the global generator's state.

    And of a model that starts anew, in the process that has seen it trained, the same again; with other images, others.
    """
    first, second = twins
    start = look(first)
    for model, state in ((first, 11), (second, 12)):
        seed_process(student, state)
        train(model, images)
    once, again = state_of(first), state_of(second)
    expect_same_weights(once, again)
    if all(name in once and torch.equal(once[name], weight) for name, weight in start.state.items()):
        fail("expected the weights of the model that was handed in to change, but they are as before")
    if once.keys() != start.state.keys() or look(first).requires_grad != start.requires_grad:
        return  # frozen, or grown, at the end of its training: it would not start as it did
    for seen in (images, torch.cat([images[:-2], 1 - images[-2:]])):
        load_state(first, start.state)
        first.train()
        train(first, seen)
        if seen is images:
            expect_same_weights(once, state_of(first))
    expect_other_weights(once, state_of(first), f"the last two of {len(images)} images")


def expect_losses(got: object, epochs: int) -> list[float]:
    """Require a list of one finite float per epoch."""
    if not isinstance(got, list | tuple) or not all(type(loss) is float for loss in got):
        fail(f"expected a list of {epochs} floats, one per epoch, got {describe(got)}")
    if len(got) != epochs:
        fail(f"expected {epochs} losses, one per epoch, got {len(got)}")
    if not all(map(math.isfinite, got)):
        fail(f"expected finite losses, got {describe(got)}")
    return list(got)


def expect_the_last_epoch_alone(losses: list[float], error: float, of: str) -> None:
    """Require the last epoch's loss to be nearly 0 where a model has learned all there is, whatever came before.

    `error` is what is left of its loss after training.
    """
    # A mean over all epochs so far is at least twice this share of the first, and is halved as often as epochs double;
    # a loss that does not go to 0, as it may be trained with, stays.
    epochs = len(losses)
    if error < 1e-5 and losses[-1] > losses[0] / (2 * epochs) and losses[-1] < 0.7 * losses[epochs // 2 - 1]:
        fail(
            "expected the mean loss of the last epoch alone, which is nearly 0, "
            f"got {describe([round(loss, 4) for loss in losses])}",
            of,
        )


def call_for_its_effect(function: Callable[..., Any], *arguments: Any, **keywords: Any) -> None:
    """Call a function that changes its model; that its answer cannot cross the wire is another test's to say."""
    with contextlib.suppress(Failed):
        function(*arguments, **keywords)


def expect_training_where_it_is(train: Callable[..., Any], model: StudentObject, *data: Any) -> None:
    """Train for two epochs, and require the weights to change and to stay where they are, on the CPU or on a device."""
    before = look(model).state
    call_for_its_effect(train, model, *data, epochs=2, seed=1)
    after = look(model).state
    moved = False
    for name, weight in before.items():
        there, place = isinstance(weight, OnDevice), "on the device" if isinstance(weight, OnDevice) else "on the CPU"
        if name not in after or isinstance(after[name], OnDevice) is not there:
            fail(f"expected the weight {name} to stay {place}, got {describe(after.get(name))}", "after train")
        values, other = (each.tensor if isinstance(each, OnDevice) else each for each in (weight, after[name]))
        moved = moved or "meta" in (values.device.type, other.device.type) or values.shape != other.shape
        moved = moved or not torch.equal(values.double(), other.double())
    if not moved:
        fail("expected the weights to change, but they are as before", "after train")
