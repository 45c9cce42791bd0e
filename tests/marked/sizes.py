"""Sizes of convolutions and the way back, for the tests of Part A: what is drawn, and what is right."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from typing import Any

import torch
import torch.nn.functional as F
from hypothesis import example
from hypothesis import strategies as st

# The plainest value first: hypothesis shrinks towards it.
KERNELS = st.sampled_from([3, 5, 2, 4, 1, 6])
STRIDES = st.sampled_from([2, 1, 3, 4, 5])
LARGER_STRIDES = st.sampled_from([2, 3, 4, 5])
LARGER_DILATIONS = st.sampled_from([2, 3, 4])
PADDINGS = st.integers(0, 4)
BEYOND = st.integers(0, 12)  # pixels beyond the smallest image that the kernel fits into

Settings = dict[str, Any]

Test = Callable[..., None]


def all_small(*choices: Iterable[int]) -> Callable[[Test], Test]:
    """Ask for every combination of small settings, in order, before hypothesis draws larger ones.

    What holds for most settings and breaks for a few (a kernel of 1 with padding, "same" padding) is found for sure.
    """

    def add(test: Test) -> Test:
        for values in reversed(list(itertools.product(*choices))):
            test = example(*values)(test)
        return test

    return add


SMALL_KERNELS, SMALL_STRIDES, SMALL_PADDINGS, SMALL_DILATIONS = (3, 2, 1, 4), (2, 1, 3), (0, 1, 2), (2, 3)


def reach(kernel_size: int, dilation: int = 1) -> int:
    """Return how many pixels a kernel covers."""
    return dilation * (kernel_size - 1) + 1


def smallest_size(kernel_size: int, padding: int = 0, dilation: int = 1) -> int:
    """Return the smallest input size, at least 1, that the kernel fits into."""
    return max(1, reach(kernel_size, dilation) - 2 * padding)


def conv_size(n: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """Return the size that a convolution makes of n, into which the kernel fits."""
    return (n + 2 * padding - reach(kernel_size, dilation)) // stride + 1


def transpose_size(
    n: int, kernel_size: int, stride: int = 1, padding: int = 0, output_padding: int = 0, dilation: int = 1
) -> int:
    """Return the size that a transposed convolution makes of n, whether PyTorch accepts it or not."""
    return (n - 1) * stride + reach(kernel_size, dilation) - 2 * padding + output_padding


def torch_conv_size(n: int, kernel_size: int, **layer: int) -> int:
    """Return the size that PyTorch's convolution makes of n."""
    return F.conv1d(torch.zeros(1, 1, n), torch.zeros(1, 1, kernel_size), **layer).shape[-1]


def torch_transpose_size(n: int, kernel_size: int, **layer: int) -> int:
    """Return the size that PyTorch's transposed convolution makes of n."""
    return F.conv_transpose1d(torch.zeros(1, 1, n), torch.zeros(1, 1, kernel_size), **layer).shape[-1]


def smallest_there_and_back(kernel_size: int, stride: int, padding: int = 0, dilation: int = 1) -> int:
    """Return the smallest size of which there and back, without output_padding, leaves at least one pixel.

    Below it, with much padding, PyTorch refuses to run the way back unless output_padding is right at once. The
    contract does not exclude that corner, but a search through all output_paddings stumbles over it: it is not asked.
    """
    layer = {"kernel_size": kernel_size, "stride": stride, "padding": padding, "dilation": dilation}
    n = smallest_size(kernel_size, padding, dilation)
    while transpose_size(conv_size(n, **layer), **layer) < 1:
        n += 1
    return n


def a_few_sizes(first: int) -> range:
    """Return this size and the next few: more than the largest stride steps over."""
    return range(first, first + 6)


def words(size: int | tuple[int, int], kernel_size: Any, **layer: Any) -> str:
    """Return "kernel 3, stride 2 on 8x9": the settings that differ from the default, then the size."""
    named = {"kernel": kernel_size, **layer}
    defaults = {"stride": 1, "padding": 0, "output_padding": 0, "dilation": 1, "groups": 1, "bias": True}
    said = ", ".join(f"{name} {times(value)}" for name, value in named.items() if not _is(value, defaults.get(name)))
    return f"{said} on {times(size)}"


def _is(value: Any, default: Any) -> bool:
    return value in (default, (default, default))


def times(value: Any) -> str:
    """Return "8x9" of a pair, and the number itself of a number."""
    return "x".join(map(str, value)) if isinstance(value, tuple) else str(value)
