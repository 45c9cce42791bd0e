"""Part A, hidden tests of layers (A6 to A8): that they make the right sizes, whatever the settings."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from sizes import (
    KERNELS,
    LARGER_DILATIONS,
    STRIDES,
    Settings,
    conv_size,
    smallest_there_and_back,
    times,
    torch_transpose_size,
    transpose_size,
    words,
)
from torch import nn

from autograder.grader import expect_equal, expect_integers, expect_layer, expect_raises, fail

SEVERAL = settings(max_examples=max(1, settings().max_examples * 2 // 5))
FEW = settings(max_examples=max(1, settings().max_examples // 4))


# ---------------------------------------------------------------------------- A6: invert any convolution


def pairs(values: st.SearchStrategy[int]) -> st.SearchStrategy[tuple[int, int]]:
    """Draw (rows, columns)."""
    return st.tuples(values, values)


@st.composite
def convolutions(
    draw: st.DrawFn, square: bool = False, dilations: st.SearchStrategy[int] | None = None
) -> tuple[Settings, tuple[int, int]]:
    """Draw the settings of a convolution and an image size that its kernel fits into."""

    def both(values: st.SearchStrategy[int]) -> tuple[int, int]:
        return (draw(values),) * 2 if square else draw(pairs(values))

    chosen = {"kernel_size": both(KERNELS), "stride": both(STRIDES), "padding": both(st.integers(0, 3))}
    if dilations is not None:
        chosen["dilation"] = both(dilations)
    beyond = both(st.integers(0, 8))
    each = zip(*(chosen[name] for name in chosen), beyond, strict=True)  # first the rows' settings, then the columns'
    size = tuple(smallest_there_and_back(*one) + more for *one, more in each)
    return chosen, (size[0], size[1])


def inverse_of(student: Any, conv: nn.Conv2d, size: tuple[int, int], of: str) -> nn.ConvTranspose2d:
    """Return the student's layer, rebuilt here from its settings and weights."""
    return expect_layer(student.conv_inverse.invert(conv, size), nn.ConvTranspose2d, of)


def one_dimension(layer: nn.ConvTranspose2d, axis: int, of: str) -> dict[str, int]:
    """Return the layer's settings for rows (0) or columns (1): ints, none too small, as the forward pass requires.

    The constructor takes 2.0, -1 and too large an output_padding as well, and so do meta tensors.
    """
    chosen = {}
    for name, least in (("kernel_size", 1), ("stride", 1), ("padding", 0), ("output_padding", 0), ("dilation", 1)):
        value = expect_integers(getattr(layer, name), of=f"{name} of the layer for {of}")
        if len(value) != 2 or min(value) < least:
            fail(f"expected the layer's {name} to be two ints, at least {least}, got {tuple(value)}", of)
        chosen[name] = value[axis]
    if chosen["output_padding"] >= max(chosen["stride"], chosen["dilation"]):
        fail(
            f"output_padding {layer.output_padding} is refused by the forward pass: "
            f"it must be smaller than stride {layer.stride} or dilation {layer.dilation}",
            of,
        )
    return chosen


def check_forward(layer: nn.ConvTranspose2d, shape: tuple[int, ...], expected: tuple[int, ...], of: str) -> None:
    """Require the layer, by its settings alone, to make the expected shape of an input of this shape."""
    if layer.in_channels != shape[1]:
        fail(f"the layer's input has {shape[1]} channels, but its in_channels is {layer.in_channels}", of)
    both = [(size, one_dimension(layer, axis, of)) for axis, size in enumerate(shape[2:])]
    got = (shape[0], layer.out_channels, *(transpose_size(size, **chosen) for size, chosen in both))
    if got != expected:
        fail(f"expected {expected}, got {got}", of)
    for (size, chosen), expected_size in zip(both, expected[2:], strict=True):
        if max(chosen.values()) <= 1000:  # PyTorch agrees; absurd settings are left to the arithmetic above
            expect_equal(torch_transpose_size(size, **chosen), expected_size, of)


def check_inverse(
    student: Any, chosen: Settings, size: tuple[int, int], channels: tuple[int, int] = (2, 2)
) -> nn.ConvTranspose2d:
    """Require the student's layer to lead back to the shape that the convolution started from."""
    of = words(size, **chosen)
    conv = nn.Conv2d(*channels, **chosen)
    there = [
        conv_size(*one) for one in zip(size, conv.kernel_size, conv.stride, conv.padding, conv.dilation, strict=True)
    ]
    layer = inverse_of(student, conv, size, of)
    check_forward(layer, (2, channels[1], *there), (2, channels[0], *size), of)
    return layer


