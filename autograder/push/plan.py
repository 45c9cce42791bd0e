"""What pushing would change: plain records that the command line shows, and each of which can send itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Change:
    """One student's marks that differ there.

    Attributes:
        before: what is there now, by the name of the column or criterion; None for what has no mark yet.
        after: what would be there, by the same names.
        send: does it; raises UploadError.
    """

    student: str
    before: Mapping[str, float | None]
    after: Mapping[str, float]
    send: Callable[[], None]


@dataclass(frozen=True)
class Plan:
    """All that pushing would do.

    Attributes:
        place: the assignment there, as it calls itself.
        changes: one for each student whose marks differ, in the order of the marks.
        agreeing: how many have the right marks already.
        left_out: students who cannot be pushed, and why.
    """

    place: str
    changes: tuple[Change, ...]
    agreeing: int
    left_out: Mapping[str, str]
