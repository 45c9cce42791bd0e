# Runs real layers on real CPU tensors for everything, crop_of included.
import torch
from torch import nn
from torch.nn import functional as F


@torch.no_grad()
def predict_shapes():
    x = torch.randn(2, 8, 64, 64)
    shapes = {}
    for name, settings in [("conv", {}), ("padded", {"padding": 2}), ("strided", {"stride": 2})]:
        y = nn.Conv2d(8, 8, 5, **settings)(x)
        shapes[name] = tuple(y.size())
        shapes[name + "_back"] = tuple(nn.ConvTranspose2d(8, 8, 5, **settings)(y).size())
    y = nn.Conv2d(8, 8, 5, stride=2)(x)
    shapes["strided_back_output_padding"] = tuple(nn.ConvTranspose2d(8, 8, 5, stride=2, output_padding=1)(y).size())
    return shapes


def conv_output_size(n, kernel_size, stride=1, padding=0, dilation=1):
    try:
        out = F.conv1d(torch.zeros(1, 1, n), torch.zeros(1, 1, kernel_size), None, stride, padding, dilation)
    except RuntimeError as error:
        raise ValueError(str(error)) from error
    return out.shape[2]


def conv_transpose_output_size(n, kernel_size, stride=1, padding=0, output_padding=0, dilation=1):
    try:
        out = F.conv_transpose1d(
            torch.zeros(1, 1, n), torch.zeros(1, 1, kernel_size), None, stride, padding, output_padding, 1, dilation
        )
    except RuntimeError as error:
        raise ValueError(str(error)) from error
    return out.shape[2]


def output_padding_for(n, kernel_size, stride=1, padding=0, dilation=1):
    m = conv_output_size(n, kernel_size, stride, padding, dilation)
    for output_padding in range(stride):
        try:
            if conv_transpose_output_size(m, kernel_size, stride, padding, output_padding, dilation) == n:
                return output_padding
        except ValueError:  # too small so far: a larger one may still do
            pass


def sizes_sharing_output(n, kernel_size, stride=1, padding=0, dilation=1):
    target = conv_output_size(n, kernel_size, stride, padding, dilation)
    sizes = []
    size = 1
    while True:
        try:
            out = conv_output_size(size, kernel_size, stride, padding, dilation)
        except ValueError:
            out = 0
        if out == target:
            sizes.append(size)
        elif out > target:
            return sizes
        size += 1


def invert(conv, input_size):
    height, width = input_size
    op_h, op_w = (
        output_padding_for(size, conv.kernel_size[i], conv.stride[i], conv.padding[i], conv.dilation[i])
        for i, size in enumerate((height, width))
    )
    layer = nn.ConvTranspose2d(
        conv.out_channels, conv.in_channels, conv.kernel_size, stride=conv.stride, padding=conv.padding,
        output_padding=(op_h, op_w), groups=conv.groups, bias=conv.bias is not None, dilation=conv.dilation,
    )
    return layer.to(device=conv.weight.device, dtype=conv.weight.dtype)


def upsample_by(factor, kernel_size, in_channels, out_channels):
    for output_padding in range(factor):
        for padding in range(kernel_size):
            layer = nn.ConvTranspose2d(in_channels, out_channels, kernel_size, factor, padding, output_padding)
            try:
                with torch.no_grad():
                    out = layer(torch.zeros(1, in_channels, 4, 5))
            except RuntimeError:
                continue
            if out.shape == (1, out_channels, 4 * factor, 5 * factor):
                return layer
    raise ValueError("nothing fits")


def crop_of(padding, output_padding):
    # rows 0, 1, 2, ... of the full result; look at which of them are left
    kernel = 2 * padding + 1
    stride = kernel + output_padding
    x, w = torch.ones(1, 1, 2), torch.arange(1.0, kernel + 1).reshape(1, 1, -1)
    full = F.conv_transpose1d(x, w, stride=stride)[0, 0]
    got = F.conv_transpose1d(x, w, stride=stride, padding=padding, output_padding=output_padding)[0, 0]
    front = int(got[0]) - 1
    return front, len(full) - front - len(got)
