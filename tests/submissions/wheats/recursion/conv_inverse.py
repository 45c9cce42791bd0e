# Recursion instead of loops and remainders.
from torch import nn


def predict_shapes():
    return {
        "conv": (2, 8, 60, 60), "conv_back": (2, 8, 64, 64),
        "padded": (2, 8, 64, 64), "padded_back": (2, 8, 64, 64),
        "strided": (2, 8, 30, 30), "strided_back": (2, 8, 63, 63),
        "strided_back_output_padding": (2, 8, 64, 64),
    }


def _span(kernel_size, dilation):
    return 1 if kernel_size == 1 else dilation + _span(kernel_size - 1, dilation)


def conv_output_size(n, kernel_size, stride=1, padding=0, dilation=1):
    if padding:
        return conv_output_size(n + 2 * padding, kernel_size, stride, 0, dilation)
    if dilation > 1:
        return conv_output_size(n, _span(kernel_size, dilation), stride)
    if n < kernel_size:
        raise ValueError("does not fit")
    return (n - kernel_size + stride) // stride


def conv_transpose_output_size(n, kernel_size, stride=1, padding=0, output_padding=0, dilation=1):
    if output_padding >= stride and output_padding >= dilation:
        raise ValueError("output_padding must be smaller than stride or dilation")

    def grow(rest):
        return _span(kernel_size, dilation) if rest == 1 else stride * (rest - 1) + grow(1)

    if (size := grow(n) + output_padding - 2 * padding) > 0:
        return size
    raise ValueError("the output would be empty")


def output_padding_for(n, kernel_size, stride=1, padding=0, dilation=1):
    try:
        if conv_output_size(n - 1, kernel_size, stride, padding, dilation) == conv_output_size(
            n, kernel_size, stride, padding, dilation
        ):
            return 1 + output_padding_for(n - 1, kernel_size, stride, padding, dilation)
    except ValueError:
        pass
    return 0


def sizes_sharing_output(n, kernel_size, stride=1, padding=0, dilation=1):
    settings = kernel_size, stride, padding, dilation
    here = conv_output_size(n, *settings)

    def down(size):
        try:
            return [*down(size - 1), size] if size >= 1 and conv_output_size(size, *settings) == here else []
        except ValueError:
            return []

    def up(size):
        return [size, *up(size + 1)] if conv_output_size(size, *settings) == here else []

    return down(n) + up(n + 1)


def invert(conv, input_size):
    def pairs(i=0):
        if i == 2:
            return ()
        op = output_padding_for(input_size[i], conv.kernel_size[i], conv.stride[i], conv.padding[i], conv.dilation[i])
        return (op, *pairs(i + 1))

    return nn.ConvTranspose2d(
        conv.out_channels, conv.in_channels, conv.kernel_size, conv.stride, conv.padding, pairs(), conv.groups,
        conv.bias is not None, conv.dilation,
    ).to(conv.weight.device, conv.weight.dtype)


def upsample_by(factor, kernel_size, in_channels, out_channels, padding=0):
    rest = factor + 2 * padding - kernel_size
    if rest < 0:
        return upsample_by(factor, kernel_size, in_channels, out_channels, padding + 1)
    if rest >= factor:
        raise ValueError("no padding does it")
    return nn.ConvTranspose2d(in_channels, out_channels, kernel_size, factor, padding, rest)


def crop_of(padding, output_padding):
    if output_padding == 0:
        return padding, padding
    front, back = crop_of(padding, output_padding - 1)
    return front, back - 1
