import base64
import io
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from autograder.pictures import Curve, Images, Points, Scale
from autograder.reports.drawing import CURVE_HEIGHT, POINTS_HEIGHT, WIDTH, glyphs, line, places, strips

finite = st.floats(-1e6, 1e6)


def image_of(strip):
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(strip.source.removeprefix("data:image/png;base64,")))))


@pytest.mark.parametrize("channels", [1, 3])
def test_a_strip_holds_its_images_side_by_side(channels):
    pixels = np.arange(2 * 3 * 4 * 5 * channels, dtype=np.uint8).reshape(2, 3, 4, 5, channels)
    made = strips(Images("Both", ("one", "two"), 3, (4, 5, channels), pixels.tobytes()))
    assert [each.alternative for each in made] == ["one: 3 images side by side", "two: 3 images side by side"]
    for row, strip in zip(pixels, made, strict=True):
        shown = image_of(strip).reshape(strip.height, strip.width, channels)
        for column, image in enumerate(row):
            left = 1 + column * 6
            assert (shown[1:5, left : left + 5] == image).all()


@given(st.lists(finite, min_size=1, max_size=50))
def test_a_curve_stays_in_its_frame_and_larger_is_higher(values):
    drawn = line(Curve("Loss", "epoch", "mean loss", tuple(values)))
    assert all(0 <= x <= WIDTH and 0 <= y <= CURVE_HEIGHT for x, y in drawn.dots)
    heights = [y for _, y in drawn.dots]
    assert heights[values.index(max(values))] == min(heights)
    assert len(drawn.across) <= 10


def test_a_curve_says_where_it_begins_and_ends():
    assert line(Curve("Loss", "epoch", "mean loss", (1.0, 0.25))).alternative == (
        "mean loss: 1 in epoch 1, 0.25 in epoch 2"
    )


@given(st.lists(st.tuples(finite, finite), min_size=1, max_size=30))
def test_points_stay_in_their_frame(points):
    drawn = glyphs(Points("Points", tuple(points), tuple("0123456789"[index % 10] for index in range(len(points)))))
    assert all(0 <= each.x <= WIDTH and 0 <= each.y <= POINTS_HEIGHT for each in drawn)
    assert [each.text for each in drawn] == [str(index % 10) for index in range(len(points))]


def test_ten_labels_have_ten_colours():
    points = Points("Points", tuple((float(n), 0.0) for n in range(10)), tuple("9876543210"))
    assert len({each.colour for each in glyphs(points)}) == 10


@pytest.mark.parametrize(("none", "full"), [(0.0, 1.0), (1.0, 0.0)])
def test_better_is_further_right_whichever_bound_is_larger(none, full):
    found = places(Scale("the score", 0.7, none, full, {"beside": 0.2}))
    assert {"full marks from": 100, "no marks at": 0}.items() <= {each.name: each.at for each in found}.items()
    [own] = [each for each in found if each.own]
    assert own.at == (70 if full == 1 else 30)
    assert [each.at for each in found] == sorted((each.at for each in found), reverse=True)


@given(finite, finite.filter(lambda bound: bound != 0), st.dictionaries(st.text(max_size=5), finite, max_size=4))
def test_everything_lies_on_the_scale(score, full, beside):
    for each in places(Scale("the score", score, 0.0, full, beside)):
        assert 0 <= each.at <= 100
        assert math.isfinite(each.score)
