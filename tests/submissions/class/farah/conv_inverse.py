"""CSC321, lecture 8: inverting a convolution."""

from torch import nn


def predict_shapes() -> dict[str, tuple[int, ...]]:
    """TODO."""
    raise NotImplementedError


def conv_output_size(n: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """TODO."""
    raise NotImplementedError


def conv_transpose_output_size(
    n: int, kernel_size: int, stride: int = 1, padding: int = 0, output_padding: int = 0, dilation: int = 1
) -> int:
    """TODO."""
    raise NotImplementedError


def output_padding_for(n: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """TODO."""
    raise NotImplementedError


def sizes_sharing_output(n: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> list[int]:
    """TODO."""
    raise NotImplementedError


def invert(conv: nn.Conv2d, input_size: tuple[int, int]) -> nn.ConvTranspose2d:
    """TODO."""
    raise NotImplementedError


def upsample_by(factor: int, kernel_size: int, in_channels: int, out_channels: int) -> nn.ConvTranspose2d:
    """TODO."""
    raise NotImplementedError


def crop_of(padding: int, output_padding: int) -> tuple[int, int]:
    """TODO."""
    raise NotImplementedError
