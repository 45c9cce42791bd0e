"""Public tests: worked examples, which students have and may run as often as they like."""

from typing import Any

from torch import tensor

from autograder.grader import expect_close


def test_a_triangle(student: Any) -> None:
    """Two points that are 3 and 4 apart along the axes are 5 apart."""
    expect_close(student.points.distances(tensor([[0.0, 0.0], [3.0, 4.0]])), tensor([[0.0, 5.0], [5.0, 0.0]]))
