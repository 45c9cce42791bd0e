"""The checks that students have: the lecture's seven snippets."""

from autograder.grader import expect_equal


def test_conv(student):
    expect_equal(student.conv_inverse.predict_shapes()["conv"], (2, 8, 60, 60))


def test_conv_back(student):
    expect_equal(student.conv_inverse.predict_shapes()["conv_back"], (2, 8, 64, 64))


def test_padded(student):
    expect_equal(student.conv_inverse.predict_shapes()["padded"], (2, 8, 64, 64))


def test_padded_back(student):
    expect_equal(student.conv_inverse.predict_shapes()["padded_back"], (2, 8, 64, 64))


def test_strided(student):
    expect_equal(student.conv_inverse.predict_shapes()["strided"], (2, 8, 30, 30))


def test_strided_back(student):
    expect_equal(student.conv_inverse.predict_shapes()["strided_back"], (2, 8, 63, 63))


def test_strided_back_output_padding(student):
    expect_equal(student.conv_inverse.predict_shapes()["strided_back_output_padding"], (2, 8, 64, 64))
