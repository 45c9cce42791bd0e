"""What several commands take: the course, the roster, the wall, the jobs."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autograder import sandbox
from autograder.config_file import FILE_NAME
from autograder.course import Course
from autograder.errors import SandboxError, UsageError

if TYPE_CHECKING:
    from autograder.intake.roster import RosterEntry


class SandboxChoice(StrEnum):
    """What `--sandbox` takes."""

    AUTO = "auto"
    FULL = "full"
    REDUCED = "reduced"
    NONE = "none"


CourseOption = Annotated[
    Path | None, typer.Option("--course", help=f"the course's folder (default: the nearest with a {FILE_NAME})")
]

RosterOption = Annotated[Path | None, typer.Option("--roster", help="a CSV: student, name, email, section, group")]

SandboxOption = Annotated[
    SandboxChoice, typer.Option("--sandbox", help="the wall to build; none only for code that you trust")
]

JobsOption = Annotated[int | None, typer.Option("--jobs", min=1, help="submissions at a time (default: the cores)")]


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
    """The roster that is named, or else the one that `marks` keeps."""
    from autograder.intake.roster import KEPT_AS, read_roster

    kept = marks / KEPT_AS
    if roster is None:
        return read_roster(kept) if kept.is_file() else {}
    return read_roster(roster)


def keep_roster(roster: Path | None, marks: Path) -> None:
    """Keep a copy of the roster that was named, once all else that was asked for has turned out to be possible."""
    from autograder.exports.files import write_atomically
    from autograder.intake.roster import KEPT_AS

    if roster is not None:
        write_atomically(marks / KEPT_AS, roster.read_text(encoding="utf-8-sig"))


def level_of(choice: SandboxChoice, required: sandbox.Level) -> sandbox.Level:
    """The wall to build: what was asked for if it holds here, else the best there is.

    Raises:
        SandboxError: less holds than the config, or the option, requires.
    """
    if choice is SandboxChoice.NONE:
        return sandbox.Level.NONE
    layers = sandbox.probe()
    holds = sandbox.level_of(layers)
    wanted = required if choice is SandboxChoice.AUTO else sandbox.Level[choice.name]
    if holds < wanted:
        missing = "; ".join(f"{layer.name}: {layer.detail}" for layer in layers if not layer.holds)
        raise SandboxError(
            f"the wall reaches only level {str(holds)!r} here, and {str(wanted)!r} is required ({missing}). "
            "`autograder doctor` says what is missing; --sandbox none grades without a wall, code that you trust only"
        )
    return holds if choice is SandboxChoice.AUTO else wanted


def cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