@SEVERAL
@given(convolutions(square=True))
def test_invert_square(student: Any, drawn: tuple[Settings, tuple[int, int]]) -> None:
    """The layer leads back to the shape of x, with any square kernel, stride and padding."""
    chosen, size = drawn
    check_inverse(student, {name: value[0] for name, value in chosen.items()}, size)


@SEVERAL
@given(convolutions())
def test_invert_non_square(student: Any, drawn: tuple[Settings, tuple[int, int]]) -> None:
    """The layer leads back to the shape of x where rows and columns have settings of their own."""
    check_inverse(student, *drawn)


@SEVERAL
@given(convolutions(square=True, dilations=LARGER_DILATIONS))
def test_invert_dilation(student: Any, drawn: tuple[Settings, tuple[int, int]]) -> None:
    """The layer leads back to the shape of x when the kernel is dilated."""
    check_inverse(student, *drawn)


@FEW
@given(st.permutations([1, 2, 3, 4]))
def test_invert_swaps_channels(student: Any, channels: list[int]) -> None:
    """The layer takes the channels that the convolution makes, and makes those that it takes."""
    conv = nn.Conv2d(channels[0], channels[1], 3)
    layer = inverse_of(student, conv, (8, 8), f"a convolution from {channels[0]} to {channels[1]} channels")
    expect_equal(
        {"in_channels": layer.in_channels, "out_channels": layer.out_channels},
        {"in_channels": channels[1], "out_channels": channels[0]},
        of=f"inverse of a convolution from {channels[0]} to {channels[1]} channels",
    )


@FEW
@given(st.sampled_from([2, 4, 3, 1]), st.sampled_from([1, 2]))
def test_invert_keeps_groups(student: Any, groups: int, channels_of_each: int) -> None:
    """The layer has as many groups as the convolution."""
    channels = groups * channels_of_each
    layer = inverse_of(student, nn.Conv2d(channels, channels, 3, groups=groups), (8, 8), f"groups {groups}")
    expect_equal(layer.groups, groups, of=f"groups of the inverse of a convolution with {groups} groups")


@given(st.booleans())
def test_invert_keeps_bias(student: Any, bias: bool) -> None:
    """The layer has a bias if the convolution has one, and none if it has none."""
    layer = inverse_of(student, nn.Conv2d(2, 2, 3, bias=bias), (8, 8), f"bias={bias}")
    if (layer.bias is not None) != bias:
        fail(f"expected {_bias(bias)}, got {_bias(not bias)}", of=f"inverse of a convolution with {_bias(bias)}")


def _bias(bias: bool) -> str:
    return "a bias" if bias else "no bias"


@FEW
@given(st.sampled_from([torch.float64, torch.float16, torch.bfloat16, torch.float32]), st.booleans())
def test_invert_keeps_dtype(student: Any, dtype: torch.dtype, bias: bool) -> None:
    """All the layer's parameters have the dtype of the convolution's."""
    of = f"inverse of a convolution of {dtype}"
    layer = inverse_of(student, nn.Conv2d(2, 2, 3, bias=bias, dtype=dtype), (8, 8), of)
    for name, parameter in layer.named_parameters():
        if parameter.dtype != dtype:
            fail(f"expected a {name} of {dtype}, got {parameter.dtype}", of)


@FEW
@given(st.sampled_from(["meta", "cpu"]), st.booleans())
def test_invert_keeps_device(student: Any, device: str, bias: bool) -> None:
    """All the layer's parameters are on the device of the convolution's."""
    of = f'inverse of a convolution on device "{device}"'
    layer = inverse_of(student, nn.Conv2d(2, 2, 3, bias=bias, device=device), (8, 8), of)
    for name, parameter in layer.named_parameters():
        if parameter.device.type != device:
            fail(f'expected a {name} on "{device}", got one on "{parameter.device.type}"', of)


@SEVERAL
@given(convolutions(dilations=st.integers(1, 3)), st.sampled_from([1, 2]), st.booleans())
def test_invert_everything_together(
    student: Any, drawn: tuple[Settings, tuple[int, int]], groups: int, bias: bool
) -> None:
    """All of it holds at once: shape, channels, groups and bias."""
    chosen, size = drawn
    layer = check_inverse(student, {**chosen, "groups": groups, "bias": bias}, size, channels=(2 * groups, 2))
    expect_equal(layer.groups, groups, of=f"groups of the inverse of a convolution with {groups} groups")
    if (layer.bias is not None) != bias:
        fail(f"expected {_bias(bias)}, got {_bias(not bias)}", of=f"inverse of a convolution with {_bias(bias)}")


# ---------------------------------------------------------------------------- A7: grow by a whole factor


