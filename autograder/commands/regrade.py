"""`autograder regrade`: what a remark request, a changed test or a changed weight does to marks that are there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from autograder.commands.arrivals import show_arrivals
from autograder.commands.deadline import ForceOption, forced_after
from autograder.commands.options import (
    CourseOption,
    JobsOption,
    SandboxChoice,
    SandboxOption,
    cores,
    course_of,
    level_of,
    roster_of,
)
from autograder.commands.report import write_pages
from autograder.config_file import nearest
from autograder.errors import UsageError
from autograder.terminal import ERR, OUT, name_of, show_our_errors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autograder.course import Course
    from autograder.marks.store import Store
    from autograder.records import Submission
    from autograder.regrading import Move

TABLE = "regrade.csv"


def regrade(
    marks: Annotated[Path, typer.Argument(metavar="DIR", help="the folder that `grade --out` wrote")],
    student: Annotated[str, typer.Option("--student", help="run no other student's submission")] = "",
    item: Annotated[str, typer.Option("--item", help="A3, say: run no other item, but of another submission all")] = "",
    submissions: Annotated[
        Path | None, typer.Option("--submissions", help="where the class is (default: where `grade` found it)")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask before marks are written")] = False,
    force: ForceOption = False,
    trainings: Annotated[
        Path | None, typer.Option("--trainings", help="keep what trainings give in this folder, and use it again")
    ] = None,
    jobs: JobsOption = None,
    course: CourseOption = None,
    sandbox_level: SandboxOption = SandboxChoice.AUTO,
) -> None:
    """TAs: run what has changed (a submission, a test), add up anew, show who moves, and ask before it is written."""
    from autograder.grading import Setup, errors_of_ours, write_views
    from autograder.marks.store import open_store
    from autograder.regrading import regrade as run_regrade

    the_course = course_of(course, Path("."))
    config = the_course.config
    items = [each.id for each in config.items]
    if item and item not in items:
        raise UsageError(f"--item {item}: no such item (there are {', '.join(items)})")
    late = forced_after(config, force)
    level = level_of(sandbox_level, config.level)
    people = roster_of(None, marks)
    with open_store(marks, must_exist=True) as store:
        where, found = _found(store, the_course, marks, submissions)
        if student and student not in {each.student for each in found}:
            raise UsageError(f"--student {student}: not in {where}{nearest(student, [each.student for each in found])}")
        asked = [each for each in found if student in ("", each.student)]
        setup = Setup(
            level, jobs or cores(), (marks.resolve(), where.resolve()), str(trainings.resolve()) if trainings else ""
        )
        with ERR.status("looking for what has changed...") as status:
            changes = run_regrade(
                the_course,
                asked,
                store,
                setup,
                item,
                lambda pending: status.update(f"{pending} submissions to run..."),
                lambda who, test: status.update(f"running {name_of(who)}: {test}"),
            )
        _show(changes.moves, marks / TABLE)
        if changes.moves and not yes and not typer.confirm("Write these marks?", err=True):
            OUT.print(f"Nothing was written but {TABLE}.", highlight=False)
            return
        changes.commit(store, setup)
        why = {each.student: f"regraded {late}" for each in asked} if late else {}
        sheets, _ = write_views(store, config, marks, people, why)
        write_pages(store, sheets, the_course, marks, people)
    if ours := errors_of_ours(sheets):
        ERR.print(f"[red]a person has to look first at {name_of(', '.join(ours))}[/]", highlight=False)
        show_our_errors(test.result for sheet in sheets for test in sheet.tests)
        raise typer.Exit(3)


def _found(store: Store, course: Course, marks: Path, given: Path | None) -> tuple[Path, Sequence[Submission]]:
    """Where the class is, and its submissions."""
    from autograder.grading import beside_what_is_known
    from autograder.intake import find_submissions
    from autograder.intake.layouts import Layout

    last = store.class_found()
    if last is None:
        raise UsageError(f"{marks} does not know where its class was; run `autograder grade` once more")
    where, layout = given or Path(last.path), Layout(last.layout)
    arrived = find_submissions(
        where, course.config.modules, course.stub_digests(), marks.resolve(), layout, roster_of(None, marks)
    )
    found = beside_what_is_known(arrived, store)
    show_arrivals(arrived, found)
    return where, found


def _show(moves: Sequence[Move], path: Path) -> None:
    from autograder.exports.files import csv_text, write_atomically

    rows = [
        [move.student, move.what, "" if move.before is None else move.before, move.after, move.why] for move in moves
    ]
    write_atomically(path, csv_text([["student", "item", "from", "to", "why"], *rows]))
    if not moves:
        OUT.print("Nobody moves.")
        return
    table = Table("student", "item", "from", "to", "why")
    for move in moves:
        before = "none" if move.before is None else f"{move.before:g}"
        table.add_row(name_of(move.student), move.what, before, f"{move.after:g}", escape(move.why))
    OUT.print(table)
    OUT.print(f"{len({move.student for move in moves})} students move; the same table is in {path}", highlight=False)
