# Thinks in fractions: math.floor and math.ceil of true divisions.
import math

import torch
import torch.nn as nn


def predict_shapes():
    return {
        "conv": (2, 8, 60, 60), "conv_back": (2, 8, 64, 64),
        "padded": (2, 8, 64, 64), "padded_back": (2, 8, 64, 64),
        "strided": (2, 8, 30, 30), "strided_back": (2, 8, 63, 63),
        "strided_back_output_padding": (2, 8, 64, 64),
    }


def conv_output_size(n, kernel_size, stride=1, padding=0, dilation=1):
    # the formula of PyTorch's documentation, letter by letter
    out = math.floor((n + 2 * padding - dilation * (kernel_size - 1) - 1) / stride + 1)
    if out <= 0:
        raise ValueError("Kernel size can't be greater than actual input size")
    return out


def conv_transpose_output_size(n, kernel_size, stride=1, padding=0, output_padding=0, dilation=1):
    out = (n - 1) * stride - 2 * padding + dilation * (kernel_size - 1) + output_padding + 1
    if out <= 0 or output_padding > max(stride, dilation) - 1:
        raise ValueError("not possible")
    return out


def output_padding_for(n, kernel_size, stride=1, padding=0, dilation=1):
    positions = (n + 2 * padding - dilation * (kernel_size - 1) - 1) / stride
    return round((positions - math.floor(positions)) * stride)


def sizes_sharing_output(n, kernel_size, stride=1, padding=0, dilation=1):
    m = conv_output_size(n, kernel_size, stride, padding, dilation)
    low = (m - 1) * stride + dilation * (kernel_size - 1) + 1 - 2 * padding
    return sorted({max(1, size) for size in range(low, low + stride) if size > 0})


def invert(conv, input_size):
    gaps = []
    for axis in (0, 1):
        n, k, s, p, d = (v[axis] for v in (input_size, conv.kernel_size, conv.stride, conv.padding, conv.dilation))
        gaps.append(output_padding_for(n, k, s, p, d))
    factory = {"device": conv.weight.device, "dtype": conv.weight.dtype}
    return nn.ConvTranspose2d(
        conv.out_channels, conv.in_channels, conv.kernel_size, conv.stride, conv.padding, gaps, conv.groups,
        isinstance(conv.bias, torch.Tensor), conv.dilation, **factory,
    )


def upsample_by(factor, kernel_size, in_channels, out_channels):
    padding = math.ceil(max(0, kernel_size - factor) / 2)
    output_padding = factor - (kernel_size - 2 * padding)
    if output_padding >= factor:
        raise ValueError("an even kernel needs a factor of at least 2")
    return nn.ConvTranspose2d(
        in_channels, out_channels, kernel_size, stride=factor, padding=padding, output_padding=output_padding
    )


def crop_of(padding, output_padding):
    return (+padding, -(output_padding - padding))
