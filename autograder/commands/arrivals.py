"""What `grade` says of a class that has arrived, before it grades it."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from rich.markup import escape

from autograder.config import LatePolicy
from autograder.config_file import nearest
from autograder.exports.feedback import file_stem
from autograder.exports.files import write_atomically
from autograder.intake.class_list import MISSING, STRANGER
from autograder.intake.times import COLUMNS, KEPT_AS, read_times
from autograder.records import Submission
from autograder.terminal import ERR, name_of


def with_times(submissions: Sequence[Submission], moments: Mapping[str, str]) -> list[Submission]:
    """The submissions with when each came in, where `moments` says it."""
    return [replace(each, submitted_at=moments.get(each.student, each.submitted_at)) for each in submissions]


def kept_times(marks: Path) -> dict[str, str]:
    """What `--times` has said so far; a person's word stands until there is another."""
    kept = marks / KEPT_AS
    return read_times(kept) if kept.is_file() else {}


def keep_times(moments: Mapping[str, str], marks: Path) -> None:
    """Keep them for the commands that come next."""
    if moments:
        stream = io.StringIO()
        csv.writer(stream, lineterminator="\n").writerows([COLUMNS, *sorted(moments.items())])
        write_atomically(marks / KEPT_AS, stream.getvalue())


def show_times(submissions: Sequence[Submission], moments: Mapping[str, str], times: Path) -> None:
    """Say which lines of the file are nobody's, and who has no line."""
    students = [each.student for each in submissions]
    for stranger in sorted(moments.keys() - set(students)):
        ERR.print(
            f"[yellow]{times}: no submission of {name_of(stranger)}[/]{escape(nearest(stranger, students))}; "
            "that line counts for nobody",
            highlight=False,
        )
    silent = [each.student for each in submissions if each.student not in moments and MISSING not in each.flags]
    if silent:
        ERR.print(f"[yellow]{times} says no time of {name_of(', '.join(silent))}[/]", highlight=False)


def show_untimed(submissions: Sequence[Submission], policy: LatePolicy) -> None:
    """Say of whom nobody knows when they handed in, where that costs marks."""
    untimed = [each.student for each in submissions if not each.submitted_at and MISSING not in each.flags]
    if policy.deadline is not None and untimed:
        ERR.print(
            f"[yellow]nobody says when {name_of(', '.join(untimed))} handed in, so nothing is taken off as late; "
            "say it with --times[/]",
            highlight=False,
        )


def show_renamed(names: Mapping[str, Sequence[str]], out: Path) -> None:
    """Say who has another name than in earlier runs, and take away the files that bear the earlier one."""
    for before, now in names.items():
        ERR.print(f"{name_of(before)} is {name_of(', '.join(now))} now, with what was graded before", highlight=False)
        stem = file_stem(before)
        for path in (out / "results" / f"{stem}.json", out / "feedback" / f"{stem}.html"):
            path.unlink(missing_ok=True)


def show_arrivals(arrived: Sequence[Submission], found: Sequence[Submission]) -> None:
    """Say which submissions have a problem or are nobody's, and who keeps what was graded, since they are not there.

    Args:
        found: the submissions that count, as `grading.beside_what_is_known` has them.
    """
    for submission in found:
        if submission.problem:
            ERR.print(f"[yellow]{name_of(submission.student)}[/]: {escape(submission.problem)}", highlight=False)
    if strangers := [each.student for each in found if STRANGER in each.flags]:
        ERR.print(f"[yellow]not in the roster: {name_of(', '.join(strangers))}[/]", highlight=False)
    counted = {each.student for each in found}
    if gone := [each.student for each in arrived if each.student not in counted]:
        ERR.print(
            f"[yellow]not there now, and keep what was graded before: {name_of(', '.join(gone))}[/]", highlight=False
        )
