"""CSC321, lecture 8: inverting a convolution."""

import torch.nn as nn


def predict_shapes():
    """The shapes of the lecture's snippets, for x of (2, 8, 64, 64)."""
    return {
        "conv": (2, 8, 60, 60),  # 64 - 5 + 1
        "conv_back": (2, 8, 64, 64),  # 60 + 5 - 1
        "padded": (2, 8, 64, 64),  # 64 + 2 * 2 - 5 + 1
        "padded_back": (2, 8, 64, 64),
        "strided": (2, 8, 30, 30),  # (64 - 5) // 2 + 1
        "strided_back": (2, 8, 63, 63),  # (30 - 1) * 2 + 5: almost
        "strided_back_output_padding": (2, 8, 64, 64),
    }


def conv_output_size(n, kernel_size, stride=1, padding=0, dilation=1):
    """How many places the kernel has on n rows."""
    free = n + 2 * padding - dilation * (kernel_size - 1) - 1
    if free < 0:
        raise ValueError(f"a kernel of {kernel_size} with dilation {dilation} does not fit into {n} + 2 * {padding}")
    return free // stride + 1


def conv_transpose_output_size(n, kernel_size, stride=1, padding=0, output_padding=0, dilation=1):
    """The size that the transposed convolution makes of n rows."""
    if output_padding >= max(stride, dilation):
        raise ValueError("output_padding must be smaller than stride or dilation")
    size = (n - 1) * stride - 2 * padding + dilation * (kernel_size - 1) + output_padding + 1
    if size < 1:
        raise ValueError("padding crops everything away")
    return size


def output_padding_for(n, kernel_size, stride=1, padding=0, dilation=1):
    """The rows at the end that no place of the kernel reaches."""
    return (n + 2 * padding - dilation * (kernel_size - 1) - 1) % stride


def sizes_sharing_output(n, kernel_size, stride=1, padding=0, dilation=1):
    """Every size with the same number of places."""
    smallest = n - output_padding_for(n, kernel_size, stride, padding, dilation)
    return [size for size in range(smallest, smallest + stride) if size >= 1]


def invert(conv, input_size):
    """The transposed convolution that gives input_size back."""
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
    """(H, W) to (factor * H, factor * W): kernel_size + output_padding - 2 * padding must be factor."""
    padding = 0 if kernel_size < factor else (kernel_size - factor + 1) // 2
    output_padding = factor - kernel_size + 2 * padding
    if output_padding >= factor:
        raise ValueError("factor 1 needs an odd kernel")
    return nn.ConvTranspose2d(
        in_channels, out_channels, kernel_size, stride=factor, padding=padding, output_padding=output_padding
    )


def crop_of(padding, output_padding):
    """padding crops both ends; output_padding gives rows back at the end only."""
    return padding, padding - output_padding


if __name__ == "__main__":
    print(predict_shapes())
