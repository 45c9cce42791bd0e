"""Heavily typed: NamedTuple for one axis, Enum for the direction, Protocol for the layers, TypeAlias and Final."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, unique
from typing import Final, NamedTuple, Protocol, TypeAlias, cast

import torch
from torch import nn

Shape: TypeAlias = tuple[int, ...]
Pair: TypeAlias = tuple[int, int]

BATCH: Final = 2
CHANNELS: Final = 8
SIDE: Final = 64
KERNEL: Final = 5


class HasSettings(Protocol):
    """What a convolution tells of itself."""

    kernel_size: tuple[int, ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]


@unique
class Direction(Enum):
    """Which way a layer goes along an axis."""

    SHRINK = "convolution"
    GROW = "transposed convolution"


class Axis(NamedTuple):
    """The settings of a layer along one dimension."""

    kernel: int
    stride: int = 1
    padding: int = 0
    dilation: int = 1

    @property
    def reach(self) -> int:
        """How many pixels the dilated kernel covers."""
        return self.dilation * (self.kernel - 1) + 1

    def free(self, n: int) -> int:
        """How far the kernel can move in n pixels; negative where it does not fit."""
        return n + 2 * self.padding - self.reach

    def size(self, n: int, direction: Direction, extra: int = 0) -> int:
        """The size after the layer. What is impossible is not checked here."""
        match direction:
            case Direction.SHRINK:
                return self.free(n) // self.stride + 1
            case Direction.GROW:
                return self.stride * (n - 1) + self.reach - 2 * self.padding + extra


class Trip(NamedTuple):
    """There and back."""

    axis: Axis
    start: int

    @property
    def remainder(self) -> int:
        """What the rounding throws away."""
        return self.axis.free(self.start) % self.axis.stride


def _axes(layer: HasSettings, padding: Pair) -> Iterator[Axis]:
    for kernel, stride, pad, dilation in zip(layer.kernel_size, layer.stride, padding, layer.dilation, strict=True):
        yield Axis(kernel, stride, pad, dilation)


def _square(side: int) -> Shape:
    return (BATCH, CHANNELS, side, side)


def predict_shapes() -> dict[str, Shape]:
    """A1."""
    answer: dict[str, Shape] = {}
    for name, axis in {
        "conv": Axis(KERNEL),
        "padded": Axis(KERNEL, padding=2),
        "strided": Axis(KERNEL, stride=2),
    }.items():
        small = axis.size(SIDE, Direction.SHRINK)
        answer[name] = _square(small)
        answer[f"{name}_back"] = _square(axis.size(small, Direction.GROW))
        if axis.stride > 1:
            answer[f"{name}_back_output_padding"] = _square(axis.size(small, Direction.GROW, extra=1))
    return answer


def conv_output_size(n: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """A2."""
    axis = Axis(kernel_size, stride, padding, dilation)
    if axis.free(n) < 0:
        raise ValueError(f"{axis} does not fit into {n} pixels")
    return axis.size(n, Direction.SHRINK)


def conv_transpose_output_size(
    n: int, kernel_size: int, stride: int = 1, padding: int = 0, output_padding: int = 0, dilation: int = 1
) -> int:
    """A3."""
    axis = Axis(kernel_size, stride, padding, dilation)
    if not output_padding < max(axis.stride, axis.dilation):
        raise ValueError(f"output_padding={output_padding} is refused for {axis}")
    if (size := axis.size(n, Direction.GROW, output_padding)) < 1:
        raise ValueError(f"{axis} leaves {size} pixels of {n}")
    return size


def output_padding_for(n: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """A4."""
    return Trip(Axis(kernel_size, stride, padding, dilation), n).remainder


def sizes_sharing_output(n: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> list[int]:
    """A5."""
    first = n - output_padding_for(n, kernel_size, stride, padding, dilation)
    return [size for size in range(first, first + stride) if size >= 1]


def invert(conv: nn.Conv2d, input_size: Pair) -> nn.ConvTranspose2d:
    """A6."""
    padding = cast(Pair, conv.padding)
    extra = cast(Pair, tuple(Trip(a, n).remainder for a, n in zip(_axes(conv, padding), input_size, strict=True)))
    weight: torch.Tensor = conv.weight
    return nn.ConvTranspose2d(
        conv.out_channels,
        conv.in_channels,
        cast(Pair, conv.kernel_size),
        stride=cast(Pair, conv.stride),
        padding=padding,
        output_padding=extra,
        groups=conv.groups,
        bias=isinstance(conv.bias, nn.Parameter),
        dilation=cast(Pair, conv.dilation),
        device=weight.device,
        dtype=weight.dtype,
    )


def upsample_by(factor: int, kernel_size: int, in_channels: int, out_channels: int) -> nn.ConvTranspose2d:
    """A7: 2 * padding - output_padding has to be kernel_size - factor."""
    surplus = kernel_size - factor
    padding = max(0, -(-surplus // 2))
    extra = 2 * padding - surplus
    if extra >= factor:
        raise ValueError(f"no padding makes a kernel of {kernel_size} enlarge by {factor}")
    return nn.ConvTranspose2d(
        in_channels, out_channels, kernel_size, stride=factor, padding=padding, output_padding=extra
    )


class Crop(NamedTuple):
    """Rows removed from either side."""

    front: int
    back: int


def crop_of(padding: int, output_padding: int) -> Pair:
    """A8."""
    return Crop(front=padding, back=padding - output_padding)
