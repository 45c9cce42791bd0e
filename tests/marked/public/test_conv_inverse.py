"""Part A, public tests: worked examples that you can run as often as you like.

`student` is your code: `student.conv_inverse.crop_of(1, 0)` calls your function. The hidden tests ask the same
functions about many other settings, so write what is right for all of them.
"""

from typing import Any

import torch.nn.functional as F
from torch import nn, zeros

from autograder.grader import describe, expect_equal, expect_integers, expect_layer, expect_raises, fail


def test_lecture_convolution(student: Any) -> None:
    """A 5 by 5 kernel makes (2, 8, 60, 60) of (2, 8, 64, 64)."""
    shapes = student.conv_inverse.predict_shapes()
    if not isinstance(shapes, dict):
        fail(f"expected a dictionary of shapes, got {describe(shapes)}")
    expect_equal(shapes.get("conv"), (2, 8, 60, 60), of="conv")


def test_conv_size_of_the_lecture(student: Any) -> None:
    """64 pixels become 60, with padding 2 they stay 64, and with stride 2 they become 30."""
    size = student.conv_inverse.conv_output_size
    expect_equal(size(64, kernel_size=5), 60)
    expect_equal(size(64, kernel_size=5, padding=2), 64)
    expect_equal(size(64, kernel_size=5, stride=2), 30)
    expect_equal(size(64, 5, 1, 0, 2), 56)


def test_conv_size_of_a_kernel_that_does_not_fit(student: Any) -> None:
    """A kernel of 5 fits on 5 pixels once, and does not fit on 4."""
    size = student.conv_inverse.conv_output_size
    expect_equal(size(5, kernel_size=5), 1)
    expect_raises(ValueError, size, 4, kernel_size=5)


def test_transpose_size_of_the_lecture(student: Any) -> None:
    """60 pixels become 64 again, but 30 become 63 unless output_padding makes them 64."""
    size = student.conv_inverse.conv_transpose_output_size
    expect_equal(size(60, kernel_size=5), 64)
    expect_equal(size(64, kernel_size=5, padding=2), 64)
    expect_equal(size(30, kernel_size=5, stride=2), 63)
    expect_equal(size(30, kernel_size=5, stride=2, output_padding=1), 64)


def test_transpose_size_of_a_layer_that_pytorch_refuses(student: Any) -> None:
    """With stride 2, output_padding can be 0 or 1, but not 2."""
    size = student.conv_inverse.conv_transpose_output_size
    expect_equal(size(30, kernel_size=5, stride=2, output_padding=1), 64)
    expect_raises(ValueError, size, 30, kernel_size=5, stride=2, output_padding=2)


def test_output_padding_of_the_lecture(student: Any) -> None:
    """With kernel 5 and stride 2, 64 needs output_padding 1 and 63 needs none."""
    output_padding_for = student.conv_inverse.output_padding_for
    expect_equal(output_padding_for(64, kernel_size=5, stride=2), 1)
    expect_equal(output_padding_for(63, kernel_size=5, stride=2), 0)


def test_sizes_sharing_output_of_the_lecture(student: Any) -> None:
    """With kernel 5 and stride 2, 63 and 64 become the same size; with stride 1 each size is alone."""
    sizes_sharing_output = student.conv_inverse.sizes_sharing_output
    expect_equal(sizes_sharing_output(64, kernel_size=5, stride=2), [63, 64])
    expect_equal(sizes_sharing_output(63, kernel_size=5, stride=2), [63, 64])
    expect_equal(sizes_sharing_output(64, kernel_size=5), [64])


def test_invert_layers_of_the_lecture(student: Any) -> None:
    """There and back, 64 by 64 stays 64 by 64: with the same kernel, with padding, and with a stride."""
    for settings, there in (({}, 60), ({"padding": 2}, 64), ({"stride": 2}, 30)):
        of = ", ".join(["kernel 5", *(f"{name} {value}" for name, value in settings.items()), "on 64x64"])
        answer = student.conv_inverse.invert(nn.Conv2d(8, 8, 5, **settings), (64, 64))
        layer = expect_layer(answer, nn.ConvTranspose2d, of)
        expect_equal(forward_shape(layer, (2, 8, there, there), of), (2, 8, 64, 64), of)


def test_upsample_twice_as_large(student: Any) -> None:
    """Factor 2 makes 14 by 14 pixels of 7 by 7, with a kernel of 3 and with a kernel of 4."""
    for kernel_size in (3, 4):
        of = f"factor 2, kernel {kernel_size} on 7x7"
        answer = student.conv_inverse.upsample_by(2, kernel_size, in_channels=3, out_channels=2)
        layer = expect_layer(answer, nn.ConvTranspose2d, of)
        expect_equal(forward_shape(layer, (2, 3, 7, 7), of), (2, 2, 14, 14), of)


def test_crop_of_small_settings(student: Any) -> None:
    """padding crops both ends; output_padding gives rows back at the end only."""
    expect_equal(student.conv_inverse.crop_of(1, 0), (1, 1))
    expect_equal(student.conv_inverse.crop_of(2, 1), (2, 1))


def forward_shape(layer: nn.ConvTranspose2d, shape: tuple[int, ...], of: str) -> tuple[int, ...]:
    """Return the shape that the layer makes of an input of this shape; rows and columns are run one after the other."""
    if layer.in_channels != shape[1]:
        fail(f"the layer's input has {shape[1]} channels, but its in_channels is {layer.in_channels}", of)
    made = []
    for axis, size in enumerate(shape[2:]):
        chosen = {}
        for name in ("kernel_size", "stride", "padding", "output_padding", "dilation"):
            value = expect_integers(getattr(layer, name), of=f"{name} of the layer for {of}")
            if len(value) != 2 or min(value) < 0 or max(value) > 500:
                fail(f"expected two numbers within reason as the layer's {name}, got {tuple(value)}", of)
            chosen[name] = value[axis]
        kernel = zeros(1, 1, chosen.pop("kernel_size"))
        try:
            made.append(F.conv_transpose1d(zeros(1, 1, size), kernel, **chosen).shape[-1])
        except RuntimeError as error:
            fail(f"PyTorch refuses to run {layer}: {error}", of)
    return (shape[0], layer.out_channels, *made)
