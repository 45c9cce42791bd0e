"""The hidden checks: two sizes by hand, and fifty against PyTorch."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from autograder.grader import expect_equal


def test_size_by_hand(student):
    expect_equal(student.conv_inverse.conv_output_size(64, kernel_size=5), 60)


def test_dilated_size_by_hand(student):
    expect_equal(student.conv_inverse.conv_output_size(28, kernel_size=3, stride=2, padding=1, dilation=2), 13)


@settings(max_examples=50)
@given(
    n=st.integers(16, 48),
    kernel_size=st.integers(1, 5),
    stride=st.integers(1, 4),
    padding=st.integers(0, 4),
    dilation=st.integers(1, 3),
)
def test_any_size(student, n, kernel_size, stride, padding, dilation):
    image, kernel = torch.zeros(1, 1, n, n), torch.zeros(1, 1, kernel_size, kernel_size)
    expected = F.conv2d(image, kernel, stride=stride, padding=padding, dilation=dilation).shape[-1]
    expect_equal(student.conv_inverse.conv_output_size(n, kernel_size, stride, padding, dilation), expected)
