import torch
from torch import nn


def predict_shapes() -> dict[str, tuple[int, ...]]:
    return {
        "conv": (2, 8, 60, 60),
        "conv_back": (2, 8, 64, 64),
        "padded": (2, 8, 64, 64),
        "padded_back": (2, 8, 64, 64),
        "strided": (2, 8, 30, 30),
        "strided_back": (2, 8, 63, 63),
        "strided_back_output_padding": (2, 8, 64, 64),
    }


def conv_output_size(n: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    reach = dilation * (kernel_size - 1) + 1
    room = n + 2 * padding - reach
    if room < 0:
        raise ValueError("the kernel does not fit")
    return room // stride + 1


def conv_transpose_output_size(
    n: int, kernel_size: int, stride: int = 1, padding: int = 0, output_padding: int = 0, dilation: int = 1
) -> int:
    if output_padding >= max(stride, dilation):
        raise ValueError("output_padding must be smaller than stride or dilation")
    size = (n - 1) * stride - 2 * padding + dilation * (kernel_size - 1) + output_padding + 1
    if size < 1:
        raise ValueError("nothing is left")
    return size


def output_padding_for(n: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    return (n + 2 * padding - dilation * (kernel_size - 1) - 1) % stride


def sizes_sharing_output(n: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> list[int]:
    smallest = n - (n + 2 * padding - dilation * (kernel_size - 1) - 1) % stride
    return [size for size in range(smallest, smallest + stride) if size >= 1]


def invert(conv: nn.Conv2d, input_size: tuple[int, int]) -> nn.ConvTranspose2d:
    output_padding = []
    for i in range(2):
        reach = conv.dilation[i] * (conv.kernel_size[i] - 1) + 1
        output_padding.append((input_size[i] + 2 * conv.padding[i] - reach) % conv.stride[i])
    return nn.ConvTranspose2d(
        conv.out_channels,
        conv.in_channels,
        conv.kernel_size[0],
        stride=conv.stride,
        padding=conv.padding,
        output_padding=tuple(output_padding),
        groups=conv.groups,
        bias=conv.bias is not None,
        dilation=conv.dilation,
        device=conv.weight.device,
        dtype=conv.weight.dtype,
    )


def upsample_by(factor: int, kernel_size: int, in_channels: int, out_channels: int) -> nn.ConvTranspose2d:
    padding = max(0, (kernel_size - factor + 1) // 2)
    output_padding = factor - kernel_size + 2 * padding
    if output_padding >= factor:
        raise ValueError("factor 1 needs an odd kernel")
    return nn.ConvTranspose2d(
        in_channels, out_channels, kernel_size, stride=factor, padding=padding, output_padding=output_padding
    )


def crop_of(padding: int, output_padding: int) -> tuple[int, int]:
    return padding, padding - output_padding
