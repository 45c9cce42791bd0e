# The inverse shares its weight with the convolution (the same kernel, as in the lecture); made with skip_init.
import torch
from torch import nn
from torch.nn.utils import skip_init


def predict_shapes():
    return {
        "conv": (2, 8, 60, 60), "conv_back": (2, 8, 64, 64),
        "padded": (2, 8, 64, 64), "padded_back": (2, 8, 64, 64),
        "strided": (2, 8, 30, 30), "strided_back": (2, 8, 63, 63),
        "strided_back_output_padding": (2, 8, 64, 64),
    }


def conv_output_size(n, kernel_size, stride=1, padding=0, dilation=1):
    padded = n + 2 * padding
    needed = 1 + (kernel_size - 1) * dilation
    if padded < needed:
        raise ValueError(f"{padded} < {needed}")
    return 1 + (padded - needed - (padded - needed) % stride) // stride


def conv_transpose_output_size(n, kernel_size, stride=1, padding=0, output_padding=0, dilation=1):
    if output_padding - max(stride, dilation) >= 0:
        raise ValueError("output_padding")
    size = n * stride - stride - 2 * padding + dilation * kernel_size - dilation + output_padding + 1
    if size <= 0:
        raise ValueError("size")
    return size


def output_padding_for(n, kernel_size, stride=1, padding=0, dilation=1):
    return n - conv_transpose_size_without_checks(conv_output_size(n, kernel_size, stride, padding, dilation),
                                                  kernel_size, stride, padding, dilation)


def conv_transpose_size_without_checks(m, kernel_size, stride, padding, dilation):
    return (m - 1) * stride - 2 * padding + dilation * (kernel_size - 1) + 1


def sizes_sharing_output(n, kernel_size, stride=1, padding=0, dilation=1):
    m = conv_output_size(n, kernel_size, stride, padding, dilation)
    first = conv_transpose_size_without_checks(m, kernel_size, stride, padding, dilation)
    sizes = list(range(first, first + stride))
    while sizes[0] < 1:
        sizes.pop(0)
    return sizes


def invert(conv, input_size):
    layer = skip_init(
        nn.ConvTranspose2d, conv.out_channels, conv.in_channels, conv.kernel_size, conv.stride, conv.padding,
        groups=conv.groups, bias=conv.bias is not None, dilation=conv.dilation,
        device=conv.weight.device, dtype=conv.weight.dtype,
    )
    # set afterwards: the forward pass reads the attribute
    layer.output_padding = tuple(
        output_padding_for(*args)
        for args in zip(input_size, conv.kernel_size, conv.stride, conv.padding, conv.dilation)
    )
    layer.weight = conv.weight
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


def upsample_by(factor, kernel_size, in_channels, out_channels):
    # the largest padding that leaves something to fill
    padding = (kernel_size - 1) // 2
    output_padding = factor - kernel_size + 2 * padding
    if not 0 <= output_padding < factor:
        padding = (kernel_size - factor + 1) // 2
        output_padding = (kernel_size - factor) % 2
    if output_padding >= factor:
        raise ValueError("impossible")
    return nn.ConvTranspose2d(in_channels, out_channels, kernel_size, factor, padding, output_padding)


def crop_of(padding, output_padding):
    return padding, padding - output_padding
