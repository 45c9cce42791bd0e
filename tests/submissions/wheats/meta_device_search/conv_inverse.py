# Knows no formula: tries every output_padding with real layers on the meta device.
import itertools

import torch
from torch import nn

META = torch.device("meta")


def _forward(n, **settings):
    try:
        return nn.Conv1d(1, 1, device=META, **settings)(torch.empty(1, 1, n, device=META)).shape[-1]
    except RuntimeError:
        return None


def _backward(n, output_padding, **settings):
    # the meta device accepts any output_padding, so this rule has to be written down
    if output_padding >= max(settings["stride"], settings["dilation"]):
        return None
    try:
        layer = nn.ConvTranspose1d(1, 1, output_padding=output_padding, device=META, **settings)
        return layer(torch.empty(1, 1, n, device=META)).shape[-1] or None
    except RuntimeError:
        return None


def predict_shapes():
    def back(y, **kw):
        return nn.ConvTranspose2d(8, 8, 5, device=META, **kw)(y)

    x = torch.empty(2, 8, 64, 64, device=META)
    y, padded, strided = (nn.Conv2d(8, 8, 5, device=META, **kw)(x) for kw in ({}, {"padding": 2}, {"stride": 2}))
    tensors = dict(
        conv=y, conv_back=back(y), padded=padded, padded_back=back(padded, padding=2), strided=strided,
        strided_back=back(strided, stride=2), strided_back_output_padding=back(strided, stride=2, output_padding=1),
    )
    return {key: tuple(t.shape) for key, t in tensors.items()}


def conv_output_size(n, kernel_size, stride=1, padding=0, dilation=1):
    size = _forward(n, kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation)
    if size is None:
        raise ValueError("the kernel does not fit")
    return size


def conv_transpose_output_size(n, kernel_size, stride=1, padding=0, output_padding=0, dilation=1):
    size = _backward(n, output_padding, kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation)
    if size is None:
        raise ValueError("PyTorch would refuse this")
    return size


def output_padding_for(n, kernel_size, stride=1, padding=0, dilation=1):
    settings = dict(kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation)
    m = _forward(n, **settings)
    for candidate in itertools.count():
        if _backward(m, candidate, **settings) == n:
            return candidate


def sizes_sharing_output(n, kernel_size, stride=1, padding=0, dilation=1):
    settings = dict(kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation)
    return [m for m in range(max(1, n - stride), n + stride + 1) if _forward(m, **settings) == _forward(n, **settings)]


def invert(conv, input_size):
    probe = torch.empty(1, conv.in_channels, *input_size, device=META, dtype=conv.weight.dtype)
    shadow = nn.Conv2d(
        conv.in_channels, conv.out_channels, conv.kernel_size, conv.stride, conv.padding, conv.dilation, conv.groups,
        device=META, dtype=conv.weight.dtype,
    )
    y = shadow(probe)
    common = dict(
        kernel_size=conv.kernel_size, stride=conv.stride, padding=conv.padding, dilation=conv.dilation,
        groups=conv.groups, bias=conv.bias is not None, dtype=conv.weight.dtype,
    )
    for op in itertools.product(*(range(s) for s in conv.stride)):
        layer = nn.ConvTranspose2d(conv.out_channels, conv.in_channels, output_padding=op, device=META, **common)
        try:
            found = layer(y).shape == probe.shape
        except RuntimeError:  # nothing would be left: not this one
            continue
        if found:
            return nn.ConvTranspose2d(
                conv.out_channels, conv.in_channels, output_padding=op, device=conv.weight.device, **common
            )
    raise AssertionError("one of them always fits")


def upsample_by(factor, kernel_size, in_channels, out_channels):
    for padding in range(kernel_size + 1):
        for output_padding in range(factor):
            if _backward(3, output_padding, kernel_size=kernel_size, stride=factor, padding=padding, dilation=1) == 3 * factor:
                return nn.ConvTranspose2d(
                    in_channels, out_channels, kernel_size, factor, padding=padding, output_padding=output_padding
                )
    raise ValueError(f"kernel {kernel_size} cannot keep the size")


def crop_of(padding, output_padding):
    return padding, padding - output_padding
