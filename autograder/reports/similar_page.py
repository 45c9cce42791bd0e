"""`similar.html`: code that is alike, side by side, for a person to judge; and `similar.csv`, the same in short."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from autograder.errors import UsageError
from autograder.exports.files import csv_text
from autograder.reports.page import render
from autograder.similarity import ALIKE, Pair

TABLE = "similar.csv"
PAGE = "similar.html"
_SHOWN = 100
_NEARLY_ALL = 0.9


def similar_csv(pairs: Sequence[Pair]) -> str:
    """A row per pair: student, other, and the shares of their own code that are in the other's."""
    rows = [[pair.one.name, pair.other.name, round(pair.one.share, 4), round(pair.other.share, 4)] for pair in pairs]
    return csv_text([["student", "other", "share", "other_share"], *rows])


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


def nearly_the_same(path: Path) -> list[tuple[str, str]]:
    """The pairs of a `similar.csv` that have nearly all code in common; none if there is no such file.

    Raises:
        UsageError: it is another file.
    """
    if not path.exists():
        return []
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            return [
                (row["student"], row["other"])
                for row in csv.DictReader(stream)
                if max(float(row["share"]), float(row["other_share"])) >= _NEARLY_ALL
            ]
    except (OSError, KeyError, TypeError, ValueError, csv.Error):
        raise UsageError(f"{path} is not what `autograder similar` writes; run that again, or take it away") from None
