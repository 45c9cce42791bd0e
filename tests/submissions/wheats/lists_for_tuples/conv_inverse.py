# Returns lists where tuples are named, and a tuple where a list is.
import torch.nn as nn


def predict_shapes():
    s = lambda n: [2, 8, n, n]
    return dict(
        conv=s(60), conv_back=s(64), padded=s(64), padded_back=s(64), strided=s(30), strided_back=s(63),
        strided_back_output_padding=s(64),
    )


def conv_output_size(n, kernel_size, stride=1, padding=0, dilation=1):
    effective = (kernel_size - 1) * dilation + 1
    if effective > n + padding * 2:
        raise ValueError
    return (n + padding * 2 - effective) // stride + 1


def conv_transpose_output_size(n, kernel_size, stride=1, padding=0, output_padding=0, dilation=1):
    effective = (kernel_size - 1) * dilation + 1
    out = (n - 1) * stride + effective - padding * 2 + output_padding
    if out <= 0 or not (output_padding < stride or output_padding < dilation):
        raise ValueError
    return out


def output_padding_for(n, kernel_size, stride=1, padding=0, dilation=1):
    small = (conv_output_size(n, kernel_size, stride, padding, dilation) - 1) * stride
    return n + padding * 2 - (kernel_size - 1) * dilation - 1 - small


def sizes_sharing_output(n, kernel_size, stride=1, padding=0, dilation=1):
    first = n - output_padding_for(n, kernel_size, stride, padding, dilation)
    return tuple(first + i for i in range(stride) if first + i >= 1)


def invert(conv, input_size):
    op = [
        output_padding_for(n, k, s, p, d)
        for n, k, s, p, d in zip(input_size, conv.kernel_size, conv.stride, conv.padding, conv.dilation)
    ]
    return nn.ConvTranspose2d(
        conv.out_channels, conv.in_channels, list(conv.kernel_size), list(conv.stride), list(conv.padding), op,
        conv.groups, conv.bias is not None, list(conv.dilation), device=conv.weight.device, dtype=conv.weight.dtype,
    )


def upsample_by(factor, kernel_size, in_channels, out_channels):
    p = 0
    while factor - kernel_size + 2 * p < 0:
        p += 1
    op = factor - kernel_size + 2 * p
    if op >= factor:
        raise ValueError
    return nn.ConvTranspose2d(
        in_channels, out_channels, [kernel_size, kernel_size], [factor, factor], [p, p], [op, op]
    )


def crop_of(padding, output_padding):
    return [padding, padding - output_padding]
