import contextlib
import math

import msgspec
import pytest
import torch

from autograder.grader import Failed, expect_score, show_curve, show_images, show_points
from autograder.grader.messages import take_pictures
from autograder.grader.zygote import Event
from autograder.pictures import Curve, Images, Points, Scale
from autograder.records import Outcome, TestResult


@pytest.fixture(autouse=True)
def nothing_left():
    take_pictures()
    yield
    take_pictures()


def test_images_are_kept_as_bytes_in_rows():
    show_images("Both", {"black": torch.zeros(2, 1, 3, 4), "grey": torch.full((2, 1, 3, 4), 0.5)})
    assert take_pictures() == (Images("Both", ("black", "grey"), 2, (3, 4, 1), bytes(24) + bytes([128]) * 24),)
    assert take_pictures() == ()


def test_colours_stand_pixel_by_pixel_and_what_lies_outside_is_clamped():
    show_images("One", {"red": torch.tensor([2.0, -1.0, 0.0]).view(1, 3, 1, 1).expand(1, 3, 1, 2)})
    [picture] = take_pictures()
    assert (picture.size, picture.pixels) == ((1, 2, 3), bytes([255, 0, 0, 255, 0, 0]))


def test_a_shorter_row_ends_in_white():
    show_images("Two", {"two": torch.zeros(2, 1, 1, 1), "none": torch.zeros(0, 1, 1, 1)})
    [picture] = take_pictures()
    assert (picture.columns, picture.pixels) == (2, bytes([0, 0, 255, 255]))


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_not_shown(value):
    show_images("No", {"row": torch.full((1, 1, 2, 2), value)})
    show_curve("No curve", [1.0, value], of="loss")
    show_points("No points", torch.full((1, 2), value), ["a"])
    with pytest.raises(Failed):
        expect_score(value, none=0.0, full=1.0, of="the score")
    assert take_pictures() == ()


@pytest.mark.parametrize(
    "rows",
    [
        {"rows": torch.zeros(1, 28, 28)},
        {"rows": torch.zeros(1, 2, 28, 28)},
        {"rows": torch.zeros(0, 1, 28, 28)},
        {"rows": torch.zeros(1, 1, 513, 512)},
    ],
)
def test_no_images_or_too_many_are_a_mistake_of_the_test(rows):
    with pytest.raises(ValueError, match="Wrong"):
        show_images("Wrong", rows)


def test_too_many_numbers_are_a_mistake_of_the_test():
    with pytest.raises(ValueError, match="2001 numbers"):
        show_curve("Wrong", [0.0] * 2001, of="loss")
    with pytest.raises(ValueError, match="2 labels"):
        show_points("Wrong", torch.zeros(3, 2), [1, 2])


def test_one_title_is_one_picture():
    for loss in (1.0, 2.0):
        show_curve("Loss", [loss], of="mean loss")
    assert take_pictures() == (Curve("Loss", "epoch", "mean loss", (2.0,)),)


@pytest.mark.parametrize("score", [0.2, 0.5, 0.9])
def test_a_score_is_shown_beside_its_bounds_whatever_it_earns(score):
    with contextlib.suppress(Failed):
        expect_score(score, none=0.3, full=0.8, of="the score of it,", beside={"chance": 0.1})
    assert take_pictures() == (Scale("the score of it", score, 0.3, 0.8, {"chance": 0.1}),)


def test_pictures_cross_from_the_zygote_to_the_pool_as_they_are():
    show_images("Images", {"row": torch.rand(2, 3, 4, 5)})
    show_curve("Curve", [1.0, 0.5], of="loss")
    show_points("Points", torch.tensor([[0.0, 1.0]]), [7])
    result = TestResult("test_it", Outcome.PASSED, pictures=take_pictures())
    line = msgspec.json.encode(Event(result=result))
    assert msgspec.convert(msgspec.json.decode(line)["result"], TestResult) == result
    assert isinstance(result.pictures[2], Points)
