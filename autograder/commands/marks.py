"""What TAs do with marks once there are some: export them, decide one by hand, look at what they have been."""

from __future__ import annotations

import getpass
import os
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from autograder.commands.deadline import ForceOption, forced_after
from autograder.commands.options import CourseOption, RosterOption, course_of, keep_roster, roster_of
from autograder.commands.report import write_pages
from autograder.config_file import nearest
from autograder.errors import UsageError
from autograder.exports.format import Format
from autograder.records import Override
from autograder.terminal import ERR, OUT, name_of


def export(
    format: Annotated[Format, typer.Argument(help="whose files to write")],
    marks: Annotated[Path, typer.Argument(metavar="DIR", help="the folder that `grade --out` wrote")],
    course: CourseOption = None,
    roster: RosterOption = None,
) -> None:
    """TAs: write the files that MarkUs, Quercus, Gradescope, GitHub or a CI system reads, into DIR/export."""
    from autograder.exports import quercus
    from autograder.exports.each import exported
    from autograder.exports.files import write_atomically
    from autograder.grading import hidden_of, settled_sheets
    from autograder.marks.store import open_store

    config = course_of(course, Path(".")).config
    people = roster_of(roster, marks)
    with open_store(marks, must_exist=True) as store:
        sheets, hidden = settled_sheets(store, config, marks), hidden_of(store, config)
    folder = marks / "export" / format
    files = exported(format, sheets, config, people, hidden)
    keep_roster(roster, marks)
    for name, text in files.items():
        write_atomically(folder / name, text)
    OUT.print(f"{len(files)} files of {len(sheets)} students in {folder}", highlight=False)
    unknown = [sheet.student for sheet in sheets if people and sheet.student not in people]
    if unknown:
        left_out = ", and left out" if format is Format.QUERCUS else ""
        ERR.print(
            f"[yellow]not in the roster{left_out}: {name_of(', '.join(unknown))}[/]; add them to it if they belong to "
            "the class",
            highlight=False,
        )
    elif format is Format.QUERCUS and (
        nobodys := [sheet.student for sheet in sheets if quercus.left_out(sheet, people)]
    ):
        ERR.print(
            f"[yellow]left out, for their files' names do not say for certain whose they are: "
            f"{name_of(', '.join(nobodys))}[/]; grade again with --roster, or enter their marks by hand",
            highlight=False,
        )
    if ours := [sheet.student for sheet in sheets if sheet.status == "grader_error"]:
        ERR.print(f"[red]a person has to look first at {name_of(', '.join(ours))}[/]", highlight=False)
        raise typer.Exit(3)


def override(
    marks: Annotated[Path, typer.Argument(metavar="DIR", help="the folder that `grade --out` wrote")],
    student: Annotated[str, typer.Option("--student")],
    item: Annotated[str, typer.Option("--item", help="A3, say")],
    new: Annotated[float, typer.Option("--marks", help="what the item earns, whatever the tests say")],
    reason: Annotated[str, typer.Option("--reason", help="shown wherever the mark is")],
    force: ForceOption = False,
    course: CourseOption = None,
) -> None:
    """TAs: decide an item by hand; no later grading loses it."""
    from autograder.grading import settled_sheets, write_views
    from autograder.marks.store import open_store

    the_course = course_of(course, Path("."))
    config = the_course.config
    full = {each.id: each.marks for each in config.items}
    if item not in full:
        raise UsageError(f"--item {item}: no such item (there are {', '.join(full)})")
    if not 0 <= new <= full[item]:
        raise UsageError(f"--marks {new:g}: {item} earns from 0 to {full[item]:g}")
    if not reason.strip():
        raise UsageError("--reason is empty; the student and the next TA will read it")
    late = forced_after(config, force)
    with open_store(marks, must_exist=True) as store:
        before = {sheet.student: sheet for sheet in settled_sheets(store, config, marks)}
        if student not in before:
            raise UsageError(f"--student {student}: not in {marks}{nearest(student, list(before))}")
        decision = Override(student, item, new, " ".join(reason.split()), _user())
        if before[student].decided.get(item) != decision:  # else it is there since a run that could not write all
            store.override(decision)
        why = f"{item}: {new:g} by {decision.by}: {decision.reason}" + f" ({late})" * bool(late)
        people = roster_of(None, marks)
        sheets, _ = write_views(store, config, marks, people, {student: why})
        write_pages(store, sheets, the_course, marks, people)
    [after] = [sheet for sheet in sheets if sheet.student == student]
    OUT.print(
        f"{name_of(student)}: {item} from {before[student].items[item]:g} to {new:g}, "
        f"total from {before[student].total:g} to {after.total:g}",
        highlight=False,
    )


def _user() -> str:
    """Who runs the command; in a container, it may be a number that has no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # the first two: which one depends on the version of Python
        return f"user {os.getuid()}"


def history(
    marks: Annotated[Path, typer.Argument(metavar="DIR", help="the folder that `grade --out` wrote")],
    student: Annotated[str, typer.Option("--student")],
) -> None:
    """TAs: show what a student's marks have been, and why they changed."""
    from autograder.marks.store import open_store

    with open_store(marks, must_exist=True) as store:
        entries = store.history(student)
    if not entries:
        raise UsageError(f"--student {student}: {marks} knows of no such student")
    table = Table("when (UTC)", "total", "out of", "items that changed", "why", title=name_of(student))
    items: dict[str, float] = {}
    for entry in entries:
        changed = [
            f"{item} {items[item]:g} to {now:g}" for item, now in entry.items.items() if items.get(item, now) != now
        ]
        table.add_row(entry.at, f"{entry.total:g}", f"{entry.out_of:g}", ", ".join(changed), escape(entry.why))
        items = entry.items
    OUT.print(table)
