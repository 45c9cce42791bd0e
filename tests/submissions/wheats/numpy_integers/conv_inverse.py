# Computes with NumPy and returns its integers (np.int64) where ints are asked for.
import numpy as np
import torch.nn as nn


def predict_shapes():
    n = np.array([60, 64, 64, 64, 30, 63, 64])
    keys = ["conv", "conv_back", "padded", "padded_back", "strided", "strided_back", "strided_back_output_padding"]
    return {k: (np.int64(2), np.int64(8), size, size) for k, size in zip(keys, n)}


def conv_output_size(n, kernel_size, stride=1, padding=0, dilation=1):
    out = np.floor_divide(np.int64(n) + 2 * padding - dilation * (kernel_size - 1) - 1, stride) + 1
    if out < 1:
        raise ValueError("kernel too large")
    return out


def conv_transpose_output_size(n, kernel_size, stride=1, padding=0, output_padding=0, dilation=1):
    out = np.int64(n - 1) * stride - 2 * padding + dilation * (kernel_size - 1) + output_padding + 1
    if out < 1 or output_padding >= np.maximum(stride, dilation):
        raise ValueError("refused")
    return out


def output_padding_for(n, kernel_size, stride=1, padding=0, dilation=1):
    return np.mod(np.int64(n) + 2 * padding - dilation * (kernel_size - 1) - 1, stride)


def sizes_sharing_output(n, kernel_size, stride=1, padding=0, dilation=1):
    candidates = np.arange(1, n + stride)
    outputs = (candidates + 2 * padding - dilation * (kernel_size - 1) - 1) // stride + 1
    return list(candidates[outputs == conv_output_size(n, kernel_size, stride, padding, dilation)])


def invert(conv, input_size):
    n, k, s, p, d = (np.array(v) for v in (input_size, conv.kernel_size, conv.stride, conv.padding, conv.dilation))
    output_padding = (n + 2 * p - d * (k - 1) - 1) % s
    return nn.ConvTranspose2d(
        conv.out_channels, conv.in_channels, conv.kernel_size, conv.stride, conv.padding,
        tuple(output_padding), conv.groups, conv.bias is not None, conv.dilation,
        device=conv.weight.device, dtype=conv.weight.dtype,
    )


def upsample_by(factor, kernel_size, in_channels, out_channels):
    padding = np.arange(kernel_size + 1)
    output_padding = factor - kernel_size + 2 * padding
    possible = np.flatnonzero((0 <= output_padding) & (output_padding < factor))
    if possible.size == 0:
        raise ValueError("impossible")
    p = possible[0]
    return nn.ConvTranspose2d(in_channels, out_channels, kernel_size, factor, int(p), int(output_padding[p]))


def crop_of(padding, output_padding):
    return np.int32(padding), np.int32(padding - output_padding)
