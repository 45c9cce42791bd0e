"""`autograder report`: the pages for people, which the commands that change marks write too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import Progress

from autograder.commands.options import CourseOption, RosterOption, course_of, keep_roster, roster_of
from autograder.course import Course
from autograder.terminal import ERR, OUT

if TYPE_CHECKING:
    from autograder.intake.roster import RosterEntry
    from autograder.marks.store import Store
    from autograder.marks.tally import MarkSheet


def report(
    marks: Annotated[Path, typer.Argument(metavar="DIR", help="the folder that `grade --out` wrote")],
    course: CourseOption = None,
    roster: RosterOption = None,
) -> None:
    """TAs: write the class's page and each student's anew, from the marks in DIR."""
    from autograder.grading import settled_sheets
    from autograder.marks.store import open_store

    the_course = course_of(course, Path("."))
    people = roster_of(roster, marks)
    with open_store(marks, must_exist=True) as store:
        sheets = settled_sheets(store, the_course.config, marks)
        keep_roster(roster, marks)
        write_pages(store, sheets, the_course, marks, people)
    OUT.print(f"{marks / 'report.html'}, and {len(sheets)} pages in {marks / 'feedback'}", highlight=False)


def write_pages(
    store: Store,
    sheets: Sequence[MarkSheet],
    course: Course,
    out: Path,
    roster: Mapping[str, RosterEntry],
) -> None:
    """Write all pages behind a progress bar; see `reports.pages`.

    Raises:
        UsageError: a page cannot be written.
        ConfigError: a marked test's file cannot be read.
    """
    from autograder.grading import hidden_of
    from autograder.reports import pages

    with Progress(console=ERR, transient=True) as progress:
        task = progress.add_task("writing pages", total=len(sheets))
        pages.write_pages(
            out,
            sheets,
            course,
            hidden_of(store, course.config),
            roster,
            store.pictures,
            lambda written: progress.update(task, completed=written),
        )
