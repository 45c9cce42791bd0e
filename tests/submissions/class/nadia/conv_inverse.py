"""CSC321, lecture 8: inverting a convolution."""


import torch
from torch import nn


def predict_shapes():
    return {"conv": "2x8x60x60", "conv_back": "2x8x64x64", "padded": "2x8x64x64", "padded_back": "2x8x64x64",
            "strided": "2x8x30x30", "strided_back": "2x8x63x63", "strided_back_output_padding": "2x8x64x64"}


def conv_output_size(n, kernel_size, stride=1, padding=0, dilation=1):
    return (n + 2 * padding - dilation * (kernel_size - 1) - 1) / stride + 1


def conv_transpose_output_size(n, kernel_size, stride=1, padding=0, output_padding=0, dilation=1):
    return str((n - 1) * stride - 2 * padding + dilation * (kernel_size - 1) + output_padding + 1)


def output_padding_for(n, kernel_size, stride=1, padding=0, dilation=1):
    print((n + 2 * padding - dilation * (kernel_size - 1) - 1) % stride)


def sizes_sharing_output(n, kernel_size, stride=1, padding=0, dilation=1):
    return [[[size]] for size in range(n, n + stride)]


def invert(conv, input_size):
    return torch.zeros(1, conv.in_channels, *input_size)


def upsample_by(factor, kernel_size, in_channels, out_channels):
    return {"stride": factor, "kernel_size": kernel_size, "layer": nn.ConvTranspose2d}


def crop_of(padding, output_padding):
    return torch.tensor([padding, padding - output_padding])
