"""A correct submission, in the style of a student: what every tool of the comparison grades."""

import torch
from torch import nn


def conv_output_size(n, kernel_size, stride=1, padding=0, dilation=1):
    span = dilation * (kernel_size - 1) + 1
    if n + 2 * padding < span:
        raise ValueError(f"a kernel that spans {span} does not fit into {n + 2 * padding}")
    return (n + 2 * padding - span) // stride + 1


def conv_transpose_output_size(n, kernel_size, stride=1, padding=0, output_padding=0, dilation=1):
    size = (n - 1) * stride - 2 * padding + dilation * (kernel_size - 1) + output_padding + 1
    if output_padding >= max(stride, dilation) or size < 1:
        raise ValueError("PyTorch would refuse these settings")
    return size


def predict_shapes():
    x = torch.Size([2, 8, 64, 64])

    def there(stride=1, padding=0):
        return conv_output_size(x[2], 5, stride=stride, padding=padding)

    def back(stride=1, padding=0, output_padding=0):
        return conv_transpose_output_size(there(stride, padding), 5, stride, padding, output_padding)

    sizes = {
        "conv": there(),
        "conv_back": back(),
        "padded": there(padding=2),
        "padded_back": back(padding=2),
        "strided": there(stride=2),
        "strided_back": back(stride=2),
        "strided_back_output_padding": back(stride=2, output_padding=1),
    }
    return {name: (2, 8, size, size) for name, size in sizes.items()}


def invert(conv: nn.Conv2d, input_size):
    output_padding = [
        n - conv_transpose_output_size(conv_output_size(n, k, s, p, d), k, s, p, 0, d)
        for n, k, s, p, d in zip(input_size, conv.kernel_size, conv.stride, conv.padding, conv.dilation, strict=True)
    ]
    return nn.ConvTranspose2d(
        conv.out_channels,
        conv.in_channels,
        conv.kernel_size,
        conv.stride,
        conv.padding,
        output_padding,
        conv.groups,
        conv.bias is not None,
        conv.dilation,
    )
