"""Part A, hidden tests: each sentence below holds for every setting, and hypothesis looks for one where it does not.

What a failing example looks like is chosen here too: strategies name their plainest value first (kernel 3, stride 2,
padding 0, ...), and hypothesis shrinks towards it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from typing import Any

import torch
import torch.nn.functional as F
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torch import nn

from autograder.grader import describe, expect_equal, expect_integers, expect_layer, expect_raises, fail

KERNELS = st.sampled_from([3, 5, 2, 4, 1, 6])
STRIDES = st.sampled_from([2, 1, 3, 4, 5])
LARGER_STRIDES = st.sampled_from([2, 3, 4, 5])
LARGER_DILATIONS = st.sampled_from([2, 3, 4])
PADDINGS = st.integers(0, 4)
BEYOND = st.integers(0, 12)  # pixels beyond the smallest image that the kernel fits into

ALL = settings().max_examples  # the grader's; an audit may ask for more
SEVERAL = settings(max_examples=max(1, ALL * 2 // 5))
FEW = settings(max_examples=max(1, ALL // 4))  # where each example looks at several sizes, or little can differ
BESIDES = settings(max_examples=max(1, ALL // 10))  # larger settings, where all small ones were looked at before

Settings = dict[str, Any]
Test = Callable[..., None]


def all_small(*choices: Iterable[int]) -> Callable[[Test], Test]:
    """Ask for every combination of small settings, in order, before hypothesis draws larger ones.

    What holds for most settings and breaks for a few (a kernel of 1 with padding, "same" padding) is found for sure.
    """

    def add(test: Test) -> Test:
        for values in reversed(list(itertools.product(*choices))):
            test = example(*values)(test)
        return test

    return add


SMALL_KERNELS, SMALL_STRIDES, SMALL_PADDINGS, SMALL_DILATIONS = (3, 2, 1, 4), (2, 1, 3), (0, 1, 2), (2, 3)


# ---------------------------------------------------------------------------- what is right


def reach(kernel_size: int, dilation: int = 1) -> int:
    """Return how many pixels a kernel covers."""
    return dilation * (kernel_size - 1) + 1


def smallest_size(kernel_size: int, padding: int = 0, dilation: int = 1) -> int:
    """Return the smallest input size, at least 1, that the kernel fits into."""
    return max(1, reach(kernel_size, dilation) - 2 * padding)


def conv_size(n: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """Return the size that a convolution makes of n, into which the kernel fits."""
    return (n + 2 * padding - reach(kernel_size, dilation)) // stride + 1


def transpose_size(
    n: int, kernel_size: int, stride: int = 1, padding: int = 0, output_padding: int = 0, dilation: int = 1
) -> int:
    """Return the size that a transposed convolution makes of n, whether PyTorch accepts it or not."""
    return (n - 1) * stride + reach(kernel_size, dilation) - 2 * padding + output_padding


def torch_conv_size(n: int, kernel_size: int, **layer: int) -> int:
    """Return the size that PyTorch's convolution makes of n."""
    return F.conv1d(torch.zeros(1, 1, n), torch.zeros(1, 1, kernel_size), **layer).shape[-1]


def torch_transpose_size(n: int, kernel_size: int, **layer: int) -> int:
    """Return the size that PyTorch's transposed convolution makes of n."""
    return F.conv_transpose1d(torch.zeros(1, 1, n), torch.zeros(1, 1, kernel_size), **layer).shape[-1]


def smallest_there_and_back(kernel_size: int, stride: int, padding: int = 0, dilation: int = 1) -> int:
    """Return the smallest size of which there and back, without output_padding, leaves at least one pixel.

    Below it, with much padding, PyTorch refuses to run the way back unless output_padding is right at once. The
    contract does not exclude that corner, but a search through all output_paddings stumbles over it: it is not asked.
    """
    layer = {"kernel_size": kernel_size, "stride": stride, "padding": padding, "dilation": dilation}
    n = smallest_size(kernel_size, padding, dilation)
    while transpose_size(conv_size(n, **layer), **layer) < 1:
        n += 1
    return n


def a_few_sizes(first: int) -> range:
    """Return this size and the next few: more than the largest stride steps over."""
    return range(first, first + 6)


def words(size: int | tuple[int, int], kernel_size: Any, **layer: Any) -> str:
    """Return "kernel 3, stride 2 on 8x9": the settings that differ from the default, then the size."""
    named = {"kernel": kernel_size, **layer}
    defaults = {"stride": 1, "padding": 0, "output_padding": 0, "dilation": 1, "groups": 1, "bias": True}
    said = ", ".join(f"{name} {_times(value)}" for name, value in named.items() if not _is(value, defaults.get(name)))
    return f"{said} on {_times(size)}"


