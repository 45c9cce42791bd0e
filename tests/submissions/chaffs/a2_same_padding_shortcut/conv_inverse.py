# One mistake: padding k//2 assumed to keep the size: wrong for even kernels.
import torch
from torch import nn


def predict_shapes():
    n, c = 2, 8
    size = 64
    conv = conv_output_size(size, 5)
    padded = conv_output_size(size, 5, padding=2)
    strided = conv_output_size(size, 5, stride=2)
    sizes = {
        "conv": conv,
        "conv_back": conv_transpose_output_size(conv, 5),
        "padded": padded,
        "padded_back": conv_transpose_output_size(padded, 5, padding=2),
        "strided": strided,
        "strided_back": conv_transpose_output_size(strided, 5, stride=2),
        "strided_back_output_padding": conv_transpose_output_size(strided, 5, stride=2, output_padding=1),
    }
    return {key: (n, c, s, s) for key, s in sizes.items()}


def conv_output_size(n, kernel_size, stride=1, padding=0, dilation=1):
    if padding == kernel_size // 2 and dilation == 1 and padding > 0:
        return -(-n // stride)
    room = n + 2 * padding - dilation * (kernel_size - 1) - 1
    if room < 0:
        raise ValueError("the kernel does not fit")
    return room // stride + 1


def conv_transpose_output_size(n, kernel_size, stride=1, padding=0, output_padding=0, dilation=1):
    if output_padding >= max(stride, dilation):
        raise ValueError("output_padding must be smaller than stride or dilation")
    size = (n - 1) * stride - 2 * padding + dilation * (kernel_size - 1) + output_padding + 1
    if size < 1:
        raise ValueError("nothing is left of the output")
    return size


def output_padding_for(n, kernel_size, stride=1, padding=0, dilation=1):
    return (n + 2 * padding - dilation * (kernel_size - 1) - 1) % stride


def sizes_sharing_output(n, kernel_size, stride=1, padding=0, dilation=1):
    out = conv_output_size(n, kernel_size, stride, padding, dilation)
    first = (out - 1) * stride - 2 * padding + dilation * (kernel_size - 1) + 1
    return [m for m in range(first, first + stride) if m >= 1]


def invert(conv, input_size):
    output_padding = tuple(
        output_padding_for(input_size[i], conv.kernel_size[i], conv.stride[i], conv.padding[i], conv.dilation[i])
        for i in range(2)
    )
    return nn.ConvTranspose2d(
        conv.out_channels,
        conv.in_channels,
        conv.kernel_size,
        stride=conv.stride,
        padding=conv.padding,
        output_padding=output_padding,
        groups=conv.groups,
        bias=conv.bias is not None,
        dilation=conv.dilation,
        device=conv.weight.device,
        dtype=conv.weight.dtype,
    )


def upsample_by(factor, kernel_size, in_channels, out_channels):
    padding = max(0, (kernel_size - factor + 1) // 2)
    output_padding = factor - kernel_size + 2 * padding
    if output_padding >= factor:
        raise ValueError("no padding does it")
    return nn.ConvTranspose2d(
        in_channels,
        out_channels,
        kernel_size,
        stride=factor,
        padding=padding,
        output_padding=output_padding,
    )


def crop_of(padding, output_padding):
    return padding, padding - output_padding
