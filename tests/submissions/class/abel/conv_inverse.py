# Closed forms, each from one divmod; no layer is ever run.
import torch.nn as nn


def predict_shapes():
    return {
        "conv": (2, 8, 60, 60), "conv_back": (2, 8, 64, 64),
        "padded": (2, 8, 64, 64), "padded_back": (2, 8, 64, 64),
        "strided": (2, 8, 30, 30), "strided_back": (2, 8, 63, 63),
        "strided_back_output_padding": (2, 8, 64, 64),
    }


def _steps(n, kernel_size, stride, padding, dilation):
    """(how many steps the kernel can take, how many rows are left over at the end)"""
    return divmod(n + 2 * padding - dilation * (kernel_size - 1) - 1, stride)


def conv_output_size(n, kernel_size, stride=1, padding=0, dilation=1):
    steps, _ = _steps(n, kernel_size, stride, padding, dilation)
    if steps < 0:  # divmod rounds down, so a kernel that is one row too large gives -1
        raise ValueError(f"a kernel that reaches over {dilation * (kernel_size - 1) + 1} rows does not fit into {n + 2 * padding}")
    return steps + 1


def conv_transpose_output_size(n, kernel_size, stride=1, padding=0, output_padding=0, dilation=1):
    if not output_padding < max(stride, dilation):
        raise ValueError("output_padding is too large")
    result = (n - 1) * stride + dilation * (kernel_size - 1) + 1 + output_padding - 2 * padding
    if result <= 0:
        raise ValueError("padding crops everything")
    return result


def output_padding_for(n, kernel_size, stride=1, padding=0, dilation=1):
    return _steps(n, kernel_size, stride, padding, dilation)[1]


def sizes_sharing_output(n, kernel_size, stride=1, padding=0, dilation=1):
    first = n - _steps(n, kernel_size, stride, padding, dilation)[1]
    return list(range(max(first, 1), first + stride))


def invert(conv, input_size):
    op = tuple(
        output_padding_for(*settings)
        for settings in zip(input_size, conv.kernel_size, conv.stride, conv.padding, conv.dilation)
    )
    return nn.ConvTranspose2d(
        conv.out_channels, conv.in_channels, conv.kernel_size, conv.stride, conv.padding, op, conv.groups,
        conv.bias is not None, conv.dilation, device=conv.weight.device, dtype=conv.weight.dtype,
    )


def upsample_by(factor, kernel_size, in_channels, out_channels):
    if kernel_size <= factor:
        padding, output_padding = 0, factor - kernel_size
    else:
        half, odd = divmod(kernel_size - factor, 2)
        padding, output_padding = half + odd, odd
    if output_padding >= factor:
        raise ValueError("factor 1 has no answer for an even kernel")
    return nn.ConvTranspose2d(in_channels, out_channels, kernel_size, factor, padding, output_padding)


def crop_of(padding, output_padding):
    return (padding, padding - output_padding)
