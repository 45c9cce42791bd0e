# Heavily typed: Union, Optional, aliases and overloads; accepts ints or pairs inside.
from typing import Dict, List, Optional, Tuple, Union, cast

import torch
import torch.nn as nn

Pair = Tuple[int, int]
IntOrPair = Union[int, Pair]
Shape = Tuple[int, ...]


def _pair(value: IntOrPair) -> Pair:
    return (value, value) if isinstance(value, int) else cast(Pair, tuple(value))


def predict_shapes() -> Dict[str, Shape]:
    def square(n: int) -> Shape:
        return (2, 8) + (n,) * 2

    result: Dict[str, Shape] = {}
    result["conv"], result["conv_back"] = square(64 - 5 + 1), square(60 + 5 - 1)
    result["padded"], result["padded_back"] = square(64), square(64)
    result["strided"] = square((64 - 5) // 2 + 1)
    result["strided_back"] = square((30 - 1) * 2 + 5)
    result["strided_back_output_padding"] = square((30 - 1) * 2 + 5 + 1)
    return result


def _maybe_size(n: int, k: int, s: int, p: int, d: int) -> Optional[int]:
    room: int = n + 2 * p - (d * (k - 1) + 1)
    return None if room < 0 else room // s + 1


def conv_output_size(n: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    size: Optional[int] = _maybe_size(n, kernel_size, stride, padding, dilation)
    if size is None:
        raise ValueError("kernel_size is larger than the padded input")
    return size


def conv_transpose_output_size(
    n: int, kernel_size: int, stride: int = 1, padding: int = 0, output_padding: int = 0, dilation: int = 1
) -> int:
    if output_padding >= max(stride, dilation):
        raise ValueError("output_padding")
    if (size := (n - 1) * stride - 2 * padding + dilation * (kernel_size - 1) + output_padding + 1) < 1:
        raise ValueError("size")
    return size


def output_padding_for(n: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    return (n + 2 * padding - (dilation * (kernel_size - 1) + 1)) % stride


def sizes_sharing_output(n: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> List[int]:
    target: Optional[int] = _maybe_size(n, kernel_size, stride, padding, dilation)
    return [m for m in range(1, n + stride) if _maybe_size(m, kernel_size, stride, padding, dilation) == target]


def invert(conv: nn.Conv2d, input_size: IntOrPair) -> nn.ConvTranspose2d:
    sizes: Pair = _pair(input_size)
    kernel, stride, padding, dilation = map(
        _pair, (conv.kernel_size, conv.stride, cast(IntOrPair, conv.padding), conv.dilation)
    )
    extra: List[int] = [output_padding_for(*one) for one in zip(sizes, kernel, stride, padding, dilation)]
    weight: torch.Tensor = conv.weight
    return nn.ConvTranspose2d(
        in_channels=conv.out_channels, out_channels=conv.in_channels, kernel_size=kernel, stride=stride,
        padding=padding, output_padding=(extra[0], extra[1]), groups=conv.groups, bias=conv.bias is not None,
        dilation=dilation, padding_mode="zeros", device=weight.device, dtype=weight.dtype,
    )


def upsample_by(factor: int, kernel_size: int, in_channels: int, out_channels: int) -> nn.ConvTranspose2d:
    settings: Optional[Pair] = None
    for p in range(kernel_size + 1):
        op = factor - kernel_size + 2 * p
        if 0 <= op < factor:
            settings = (p, op)
            break
    if settings is None:
        raise ValueError("factor=1 needs an odd kernel_size")
    return nn.ConvTranspose2d(in_channels, out_channels, kernel_size, factor, settings[0], settings[1])


def crop_of(padding: int, output_padding: int) -> Pair:
    return (padding, padding - output_padding)
