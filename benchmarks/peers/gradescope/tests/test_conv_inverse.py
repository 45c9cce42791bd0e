"""The ten checks as unittest with weights, in the style of Gradescope's documentation."""
# ruff: noqa: PT009 - unittest's own assertions are what that style uses

import unittest

import torch
from conv_inverse import conv_output_size, predict_shapes
from gradescope_utils.autograder_utils.decorators import number, visibility, weight
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F


class TestConvInverse(unittest.TestCase):
    @weight(1)
    @number("1")
    def test_conv(self):
        """conv"""
        self.assertEqual(predict_shapes()["conv"], (2, 8, 60, 60))

    @weight(1)
    @number("2")
    def test_conv_back(self):
        """conv back"""
        self.assertEqual(predict_shapes()["conv_back"], (2, 8, 64, 64))

    @weight(1)
    @number("3")
    def test_padded(self):
        """padded"""
        self.assertEqual(predict_shapes()["padded"], (2, 8, 64, 64))

    @weight(1)
    @number("4")
    def test_padded_back(self):
        """padded back"""
        self.assertEqual(predict_shapes()["padded_back"], (2, 8, 64, 64))

    @weight(1)
    @number("5")
    def test_strided(self):
        """strided"""
        self.assertEqual(predict_shapes()["strided"], (2, 8, 30, 30))

    @weight(1)
    @number("6")
    def test_strided_back(self):
        """strided back"""
        self.assertEqual(predict_shapes()["strided_back"], (2, 8, 63, 63))

    @weight(1)
    @number("7")
    def test_strided_back_output_padding(self):
        """strided back output padding"""
        self.assertEqual(predict_shapes()["strided_back_output_padding"], (2, 8, 64, 64))

    @weight(1)
    @number("8")
    @visibility("after_published")
    def test_size_by_hand(self):
        """size by hand"""
        self.assertEqual(conv_output_size(64, kernel_size=5), 60)

    @weight(1)
    @number("9")
    @visibility("after_published")
    def test_dilated_size_by_hand(self):
        """dilated size by hand"""
        self.assertEqual(conv_output_size(28, kernel_size=3, stride=2, padding=1, dilation=2), 13)

    @weight(1)
    @number("10")
    @visibility("after_published")
    @settings(max_examples=50, deadline=None, derandomize=True, database=None)
    @given(
        n=st.integers(16, 48),
        kernel_size=st.integers(1, 5),
        stride=st.integers(1, 4),
        padding=st.integers(0, 4),
        dilation=st.integers(1, 3),
    )
    def test_any_size(self, n, kernel_size, stride, padding, dilation):
        """any size"""
        image, kernel = torch.zeros(1, 1, n, n), torch.zeros(1, 1, kernel_size, kernel_size)
        expected = F.conv2d(image, kernel, stride=stride, padding=padding, dilation=dilation).shape[-1]
        self.assertEqual(conv_output_size(n, kernel_size, stride, padding, dilation), expected)
