"""Hidden tests: the same functions, asked about settings that students cannot know beforehand."""

import math
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from torch import tensor

from autograder.grader import expect_close

_COORDINATES = st.integers(-9, 9).map(float)


@st.composite
def _points(draw: st.DrawFn) -> list[list[float]]:
    dimensions = draw(st.integers(1, 4))
    point = st.lists(_COORDINATES, min_size=dimensions, max_size=dimensions)
    return draw(st.lists(point, min_size=1, max_size=5))


@given(points=_points())
def test_any_points(student: Any, points: list[list[float]]) -> None:
    """Each distance is the square root of the sum of squared differences."""
    expected = [[math.dist(one, other) for other in points] for one in points]
    expect_close(student.points.distances(tensor(points)), tensor(expected))
