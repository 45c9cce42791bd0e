"""`similar.html`: code that is alike, side by side, for a person to judge."""

from __future__ import annotations

from collections.abc import Sequence

from autograder.exports.similar import TABLE
from autograder.reports.page import render
from autograder.similarity import ALIKE, Pair

PAGE = "similar.html"
_SHOWN = 100


def similar_html(pairs: Sequence[Pair], course: str, compared: int) -> str:
    """The page. It is for those who teach: it shows students' code to nobody else.

    Args:
        compared: how many submissions of the class were looked at.
    """
    return render(
        "similar.html",
        course=course,
        pairs=pairs[:_SHOWN],
        count=len(pairs),
        compared=compared,
        alike=ALIKE,
        table=TABLE,
    )
