"""What `grade` says of a class that has arrived, before it grades it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from rich.markup import escape

from autograder.config_file import nearest
from autograder.exports.feedback import file_stem
from autograder.intake.class_list import MISSING
from autograder.intake.times import read_times
from autograder.records import Submission
from autograder.terminal import ERR, name_of


def with_times(submissions: Sequence[Submission], times: Path) -> list[Submission]:
    """The submissions with when each came in; says which lines of the file are nobody's, and who has no line.

    Raises:
        UsageError: the file cannot be read.
    """
    moments = read_times(times)
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
    return [replace(each, submitted_at=moments.get(each.student, each.submitted_at)) for each in submissions]


def show_renamed(names: Mapping[str, str], out: Path) -> None:
    """Say who has another name than in earlier runs, and take away the files that bear the earlier one."""
    for before, now in names.items():
        ERR.print(f"{name_of(before)} is {name_of(now)} now, and keeps what was graded before", highlight=False)
        stem = file_stem(before)
        for path in (out / "results" / f"{stem}.json", out / "feedback" / f"{stem}.html"):
            path.unlink(missing_ok=True)


def show_arrivals(arrived: Sequence[Submission], found: Sequence[Submission]) -> None:
    """Say which submissions have a problem, and who keeps what was graded before, since they are not there now.

    Args:
        found: the submissions that count, as `grading.beside_what_is_known` has them.
    """
    for submission in found:
        if submission.problem:
            ERR.print(f"[yellow]{name_of(submission.student)}[/]: {escape(submission.problem)}", highlight=False)
    counted = {each.student for each in found}
    if gone := [each.student for each in arrived if each.student not in counted]:
        ERR.print(
            f"[yellow]not there now, and keep what was graded before: {name_of(', '.join(gone))}[/]", highlight=False
        )
