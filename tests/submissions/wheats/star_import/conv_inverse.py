# Star imports: every layer's name is in this module's own namespace.
from math import *
from torch import *
from torch.nn import *
from torch.nn.functional import *


def predict_shapes():
    return {
        "conv": (2, 8, 60, 60), "conv_back": (2, 8, 64, 64),
        "padded": (2, 8, 64, 64), "padded_back": (2, 8, 64, 64),
        "strided": (2, 8, 30, 30), "strided_back": (2, 8, 63, 63),
        "strided_back_output_padding": (2, 8, 64, 64),
    }


def conv_output_size(n, kernel_size, stride=1, padding=0, dilation=1):
    k = (kernel_size - 1) * dilation + 1
    if n + padding + padding < k:
        raise ValueError("no room for the kernel")
    return floor_divide(tensor(n + padding + padding - k), stride).item() + 1


def conv_transpose_output_size(n, kernel_size, stride=1, padding=0, output_padding=0, dilation=1):
    out = (n - 1) * stride - padding - padding + (kernel_size - 1) * dilation + 1 + output_padding
    if output_padding >= stride and output_padding >= dilation:
        raise ValueError("output_padding")
    if out < 1:
        raise ValueError("padding")
    return out


def output_padding_for(n, kernel_size, stride=1, padding=0, dilation=1):
    out = conv_output_size(n, kernel_size, stride, padding, dilation)
    op = 0
    while (out - 1) * stride - 2 * padding + (kernel_size - 1) * dilation + 1 + op != n:
        op += 1
    return op


def sizes_sharing_output(n, kernel_size, stride=1, padding=0, dilation=1):
    smallest = n - output_padding_for(n, kernel_size, stride, padding, dilation)
    every = arange(smallest, smallest + stride)
    return every[every >= 1].tolist()


def invert(conv, input_size):
    op = [
        output_padding_for(input_size[i], conv.kernel_size[i], conv.stride[i], conv.padding[i], conv.dilation[i])
        for i in (0, 1)
    ]
    return ConvTranspose2d(
        conv.out_channels, conv.in_channels, conv.kernel_size, conv.stride, conv.padding, tuple(op), conv.groups,
        conv.bias is not None, conv.dilation, device=conv.weight.device, dtype=conv.weight.dtype,
    )


def upsample_by(factor, kernel_size, in_channels, out_channels):
    p = 0 if kernel_size < factor else ceil(tensor((kernel_size - factor) / 2)).int().item()
    op = factor - kernel_size + 2 * p
    if op == factor:
        raise ValueError("kernel")
    return ConvTranspose2d(in_channels, out_channels, kernel_size, factor, p, op)


def crop_of(padding, output_padding):
    return padding, padding - output_padding
