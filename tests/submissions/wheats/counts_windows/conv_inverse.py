# Counts windows one by one on a list of row numbers; knows no formula and runs no layer.
from torch import nn


def windows(n, kernel_size, stride, padding, dilation):
    """Every place of the kernel, as the rows it reads."""
    rows = list(range(-padding, n + padding))
    places = []
    start = 0
    while start + dilation * (kernel_size - 1) < len(rows):
        places.append([rows[start + dilation * tap] for tap in range(kernel_size)])
        start += stride
    return places


def written(n, kernel_size, stride, dilation):
    """Every row that the transposed convolution of n rows writes to."""
    return {stride * i + dilation * tap for i in range(n) for tap in range(kernel_size)}


def predict_shapes():
    answer = {}
    for name, stride, padding in (("conv", 1, 0), ("padded", 1, 2), ("strided", 2, 0)):
        m = len(windows(64, 5, stride, padding, 1))
        back = conv_transpose_output_size(m, 5, stride, padding)
        answer[name] = 2, 8, m, m
        answer[f"{name}_back"] = 2, 8, back, back
    back += 1
    answer["strided_back_output_padding"] = 2, 8, back, back
    return answer


def conv_output_size(n, kernel_size, stride=1, padding=0, dilation=1):
    places = windows(n, kernel_size, stride, padding, dilation)
    if not places:
        raise ValueError("no place for the kernel")
    return len(places)


def conv_transpose_output_size(n, kernel_size, stride=1, padding=0, output_padding=0, dilation=1):
    last = max(written(n, kernel_size, stride, dilation)) + output_padding - padding
    size = last - padding + 1
    if size < 1:
        raise ValueError("everything is cropped")
    if output_padding >= max(stride, dilation):
        raise ValueError("output_padding would add rows that no window could leave over")
    return size


def output_padding_for(n, kernel_size, stride=1, padding=0, dilation=1):
    last_read = windows(n, kernel_size, stride, padding, dilation)[-1][-1]
    return n + padding - 1 - last_read


def sizes_sharing_output(n, kernel_size, stride=1, padding=0, dilation=1):
    count = len(windows(n, kernel_size, stride, padding, dilation))
    smaller = [m for m in range(n - 1, 0, -1) if len(windows(m, kernel_size, stride, padding, dilation)) == count]
    larger = [m for m in range(n, n + stride) if len(windows(m, kernel_size, stride, padding, dilation)) == count]
    return smaller[::-1] + larger


def invert(conv, input_size):
    h = output_padding_for(input_size[0], conv.kernel_size[0], conv.stride[0], conv.padding[0], conv.dilation[0])
    w = output_padding_for(input_size[-1], conv.kernel_size[-1], conv.stride[-1], conv.padding[-1], conv.dilation[-1])
    out = nn.ConvTranspose2d(
        conv.out_channels, conv.in_channels, conv.kernel_size, conv.stride, conv.padding, (h, w), conv.groups,
        conv.bias is not None, conv.dilation,
    )
    out.to(conv.weight.device).to(conv.weight.dtype)  # in place for modules
    return out


def upsample_by(factor, kernel_size, in_channels, out_channels):
    for padding in range(kernel_size + factor):
        for output_padding in range(factor):
            try:
                fits = all(
                    conv_transpose_output_size(n, kernel_size, factor, padding, output_padding) == factor * n
                    for n in (1, 2, 7)
                )
            except ValueError:
                fits = False
            if fits:
                return nn.ConvTranspose2d(
                    in_channels, out_channels, (kernel_size, kernel_size), (factor, factor), (padding, padding),
                    (output_padding, output_padding),
                )
    raise ValueError("none")


def crop_of(padding, output_padding):
    return padding, padding - output_padding
