# One dataclass per dimension holds the settings; the public functions only build it.
from __future__ import annotations

from dataclasses import dataclass, replace

from torch import nn


@dataclass(frozen=True, slots=True)
class Axis:
    kernel_size: int
    stride: int = 1
    padding: int = 0
    dilation: int = 1
    output_padding: int = 0

    @property
    def reach(self) -> int:
        return self.dilation * (self.kernel_size - 1) + 1

    def fits(self, n: int) -> bool:
        return self.reach <= n + 2 * self.padding

    def down(self, n: int) -> int:
        if not self.fits(n):
            raise ValueError(f"{self} does not fit into {n}")
        return 1 + (n + 2 * self.padding - self.reach) // self.stride

    def up(self, n: int) -> int:
        size = (n - 1) * self.stride + self.reach - 2 * self.padding + self.output_padding
        if size < 1 or self.output_padding >= max(self.stride, self.dilation):
            raise ValueError(f"{self} is refused for {n}")
        return size

    def closing(self, n: int) -> Axis:
        """The same settings with the output_padding that leads back to n."""
        return replace(self, output_padding=(n + 2 * self.padding - self.reach) % self.stride)


def axes_of(conv: nn.Conv2d) -> list[Axis]:
    return [Axis(*values) for values in zip(conv.kernel_size, conv.stride, conv.padding, conv.dilation, strict=True)]


def predict_shapes() -> dict[str, tuple[int, ...]]:
    snippets = {"conv": Axis(5), "padded": Axis(5, padding=2), "strided": Axis(5, stride=2)}
    sizes = {}
    for name, axis in snippets.items():
        sizes[name] = axis.down(64)
        sizes[f"{name}_back"] = axis.up(sizes[name])
    sizes["strided_back_output_padding"] = replace(snippets["strided"], output_padding=1).up(sizes["strided"])
    return {name: (2, 8, size, size) for name, size in sizes.items()}


def conv_output_size(n: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    return Axis(kernel_size, stride, padding, dilation).down(n)


def conv_transpose_output_size(
    n: int, kernel_size: int, stride: int = 1, padding: int = 0, output_padding: int = 0, dilation: int = 1
) -> int:
    return Axis(kernel_size, stride, padding, dilation, output_padding).up(n)


def output_padding_for(n: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    return Axis(kernel_size, stride, padding, dilation).closing(n).output_padding


def sizes_sharing_output(n: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> list[int]:
    axis = Axis(kernel_size, stride, padding, dilation)
    near = range(max(1, n - stride + 1), n + stride)
    return [m for m in near if axis.fits(m) and axis.down(m) == axis.down(n)]


def invert(conv: nn.Conv2d, input_size: tuple[int, int]) -> nn.ConvTranspose2d:
    axes = [axis.closing(n) for axis, n in zip(axes_of(conv), input_size, strict=True)]
    fields = {
        name: tuple(getattr(axis, name) for axis in axes)
        for name in ("kernel_size", "stride", "padding", "dilation", "output_padding")
    }
    return nn.ConvTranspose2d(
        conv.out_channels,
        conv.in_channels,
        groups=conv.groups,
        bias=conv.bias is not None,
        device=conv.weight.device,
        dtype=conv.weight.dtype,
        **fields,
    )


def upsample_by(factor: int, kernel_size: int, in_channels: int, out_channels: int) -> nn.ConvTranspose2d:
    for padding in range(kernel_size):
        for output_padding in range(factor):
            axis = Axis(kernel_size, factor, padding, output_padding=output_padding)
            try:
                if axis.up(1) == factor:
                    return nn.ConvTranspose2d(
                        in_channels, out_channels, kernel_size, factor, axis.padding, axis.output_padding
                    )
            except ValueError:
                continue
    raise ValueError("no padding maps every size to factor times itself")


def crop_of(padding: int, output_padding: int) -> tuple[int, int]:
    return padding, padding - output_padding
