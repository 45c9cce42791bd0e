"""Part A, hidden tests of sizes (A1 to A5): each sentence below holds for every setting, and hypothesis looks for one
where it does not.

What a failing example looks like is chosen here too: strategies name their plainest value first (kernel 3, stride 2,
padding 0, ...), and hypothesis shrinks towards it.
"""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from sizes import (
    BEYOND,
    KERNELS,
    LARGER_DILATIONS,
    LARGER_STRIDES,
    PADDINGS,
    SMALL_DILATIONS,
    SMALL_KERNELS,
    SMALL_PADDINGS,
    SMALL_STRIDES,
    STRIDES,
    Settings,
    a_few_sizes,
    all_small,
    conv_size,
    reach,
    smallest_size,
    smallest_there_and_back,
    torch_conv_size,
    torch_transpose_size,
    transpose_size,
    words,
)

from autograder.grader import describe, expect_equal, expect_integers, expect_raises, fail

ALL = settings().max_examples  # the grader's; an audit may ask for more
FEW = settings(max_examples=max(1, ALL // 4))  # where each example looks at several sizes, or little can differ
BESIDES = settings(max_examples=max(1, ALL // 10))  # larger settings, where all small ones were looked at before


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