def _is(value: Any, default: Any) -> bool:
    return value in (default, (default, default))


def _times(value: Any) -> str:
    return "x".join(map(str, value)) if isinstance(value, tuple) else str(value)


# ---------------------------------------------------------------------------- A1: the shapes of the lecture


def expect_shapes(student: Any, **expected: tuple[int, ...]) -> None:
    """Require these entries of the student's predictions."""
    shapes = student.conv_inverse.predict_shapes()
    if not isinstance(shapes, dict):
        fail(f"expected a dictionary of shapes, got {describe(shapes)}")
    for name, shape in expected.items():
        if name not in shapes:
            fail(f'expected a shape for "{name}", got none')
        expect_equal(shapes[name], shape, of=name)


def test_lecture_same_kernel_leads_back(student: Any) -> None:
    """A transposed convolution with the same kernel leads back to (2, 8, 64, 64)."""
    expect_shapes(student, conv_back=(2, 8, 64, 64))


def test_lecture_padding(student: Any) -> None:
    """With kernel 5, padding 2 keeps the shape, there and back."""
    expect_shapes(student, padded=(2, 8, 64, 64), padded_back=(2, 8, 64, 64))


def test_lecture_stride(student: Any) -> None:
    """Stride 2 makes 30 of 64, and the way back makes almost the same shape of it."""
    expect_shapes(student, strided=(2, 8, 30, 30), strided_back=(2, 8, 63, 63))


def test_lecture_output_padding(student: Any) -> None:
    """output_padding=1 gives the missing row and column back."""
    expect_shapes(student, strided_back_output_padding=(2, 8, 64, 64))


# ---------------------------------------------------------------------------- A2: the size that a convolution makes


@BESIDES
@all_small(SMALL_KERNELS, SMALL_STRIDES, SMALL_PADDINGS, [0])
@given(KERNELS, STRIDES, PADDINGS, BEYOND)
def test_conv_size_with_stride_and_padding(student: Any, kernel: int, stride: int, padding: int, beyond: int) -> None:
    """The size is that of PyTorch's convolution, with any stride and padding."""
    for n in a_few_sizes(smallest_size(kernel, padding) + beyond):
        got = student.conv_inverse.conv_output_size(n, kernel_size=kernel, stride=stride, padding=padding)
        expect_equal(got, torch_conv_size(n, kernel, stride=stride, padding=padding))


@BESIDES
@all_small(SMALL_KERNELS, SMALL_STRIDES, SMALL_PADDINGS, SMALL_DILATIONS, [0])
@given(KERNELS, STRIDES, PADDINGS, LARGER_DILATIONS, BEYOND)
def test_conv_size_with_dilation(
    student: Any, kernel: int, stride: int, padding: int, dilation: int, beyond: int
) -> None:
    """The size is that of PyTorch's convolution, with dilation too, arguments given in their order."""
    for n in a_few_sizes(smallest_size(kernel, padding, dilation) + beyond):
        got = student.conv_inverse.conv_output_size(n, kernel, stride, padding, dilation)
        expect_equal(got, torch_conv_size(n, kernel, stride=stride, padding=padding, dilation=dilation))


@FEW
@given(st.integers(1, 6), STRIDES, st.integers(0, 3))
def test_conv_size_refuses_a_kernel_that_does_not_fit(student: Any, n: int, stride: int, padding: int) -> None:
    """A kernel longer than the padded input is a ValueError, with any stride; one that just fits is none."""
    student.conv_inverse.conv_output_size(n, kernel_size=n + 2 * padding, stride=stride, padding=padding)
    for kernel in a_few_sizes(n + 2 * padding + 1):
        expect_raises(
            ValueError, student.conv_inverse.conv_output_size, n, kernel_size=kernel, stride=stride, padding=padding
        )


@FEW
@given(st.integers(2, 5), LARGER_DILATIONS, STRIDES)
def test_conv_size_refuses_a_dilated_kernel_that_does_not_fit(
    student: Any, kernel: int, dilation: int, stride: int
) -> None:
    """A kernel that dilation makes longer than the input is a ValueError; one that just fits is none."""
    fitting = reach(kernel, dilation)
    student.conv_inverse.conv_output_size(fitting, kernel_size=kernel, stride=stride, dilation=dilation)
    for n in range(kernel, fitting):
        expect_raises(
            ValueError, student.conv_inverse.conv_output_size, n, kernel_size=kernel, stride=stride, dilation=dilation
        )


# ---------------------------------------------------------------------------- A3: what a transposed convolution makes


