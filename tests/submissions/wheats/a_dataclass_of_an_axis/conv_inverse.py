"""Part A - inverting a convolution.

All arithmetic lives in one small frozen dataclass describing *one spatial axis* of a convolution.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, List, Tuple

import torch
from torch import nn

Shape = Tuple[int, ...]


@dataclass(frozen=True)
class Axis:
    kernel: int
    stride: int = 1
    padding: int = 0
    dilation: int = 1

    @property
    def extent(self) -> int:
        """Size of the kernel once it has been dilated."""
        return self.dilation * (self.kernel - 1) + 1

    @property
    def slack(self) -> int:
        return self.extent - 2 * self.padding

    def fits(self, n: int) -> bool:
        return n >= self.slack

    def forward(self, n: int) -> int:
        if not self.fits(n):
            raise ValueError(
                f"a kernel of extent {self.extent} does not fit into {n} + 2*{self.padding}")
        return (n - self.slack) // self.stride + 1

    def backward(self, m: int, output_padding: int = 0) -> int:
        if output_padding >= max(self.stride, self.dilation):
            raise ValueError("output_padding must be smaller than stride or dilation")
        size = (m - 1) * self.stride + self.slack + output_padding
        if size < 1:
            raise ValueError(f"the output would have size {size}")
        return size

    def remainder(self, n: int) -> int:
        if not self.fits(n):
            raise ValueError("kernel does not fit")
        return (n - self.slack) % self.stride

    def preimage(self, m: int) -> range:
        first = (m - 1) * self.stride + self.slack
        return range(max(first, 1), first + self.stride)


def predict_shapes() -> Dict[str, Shape]:
    n, c, h, w = 2, 8, 64, 64
    plain, padded, strided = Axis(5), Axis(5, padding=2), Axis(5, stride=2)

    def s(size: int) -> Shape:
        return (n, c, size, size)

    return {
        "conv": s(plain.forward(h)),
        "conv_back": s(plain.backward(plain.forward(h))),
        "padded": s(padded.forward(h)),
        "padded_back": s(padded.backward(padded.forward(h))),
        "strided": s(strided.forward(h)),
        "strided_back": s(strided.backward(strided.forward(h))),
        "strided_back_output_padding": s(strided.backward(strided.forward(h), 1)),
    }


def conv_output_size(n: int, kernel_size: int, stride: int = 1, padding: int = 0,
                     dilation: int = 1) -> int:
    return Axis(kernel_size, stride, padding, dilation).forward(n)


def conv_transpose_output_size(n: int, kernel_size: int, stride: int = 1, padding: int = 0,
                               output_padding: int = 0, dilation: int = 1) -> int:
    return Axis(kernel_size, stride, padding, dilation).backward(n, output_padding)


def output_padding_for(n: int, kernel_size: int, stride: int = 1, padding: int = 0,
                       dilation: int = 1) -> int:
    return Axis(kernel_size, stride, padding, dilation).remainder(n)


def sizes_sharing_output(n: int, kernel_size: int, stride: int = 1, padding: int = 0,
                         dilation: int = 1) -> List[int]:
    axis = Axis(kernel_size, stride, padding, dilation)
    return list(axis.preimage(axis.forward(n)))


def invert(conv: nn.Conv2d, input_size: Tuple[int, int]) -> nn.ConvTranspose2d:
    axes = [Axis(*params) for params in
            zip(conv.kernel_size, conv.stride, conv.padding, conv.dilation)]
    output_padding = tuple(axis.remainder(n) for axis, n in zip(axes, input_size))
    return nn.ConvTranspose2d(
        in_channels=conv.out_channels,
        out_channels=conv.in_channels,
        kernel_size=conv.kernel_size,
        stride=conv.stride,
        padding=conv.padding,
        output_padding=output_padding,
        groups=conv.groups,
        bias=conv.bias is not None,
        dilation=conv.dilation,
        device=conv.weight.device,
        dtype=conv.weight.dtype,
    )


def upsample_by(factor: int, kernel_size: int, in_channels: int,
                out_channels: int) -> nn.ConvTranspose2d:
    # (n-1)*f - 2p + k + op == n*f   <=>   k + op - f == 2p,  0 <= op < f
    gap = kernel_size - factor
    if gap <= 0:
        padding, output_padding = 0, -gap
    else:
        padding = (gap + 1) // 2
        output_padding = 2 * padding - gap
    if output_padding >= factor:
        raise ValueError(f"factor {factor} with kernel {kernel_size} is impossible")
    return nn.ConvTranspose2d(in_channels, out_channels, kernel_size, stride=factor,
                              padding=padding, output_padding=output_padding)


def crop_of(padding: int, output_padding: int) -> Tuple[int, int]:
    return padding, padding - output_padding