def upsampler(student: Any, factor: int, kernel_size: int, channels: tuple[int, int] = (2, 2)) -> nn.ConvTranspose2d:
    """Return the student's layer, rebuilt here."""
    answer = student.conv_inverse.upsample_by(
        factor, kernel_size=kernel_size, in_channels=channels[0], out_channels=channels[1]
    )
    return expect_layer(answer, nn.ConvTranspose2d, of=f"factor {factor}, kernel {kernel_size}")


def check_upsampler(student: Any, factor: int, kernel_size: int, size: tuple[int, int]) -> None:
    """Require the layer to multiply rows and columns by the factor."""
    of = f"factor {factor}, kernel {kernel_size} on {times(size)}"
    layer = upsampler(student, factor, kernel_size)
    check_forward(layer, (2, 2, *size), (2, 2, factor * size[0], factor * size[1]), of)


@SEVERAL
@given(st.sampled_from([2, 3, 1, 4, 5]), st.integers(0, 4), pairs(st.integers(1, 6)))
def test_upsample_by_every_factor(student: Any, factor: int, more: int, size: tuple[int, int]) -> None:
    """Each image becomes exactly factor times as large, with kernels as large as the factor or larger."""
    kernel_size = 1 + 2 * more if factor == 1 else factor + more
    check_upsampler(student, factor, kernel_size, size)


@FEW
@given(st.sampled_from([2, 3, 4, 5]), st.integers(1, 4), pairs(st.integers(1, 6)))
def test_upsample_with_a_kernel_smaller_than_the_factor(
    student: Any, factor: int, kernel_size: int, size: tuple[int, int]
) -> None:
    """Each image becomes exactly factor times as large, with kernels smaller than the factor too."""
    check_upsampler(student, factor, min(kernel_size, factor - 1), size)


@FEW
@given(st.sampled_from([2, 3, 4]), st.integers(1, 6), st.permutations([1, 2, 3]))
def test_upsample_makes_the_layer_that_was_asked_for(
    student: Any, factor: int, kernel_size: int, channels: list[int]
) -> None:
    """The layer has the kernel and the channels asked for, the factor as its stride, and dilation 1."""
    of = f"upsample_by({factor}, {kernel_size}, {channels[0]}, {channels[1]})"
    by_position = student.conv_inverse.upsample_by(factor, kernel_size, channels[0], channels[1])
    layer = expect_layer(by_position, nn.ConvTranspose2d, of)
    expected = {
        "in_channels": channels[0],
        "out_channels": channels[1],
        "kernel_size": (kernel_size, kernel_size),
        "stride": (factor, factor),
        "dilation": (1, 1),
    }
    for name, value in expected.items():
        expect_equal(getattr(layer, name), value, of=f"{name} of {of}")


@FEW
@given(st.sampled_from([2, 4, 6, 8]))
def test_upsample_refuses_what_cannot_be_done(student: Any, kernel_size: int) -> None:
    """Factor 1 with an even kernel, which adds what cannot be cropped evenly, is a ValueError; with an odd one not."""
    upsampler(student, 1, kernel_size - 1)
    expect_raises(
        ValueError, student.conv_inverse.upsample_by, 1, kernel_size=kernel_size, in_channels=2, out_channels=2
    )


# ---------------------------------------------------------------------------- A8: padding is not output_padding


def rows_missing(padding: int, output_padding: int) -> tuple[int, int]:
    """Return which rows PyTorch's own layer hides at the front and at the back, by the values it shows."""
    painted = torch.arange(1.0, 2 * padding + 3)  # one pixel paints the whole kernel
    shown = F.conv_transpose1d(
        torch.ones(1, 1, 1),
        painted.view(1, 1, -1),
        stride=output_padding + 1,
        padding=padding,
        output_padding=output_padding,
    ).flatten()
    front = int((painted == shown[0]).nonzero())
    return front, len(painted) - front - len(shown)


@FEW
@given(st.integers(0, 12), st.integers(0, 12))
def test_crop_hides_painted_rows(student: Any, padding: int, output_padding: int) -> None:
    """padding hides rows at both ends, and output_padding shows some of those at the back again."""
    output_padding = min(output_padding, padding)
    got = student.conv_inverse.crop_of(padding, output_padding)
    expect_equal(got, rows_missing(padding, output_padding))


@FEW
@given(st.integers(0, 6), st.integers(1, 6))
def test_crop_adds_rows(student: Any, padding: int, more: int) -> None:
    """An output_padding larger than the padding adds rows at the back: a negative number."""
    output_padding = padding + more
    got = student.conv_inverse.crop_of(padding, output_padding)
    expect_equal(got, rows_missing(padding, output_padding))
