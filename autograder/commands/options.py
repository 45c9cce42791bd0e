"""What several commands take: the course, the roster."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autograder.config import FILE_NAME
from autograder.course import Course
from autograder.errors import UsageError

if TYPE_CHECKING:
    from autograder.intake.roster import RosterEntry

CourseOption = Annotated[
    Path | None, typer.Option("--course", help=f"the course's folder (default: the nearest with a {FILE_NAME})")
]

RosterOption = Annotated[Path | None, typer.Option("--roster", help="a CSV: student, name, email, section, group")]


def course_of(given: Path | None, near: Path) -> Course:
    """The course that was named, or the nearest one around `near` or around the current folder."""
    if given is not None:
        return Course(given)
    for start in (near.resolve(), Path.cwd()):
        for folder in (start, *start.parents):
            if (folder / FILE_NAME).is_file():
                return Course(folder)
    raise UsageError(f"there is no {FILE_NAME} here or above; run from a course's folder, or name it with --course DIR")


def roster_of(roster: Path | None, marks: Path) -> dict[str, RosterEntry]:
    """The roster that is named, of which `marks` then keeps a copy, or else the one that is kept there."""
    from autograder.exports.files import write_atomically
    from autograder.intake.roster import KEPT_AS, read_roster

    kept = marks / KEPT_AS
    if roster is None:
        return read_roster(kept) if kept.is_file() else {}
    people = read_roster(roster)
    write_atomically(kept, roster.read_text(encoding="utf-8-sig"))
    return people
