"""CSC321, lecture 8: inverting a convolution."""

import torch
from torch import nn


def predict_shapes() -> dict[str, tuple[int, ...]]:
    return {
        "conv": (2, 8, 60, 60),
        "conv_back": (2, 8, 64, 64),
        "padded": (2, 8, 64, 64),
        "padded_back": (2, 8, 64, 64),
        "strided": (2, 8, 30, 30),
        "strided_back": (2, 8, 63, 63),
        "strided_back_output_padding": (2, 8, 64, 64),
    }


def conv_output_size(n: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    reach = dilation * (kernel_size - 1) + 1
    room = n + 2 * padding - reach
    if room < 0:
        raise ValueError("the kernel does not fit")
    return room // stride + 1


def conv_transpose_output_size(
    n: int, kernel_size: int, stride: int = 1, padding: int = 0, output_padding: int = 0, dilation: int = 1
) -> int:
    if output_padding >= max(stride, dilation):
        raise ValueError("output_padding must be smaller than stride or dilation")
    size = (n - 1) * stride - 2 * padding + dilation * (kernel_size - 1) + output_padding + 1
    if size < 1:
        raise ValueError("nothing is left")
    return size


def output_padding_for(n: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    return (n + 2 * padding - dilation * (kernel_size - 1) - 1) % stride


def sizes_sharing_output(n: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> list[int]:
    raise NotImplementedError  # TODO: ask in the tutorial


def invert(conv: nn.Conv2d, input_size: tuple[int, int]) -> nn.ConvTranspose2d:
    raise NotImplementedError


def upsample_by(factor: int, kernel_size: int, in_channels: int, out_channels: int) -> nn.ConvTranspose2d:
    raise NotImplementedError


def crop_of(padding: int, output_padding: int) -> tuple[int, int]:
    # I think both crop?
    return padding + 1, padding + output_padding + 1
