# Built with **kwargs on the CPU, then moved by .to(conv.weight); frozen and in channels_last memory.
import torch
from torch import nn

KEYS = ("kernel_size", "stride", "padding", "dilation", "groups")


def predict_shapes():
    return {
        "conv": (2, 8, 60, 60), "conv_back": (2, 8, 64, 64),
        "padded": (2, 8, 64, 64), "padded_back": (2, 8, 64, 64),
        "strided": (2, 8, 30, 30), "strided_back": (2, 8, 63, 63),
        "strided_back_output_padding": (2, 8, 64, 64),
    }


def conv_output_size(n, kernel_size, stride=1, padding=0, dilation=1):
    starts = range(-padding, n + padding - dilation * (kernel_size - 1), stride)
    if not starts:
        raise ValueError("no place for the kernel")
    return len(starts)


def conv_transpose_output_size(n, kernel_size, stride=1, padding=0, output_padding=0, dilation=1):
    if output_padding >= max(stride, dilation):
        raise ValueError(output_padding)
    rows = range(padding, (n - 1) * stride + dilation * (kernel_size - 1) + 1 - padding + output_padding)
    if not rows:
        raise ValueError(padding)
    return len(rows)


def output_padding_for(n, kernel_size, stride=1, padding=0, dilation=1):
    starts = range(-padding, n + padding - dilation * (kernel_size - 1), stride)
    return n + padding - 1 - (starts[-1] + dilation * (kernel_size - 1))


def sizes_sharing_output(n, kernel_size, stride=1, padding=0, dilation=1):
    gap = output_padding_for(n, kernel_size, stride, padding, dilation)
    return [n + change for change in range(-gap, stride - gap) if n + change > 0]


def invert(conv, input_size):
    kwargs = {key: getattr(conv, key) for key in KEYS}
    kwargs["bias"] = conv.bias is not None
    kwargs["output_padding"] = tuple(
        output_padding_for(n, *rest)
        for n, *rest in zip(input_size, conv.kernel_size, conv.stride, conv.padding, conv.dilation)
    )
    layer = nn.ConvTranspose2d(conv.out_channels, conv.in_channels, **kwargs).to(conv.weight)
    return layer.to(memory_format=torch.channels_last).requires_grad_(False).eval()


def upsample_by(factor, kernel_size, in_channels, out_channels):
    kwargs = {"kernel_size": kernel_size, "stride": factor}
    for kwargs["padding"] in range(kernel_size):
        kwargs["output_padding"] = factor - kernel_size + 2 * kwargs["padding"]
        if 0 <= kwargs["output_padding"] < factor:
            return nn.ConvTranspose2d(in_channels, out_channels, bias=False, **kwargs)
    raise ValueError(kwargs)


def crop_of(padding, output_padding):
    return padding, padding - output_padding
