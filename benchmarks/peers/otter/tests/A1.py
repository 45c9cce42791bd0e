"""The seven public checks, in Otter's exception-based format."""

from otter.test_files import test_case

OK_FORMAT = False

name = "A1"
points = 7


@test_case(points=1)
def test_conv(predict_shapes):
    assert predict_shapes()["conv"] == (2, 8, 60, 60)


@test_case(points=1)
def test_conv_back(predict_shapes):
    assert predict_shapes()["conv_back"] == (2, 8, 64, 64)


@test_case(points=1)
def test_padded(predict_shapes):
    assert predict_shapes()["padded"] == (2, 8, 64, 64)


@test_case(points=1)
def test_padded_back(predict_shapes):
    assert predict_shapes()["padded_back"] == (2, 8, 64, 64)


@test_case(points=1)
def test_strided(predict_shapes):
    assert predict_shapes()["strided"] == (2, 8, 30, 30)


@test_case(points=1)
def test_strided_back(predict_shapes):
    assert predict_shapes()["strided_back"] == (2, 8, 63, 63)


@test_case(points=1)
def test_strided_back_output_padding(predict_shapes):
    assert predict_shapes()["strided_back_output_padding"] == (2, 8, 64, 64)
