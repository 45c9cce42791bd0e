"""`similar.csv`: whose code is alike, as `autograder similar` writes it and the class's page reads it."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.errors import UsageError
from autograder.exports.files import csv_text

if TYPE_CHECKING:
    from autograder.similarity import Pair  # slow to import, and copydetect may not be there

TABLE = "similar.csv"
_NEARLY_ALL = 0.9


def similar_csv(pairs: Sequence[Pair]) -> str:
    """A row per pair: student, other, and the shares of their own code that are in the other's."""
    rows = [[pair.one.name, pair.other.name, round(pair.one.share, 4), round(pair.other.share, 4)] for pair in pairs]
    return csv_text([["student", "other", "share", "other_share"], *rows])


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