def sizes_that_leave_something(beyond: int, **layer: int) -> range:
    """Return a few input sizes of which the transposed convolution leaves at least one pixel."""
    first = next(n for n in range(1, 100) if transpose_size(n, **layer) >= 1)
    return a_few_sizes(first + beyond)


def check_transpose_size(student: Any, n: int, **layer: int) -> None:
    """Require the size that PyTorch's own layer makes of n."""
    got = student.conv_inverse.conv_transpose_output_size(n, **layer)
    expect_equal(got, torch_transpose_size(n, **layer))


@BESIDES
@all_small(SMALL_KERNELS, SMALL_STRIDES, SMALL_PADDINGS, [0])
@given(KERNELS, STRIDES, PADDINGS, BEYOND)
def test_transpose_size_with_stride_and_padding(
    student: Any, kernel: int, stride: int, padding: int, beyond: int
) -> None:
    """The size is that of PyTorch's transposed convolution, with any stride and padding."""
    layer = {"kernel_size": kernel, "stride": stride, "padding": padding}
    for n in sizes_that_leave_something(beyond, **layer):
        check_transpose_size(student, n, **layer)


@BESIDES
@all_small(SMALL_KERNELS, (2, 3), SMALL_PADDINGS, [0])
@given(KERNELS, LARGER_STRIDES, PADDINGS, BEYOND)
def test_transpose_size_with_output_padding(student: Any, kernel: int, stride: int, padding: int, beyond: int) -> None:
    """Every output_padding smaller than the stride makes the result that much larger."""
    for output_padding in range(1, stride):
        layer = {"kernel_size": kernel, "stride": stride, "padding": padding, "output_padding": output_padding}
        n = sizes_that_leave_something(beyond, **layer)[0]
        check_transpose_size(student, n, **layer)


@BESIDES
@all_small(SMALL_KERNELS, SMALL_STRIDES, SMALL_PADDINGS, SMALL_DILATIONS, [0])
@given(KERNELS, STRIDES, PADDINGS, LARGER_DILATIONS, BEYOND)
def test_transpose_size_with_dilation(
    student: Any, kernel: int, stride: int, padding: int, dilation: int, beyond: int
) -> None:
    """The size is that of PyTorch's transposed convolution, with dilation too, arguments given in their order."""
    layer = {"kernel_size": kernel, "stride": stride, "padding": padding, "dilation": dilation}
    for n in sizes_that_leave_something(beyond, **layer):
        got = student.conv_inverse.conv_transpose_output_size(n, kernel, stride, padding, 0, dilation)
        expect_equal(got, torch_transpose_size(n, **layer))


@FEW
@given(LARGER_DILATIONS, st.integers(1, 3), KERNELS, st.integers(1, 8))
def test_transpose_size_allows_output_padding_below_the_dilation(
    student: Any, dilation: int, stride: int, kernel: int, n: int
) -> None:
    """An output_padding as large as the stride is fine where the dilation is larger still."""
    stride = min(stride, dilation - 1)
    for output_padding in range(stride, dilation):
        layer = {"kernel_size": kernel, "stride": stride, "output_padding": output_padding, "dilation": dilation}
        check_transpose_size(student, n, **layer)


@FEW
@given(KERNELS, STRIDES, st.integers(1, 4), st.integers(3, 10))
def test_transpose_size_refuses_too_much_output_padding(
    student: Any, kernel: int, stride: int, dilation: int, n: int
) -> None:
    """output_padding has to be smaller than the larger of stride and dilation, or it is a ValueError; 0 always is."""
    layer = {"kernel_size": kernel, "stride": stride}
    if dilation > 1:
        layer["dilation"] = dilation
    student.conv_inverse.conv_transpose_output_size(n, **layer, output_padding=0)
    for output_padding in a_few_sizes(max(stride, dilation)):
        expect_raises(
            ValueError, student.conv_inverse.conv_transpose_output_size, n, **layer, output_padding=output_padding
        )


@FEW
@given(KERNELS, STRIDES, st.integers(1, 4))
def test_transpose_size_refuses_an_empty_result(student: Any, kernel: int, stride: int, n: int) -> None:
    """A padding that crops everything is a ValueError; one that leaves a single pixel is none."""
    little = (transpose_size(n, kernel, stride) - 1) // 2  # leaves 1 pixel, or 2
    student.conv_inverse.conv_transpose_output_size(n, kernel_size=kernel, stride=stride, padding=little)
    everything = (transpose_size(n, kernel, stride) + 1) // 2  # leaves 0 pixels, or -1
    for padding in a_few_sizes(everything):
        expect_raises(
            ValueError,
            student.conv_inverse.conv_transpose_output_size,
            n,
            kernel_size=kernel,
            stride=stride,
            padding=padding,
        )


