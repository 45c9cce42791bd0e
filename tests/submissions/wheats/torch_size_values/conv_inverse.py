# predict_shapes returns torch.Size objects straight from layers; sizes come from torch.Size arithmetic.
import torch
from torch import Size, nn

x = torch.empty(2, 8, 64, 64)


def predict_shapes() -> dict[str, Size]:
    conv = nn.Conv2d(8, 8, 5)(x)
    padded = nn.Conv2d(8, 8, 5, padding=2)(x)
    strided = nn.Conv2d(8, 8, 5, stride=2)(x)
    return {
        "conv": conv.shape,
        "conv_back": nn.ConvTranspose2d(8, 8, 5)(conv).shape,
        "padded": padded.shape,
        "padded_back": nn.ConvTranspose2d(8, 8, 5, padding=2)(padded).shape,
        "strided": strided.shape,
        "strided_back": nn.ConvTranspose2d(8, 8, 5, stride=2)(strided).shape,
        "strided_back_output_padding": nn.ConvTranspose2d(8, 8, 5, stride=2, output_padding=1)(strided).shape,
    }


def conv_output_size(n, kernel_size, stride=1, padding=0, dilation=1):
    # unfold cuts a signal into windows: there are as many as the convolution has outputs
    signal = torch.empty(n + 2 * padding, device="meta")
    reach = (kernel_size - 1) * dilation + 1
    if reach > signal.numel():
        raise ValueError("too short")
    return signal.unfold(0, reach, stride).size(0)


def conv_transpose_output_size(n, kernel_size, stride=1, padding=0, output_padding=0, dilation=1):
    if output_padding >= max(stride, dilation):
        raise ValueError("output_padding must be smaller than either stride or dilation")
    result = (n - 1) * stride - 2 * padding + dilation * (kernel_size - 1) + output_padding + 1
    if result < 1:
        raise ValueError("empty")
    return result


def output_padding_for(n, kernel_size, stride=1, padding=0, dilation=1):
    covered = (conv_output_size(n, kernel_size, stride, padding, dilation) - 1) * stride + (kernel_size - 1) * dilation + 1
    return n + 2 * padding - covered


def sizes_sharing_output(n, kernel_size, stride=1, padding=0, dilation=1):
    first = n - output_padding_for(n, kernel_size, stride, padding, dilation)
    return list(Size(range(first, first + stride))[max(0, 1 - first):])


def invert(conv, input_size):
    op = Size(
        output_padding_for(*a) for a in zip(Size(input_size), conv.kernel_size, conv.stride, conv.padding, conv.dilation)
    )
    return nn.ConvTranspose2d(
        conv.out_channels, conv.in_channels, Size(conv.kernel_size), Size(conv.stride), Size(conv.padding), op,
        conv.groups, conv.bias is not None, Size(conv.dilation), dtype=conv.weight.dtype, device=conv.weight.device,
    )


def upsample_by(factor, kernel_size, in_channels, out_channels):
    if factor == 1 and kernel_size % 2 == 0:
        raise ValueError("even kernel, factor 1")
    excess = kernel_size - factor
    padding = 0 if excess < 0 else -(-excess // 2)
    return nn.ConvTranspose2d(in_channels, out_channels, kernel_size, factor, padding, 2 * padding - excess)


def crop_of(padding, output_padding):
    return Size([padding, padding - output_padding]) if padding >= output_padding else (padding, padding - output_padding)
