# PyTorch is the judge: real two-dimensional layers run, and whatever they raise becomes a ValueError.
import contextlib

import torch
import torch.nn as nn


@contextlib.contextmanager
def pytorch_decides():
    try:
        yield
    except (RuntimeError, AssertionError, TypeError) as e:
        raise ValueError("PyTorch refuses: " + str(e).splitlines()[0]) from None


def _run(layer, n):
    with torch.inference_mode():
        return layer(torch.zeros(1, 1, n, 1)).size(2)


def predict_shapes():
    x = torch.randn((2, 8, 64, 64))
    with torch.inference_mode():
        a = nn.Conv2d(8, 8, kernel_size=5)(x)
        b = nn.Conv2d(8, 8, kernel_size=5, padding=2)(x)
        c = nn.Conv2d(8, 8, kernel_size=5, stride=2)(x)
        out = {
            "conv": a, "conv_back": nn.ConvTranspose2d(8, 8, kernel_size=5)(a),
            "padded": b, "padded_back": nn.ConvTranspose2d(8, 8, kernel_size=5, padding=2)(b),
            "strided": c, "strided_back": nn.ConvTranspose2d(8, 8, kernel_size=5, stride=2)(c),
            "strided_back_output_padding": nn.ConvTranspose2d(8, 8, kernel_size=5, stride=2, output_padding=1)(c),
        }
    for key in list(out):
        out[key] = tuple(out[key].shape)
    return out


def conv_output_size(n, kernel_size, stride=1, padding=0, dilation=1):
    with pytorch_decides():
        return _run(nn.Conv2d(1, 1, (kernel_size, 1), (stride, 1), (padding, 0), (dilation, 1)), n)


def conv_transpose_output_size(n, kernel_size, stride=1, padding=0, output_padding=0, dilation=1):
    with pytorch_decides():
        layer = nn.ConvTranspose2d(
            1, 1, (kernel_size, 1), (stride, 1), (padding, 0), (output_padding, 0), dilation=(dilation, 1)
        )
        return _run(layer, n)


def output_padding_for(n, kernel_size, stride=1, padding=0, dilation=1):
    m = conv_output_size(n, kernel_size, stride, padding, dilation)
    # let PyTorch find it: output_size is turned into an output_padding
    layer = nn.ConvTranspose2d(1, 1, (kernel_size, 1), (stride, 1), (padding, 0), dilation=(dilation, 1))
    return layer._output_padding(
        torch.zeros(1, 1, m, 1), [n, 1], layer.stride, layer.padding, layer.kernel_size, 2, layer.dilation
    )[0]


def sizes_sharing_output(n, kernel_size, stride=1, padding=0, dilation=1):
    same = []
    for m in range(1, n + stride):
        with contextlib.suppress(ValueError):
            if conv_output_size(m, kernel_size, stride, padding, dilation) == conv_output_size(
                n, kernel_size, stride, padding, dilation
            ):
                same.append(m)
    return same


def invert(conv, input_size):
    op = [
        output_padding_for(n, conv.kernel_size[i], conv.stride[i], conv.padding[i], conv.dilation[i])
        for i, n in enumerate(input_size)
    ]
    inverse = nn.ConvTranspose2d(
        conv.out_channels, conv.in_channels, kernel_size=conv.kernel_size, stride=conv.stride, padding=conv.padding,
        output_padding=op, groups=conv.groups, bias=conv.bias is not None, dilation=conv.dilation,
        device=conv.weight.device,
    )
    return inverse.type(conv.weight.dtype)


def upsample_by(factor, kernel_size, in_channels, out_channels):
    layer = nn.ConvTranspose2d(
        in_channels, out_channels, kernel_size, factor, padding=max(0, (kernel_size - factor + 1) // 2)
    )
    layer.output_padding = (factor - kernel_size + 2 * layer.padding[0],) * 2
    with pytorch_decides():
        layer(torch.zeros(1, in_channels, 2, 2))
    return layer


def crop_of(padding, output_padding):
    stride = max(output_padding + 1, 2)
    full = conv_transpose_output_size(9, 2 * padding + 1, stride)
    return padding, full - padding - conv_transpose_output_size(9, 2 * padding + 1, stride, padding, output_padding)