# ---------------------------------------------------------------------------- A4: the output_padding that leads back


def check_output_padding(student: Any, first: int, **layer: int) -> None:
    """Require the one output_padding that makes n of what the convolution makes of n, for a few n."""
    for n in a_few_sizes(first):
        expected = n - transpose_size(conv_size(n, **layer), **layer)
        got = student.conv_inverse.output_padding_for(n, **layer)
        expect_equal(got, expected, of=f"output_padding for {words(n, **layer)}")


@BESIDES
@all_small(SMALL_KERNELS, SMALL_STRIDES, [0])
@given(KERNELS, STRIDES, BEYOND)
def test_output_padding_with_stride(student: Any, kernel: int, stride: int, beyond: int) -> None:
    """The output_padding leads back to n, with any kernel and stride."""
    check_output_padding(student, kernel + beyond, kernel_size=kernel, stride=stride)


@BESIDES
@all_small(SMALL_KERNELS, (3, 2), (1, 2), [0])
@given(KERNELS, st.sampled_from([3, 2, 4, 5]), st.integers(1, 4), BEYOND)
def test_output_padding_with_padding(student: Any, kernel: int, stride: int, padding: int, beyond: int) -> None:
    """The output_padding leads back to n, with padding too."""
    first = smallest_there_and_back(kernel, stride, padding) + beyond
    check_output_padding(student, first, kernel_size=kernel, stride=stride, padding=padding)
    # Without a stride, it is 1.
    check_output_padding(
        student, smallest_there_and_back(kernel, 1, padding) + beyond, kernel_size=kernel, padding=padding
    )


@BESIDES
@all_small(SMALL_KERNELS, SMALL_STRIDES, SMALL_PADDINGS, SMALL_DILATIONS, [0])
@given(KERNELS, STRIDES, PADDINGS, LARGER_DILATIONS, BEYOND)
def test_output_padding_with_dilation(
    student: Any, kernel: int, stride: int, padding: int, dilation: int, beyond: int
) -> None:
    """The output_padding leads back to n, with dilation too."""
    layer = {"kernel_size": kernel, "stride": stride, "dilation": dilation}
    if padding:
        layer["padding"] = padding
    check_output_padding(student, smallest_there_and_back(**layer) + beyond, **layer)


# ---------------------------------------------------------------------------- A5: why "almost" happens


def check_sizes_sharing_output(student: Any, first: int, **layer: int) -> None:
    """Require, for a few n, every size that the convolution maps to the same size as n, and no other."""
    for n in a_few_sizes(first):
        of = f"sizes that share the output size of {words(n, **layer)}"
        got = expect_integers(student.conv_inverse.sizes_sharing_output(n, **layer), of)
        smallest = n - layer["stride"]
        possible = range(max(smallest, smallest_size(**_without_stride(layer))), n + layer["stride"])
        expect_equal(got, [size for size in possible if conv_size(size, **layer) == conv_size(n, **layer)], of)


def _without_stride(layer: Settings) -> Settings:
    return {name: value for name, value in layer.items() if name != "stride"}


@FEW
@given(KERNELS, STRIDES, BEYOND)
def test_sizes_sharing_output_with_stride(student: Any, kernel: int, stride: int, beyond: int) -> None:
    """All sizes that become the same size are listed, from the smallest to the largest."""
    check_sizes_sharing_output(student, kernel + beyond, kernel_size=kernel, stride=stride)


@BESIDES
@all_small(SMALL_KERNELS, (3, 2), (1, 2), (1, 2), [0])
@given(KERNELS, st.sampled_from([3, 2, 4, 5]), st.integers(1, 3), st.integers(1, 2), BEYOND)
def test_sizes_sharing_output_with_padding_and_dilation(
    student: Any, kernel: int, stride: int, dilation: int, padding: int, beyond: int
) -> None:
    """All sizes that become the same size are listed, with padding and dilation too."""
    padding = min(padding, (reach(kernel, dilation) - 1) // 2)
    first = smallest_size(kernel, padding, dilation) + beyond
    check_sizes_sharing_output(student, first, kernel_size=kernel, stride=stride, padding=padding, dilation=dilation)


@FEW
@given(KERNELS, LARGER_STRIDES, st.integers(0, 3))
def test_sizes_sharing_output_stop_at_one(student: Any, kernel: int, stride: int, more: int) -> None:
    """Where padding is so large that even 0 pixels would be enough, the list still starts at 1."""
    check_sizes_sharing_output(student, 1, kernel_size=kernel, stride=stride, padding=(kernel + 1) // 2 + more)


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
    of = f"factor {factor}, kernel {kernel_size} on {_times(size)}"
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
