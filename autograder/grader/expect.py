"""What marked tests say: comparisons whose failures a second-year student understands.

Each failure reads "<the call>: expected <this>, got <that>". The call is written by the caller through `of`
(for instance "kernel 3, stride 2 on 8x9"); without it, the student's last call stands there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

import torch

from autograder import layers, wire
from autograder.grader.faults import StudentRaised
from autograder.grader.messages import Failed, describe, fail, remark, show
from autograder.grader.proxy import StudentObject
from autograder.pictures import Scale

LayerType = TypeVar("LayerType", bound=torch.nn.Module)


def expect_equal(got: object, expected: object, of: str = "") -> None:
    """Require plain values to be equal, and numbers to be of the expected type.

    An `int` must be an int (neither 3.0 nor True equals 3); lists and tuples are interchangeable, since which
    of the two a student picks says nothing of what they understood. NumPy scalars and torch.Size have become
    plain values on the wire.
    """
    if not _same(got, expected):
        fail(f"expected {describe(expected)}, got {describe(got)}", of)


def expect_integers(got: object, of: str = "") -> list[int]:
    """Require a list or tuple of ints and return it as a list."""
    if not isinstance(got, list | tuple) or not all(type(value) is int for value in got):
        fail(f"expected a list of ints, got {describe(got)}", of)
    return list(got)


def expect_shape(got: object, shape: tuple[int, ...], of: str = "") -> torch.Tensor:
    """Require a tensor of this shape and return it."""
    if not isinstance(got, torch.Tensor):
        fail(f"expected a tensor of shape {tuple(shape)}, got {describe(got)}", of)
    if tuple(got.shape) != tuple(shape):
        fail(f"expected shape {tuple(shape)}, got shape {tuple(got.shape)}", of)
    return got


def expect_numbers(got: object, shape: tuple[int, ...], of: str = "") -> torch.Tensor:
    """Require floating-point numbers of this shape, neither infinite nor nan, and return them."""
    tensor = expect_shape(got, shape, of)
    if tensor.device.type == "meta":
        fail("expected a tensor with values, got one on the device meta", of)
    if not tensor.is_floating_point():
        fail(f"expected floating-point numbers, got {tensor.dtype}", of)
    if not bool(tensor.isfinite().all()):
        fail("expected finite numbers, got nan or infinity among them", of)
    return tensor


def expect_close(got: object, expected: torch.Tensor, tolerance: float = 1e-4, of: str = "") -> torch.Tensor:
    """Require a tensor of the expected shape whose values differ by at most `tolerance` (nan never does)."""
    tensor = expect_shape(got, tuple(expected.shape), of)
    if tensor.device.type == "meta":
        fail("expected a tensor with values, got one on the device meta", of)
    if tensor.is_complex():
        fail(f"expected real numbers, got {tensor.dtype}", of)
    difference = (tensor.double() - expected.double()).abs()
    if not bool((difference <= tolerance).all()):  # `not <=` rather than `>`: nan must fail
        at = tuple(int(i) for i in torch.unravel_index(difference.nan_to_num(torch.inf).argmax(), difference.shape))
        place = f" at {at}" if at else ""
        fail(f"expected {expected[at].item():.6g}{place}, got {tensor[at].item():.6g}", of)
    return tensor


def expect_score(
    score: float, *, none: float, full: float, of: str, beside: Mapping[str, float] = MappingProxyType({})
) -> None:
    """Require a quality, and award a share of the test's marks: 0 at `none`, all of them at `full`, linear between.

    Either bound may be the larger: an error is better the smaller it is, an IoU the larger.

    Args:
        score: what was reached; nan and infinities earn nothing.
        none: the bound at which there are no marks.
        full: the bound from which on there are all marks.
        of: what was measured, in words that the student reads before the number.
        beside: what else reaches which score, by name: baselines, which a picture shows beside the student's.
    """
    share = (score - none) / (full - none)
    bounds = f"{of} is {score:.3g}; full marks at {full:.3g}, none at {none:.3g}"
    if math.isfinite(score):
        show(Scale(of.removesuffix(","), score, none, full, dict(beside)))
    if not math.isfinite(score) or share <= 0:
        raise Failed(bounds)
    if share < 1:
        # Two digits: processors differ in the last bits of a training, and marks are not to show it.
        raise Failed(bounds, share=round(share, 2))
    remark(bounds)


def expect_layer(got: object, kind: type[LayerType], of: str = "") -> LayerType:
    """Require exactly a `kind` of torch.nn, and return the grader's own one with its settings and weights.

    Whatever else the student's object does, by hooks or by a forward pass of its own, stays behind the wall.
    """
    words = got.operate("describe") if isinstance(got, StudentObject) else got
    if not isinstance(words, wire.Layer) or words.type_name != kind.__name__:
        fail(f"expected a plain nn.{kind.__name__}, got {describe(words)}", of)
    try:
        module = layers.build(words)
    except ValueError as error:
        fail(f"the nn.{kind.__name__} has settings or weights that do not make a layer ({error})", of)
    assert isinstance(module, kind)
    return module


def expect_raises(error: type[Exception], function: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
    """Require the student's function to raise `error` (or a subclass) for these arguments."""
    try:
        got = function(*args, **kwargs)
    except StudentRaised as raised:
        if error.__name__ not in raised.type_names:
            fail(f"expected a {error.__name__}, got {raised.summary}")
    else:
        fail(f"expected a {error.__name__}, got the answer {describe(got)}")


def _same(got: object, expected: object) -> bool:
    if isinstance(expected, list | tuple):
        return (
            isinstance(got, list | tuple)
            and len(got) == len(expected)
            and all(_same(a, b) for a, b in zip(got, expected, strict=True))
        )
    if isinstance(expected, dict):
        return (
            isinstance(got, dict)
            and set(got) == set(expected)
            and all(_same(got[key], value) for key, value in expected.items())
        )
    return type(got) is type(expected) and got == expected
