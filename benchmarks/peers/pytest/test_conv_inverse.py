"""The ten checks as plain pytest."""

import torch
from conv_inverse import conv_output_size, predict_shapes
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F


def test_conv():
    assert predict_shapes()["conv"] == (2, 8, 60, 60)


def test_conv_back():
    assert predict_shapes()["conv_back"] == (2, 8, 64, 64)


def test_padded():
    assert predict_shapes()["padded"] == (2, 8, 64, 64)


def test_padded_back():
    assert predict_shapes()["padded_back"] == (2, 8, 64, 64)


def test_strided():
    assert predict_shapes()["strided"] == (2, 8, 30, 30)


def test_strided_back():
    assert predict_shapes()["strided_back"] == (2, 8, 63, 63)


def test_strided_back_output_padding():
    assert predict_shapes()["strided_back_output_padding"] == (2, 8, 64, 64)


def test_size_by_hand():
    assert conv_output_size(64, kernel_size=5) == 60


def test_dilated_size_by_hand():
    assert conv_output_size(28, kernel_size=3, stride=2, padding=1, dilation=2) == 13


@settings(max_examples=50, deadline=None, derandomize=True, database=None)
@given(
    n=st.integers(16, 48),
    kernel_size=st.integers(1, 5),
    stride=st.integers(1, 4),
    padding=st.integers(0, 4),
    dilation=st.integers(1, 3),
)
def test_any_size(n, kernel_size, stride, padding, dilation):
    image, kernel = torch.zeros(1, 1, n, n), torch.zeros(1, 1, kernel_size, kernel_size)
    expected = F.conv2d(image, kernel, stride=stride, padding=padding, dilation=dilation).shape[-1]
    assert conv_output_size(n, kernel_size, stride, padding, dilation) == expected
