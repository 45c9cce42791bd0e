"""The three hidden checks, in Otter's exception-based format."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from otter.test_files import test_case
from torch.nn import functional as F

OK_FORMAT = False

name = "A2"
points = 3


@test_case(points=1, hidden=True)
def test_size_by_hand(conv_output_size):
    assert conv_output_size(64, kernel_size=5) == 60


@test_case(points=1, hidden=True)
def test_dilated_size_by_hand(conv_output_size):
    assert conv_output_size(28, kernel_size=3, stride=2, padding=1, dilation=2) == 13


@test_case(points=1, hidden=True)
def test_any_size(conv_output_size):
    @settings(max_examples=50, deadline=None, derandomize=True, database=None)
    @given(
        n=st.integers(16, 48),
        kernel_size=st.integers(1, 5),
        stride=st.integers(1, 4),
        padding=st.integers(0, 4),
        dilation=st.integers(1, 3),
    )
    def agrees_with_pytorch(n, kernel_size, stride, padding, dilation):
        image, kernel = torch.zeros(1, 1, n, n), torch.zeros(1, 1, kernel_size, kernel_size)
        expected = F.conv2d(image, kernel, stride=stride, padding=padding, dilation=dilation).shape[-1]
        assert conv_output_size(n, kernel_size, stride, padding, dilation) == expected

    agrees_with_pytorch()
