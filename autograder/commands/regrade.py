"""`autograder regrade`: what a remark request, a changed test or a changed weight does to marks that are there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from autograder.commands.arrivals import kept_times, show_arrivals, with_times
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
from autograder.commands.places import submissions_of
from autograder.commands.report import write_pages
from autograder.config_file import nearest
from autograder.errors import UsageError
from autograder.terminal import ERR, OUT, name_of, show_our_errors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autograder.regrading import Move

TABLE = "regrade.csv"


def regrade(
    marks: Annotated[Path, typer.Argument(metavar="DIR", help="the folder that `grade --out` wrote")],
    student: Annotated[str, typer.Option("--student", help="run no other student's submission")] = "",
    item: Annotated[str, typer.Option("--item", help="A3, say: run no other item, but of another submission all")] = "",
    submissions: Annotated[
        Path | None, typer.Option("--submissions", help="look there alone (default: where `grade` found the class)")
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
    from autograder.grading import Setup, beside_what_is_known, errors_of_ours, write_views
    from autograder.intake.layouts import Layout
    from autograder.marks.store import open_store
    from autograder.records import ClassFound
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
        places, arrived = submissions_of(the_course, store, marks, people, submissions)
        found = beside_what_is_known(with_times(arrived, kept_times(marks)), store)
        show_arrivals(arrived, found)
        names = [each.student for each in found]
        if student and student not in names:
            where = " and ".join(map(str, places))
            raise UsageError(f"--student {student}: not in {where}{nearest(student, names)}")
        asked = [each for each in found if student in ("", each.student)]
        hidden = (marks.resolve(), *(place.resolve() for place in places))
        setup = Setup(level, jobs or cores(), hidden, str(trainings.resolve()) if trainings else "")
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
        if changes.moves and not yes and not _agreed():
            OUT.print(f"Nothing was written but {TABLE}.", highlight=False)
            return
        if submissions is not None:  # first, or a kill between the two would let the earlier files come back
            known = store.classes_found()
            here = ClassFound(str(submissions.resolve()), Layout.AUTO, known[-1].feedback)
            layout = next((each.layout for each in known if each.path == here.path), here.layout)
            store.note_class(replace(here, layout=layout))
        changes.commit(store, setup)
        whose = {move.student for move in changes.moves} | ({student} if student else set())
        why = dict.fromkeys(whose, f"regraded {late}") if late else {}
        sheets, _ = write_views(store, config, marks, people, why)
        write_pages(store, sheets, the_course, marks, people)
    if ours := errors_of_ours(sheets):
        ERR.print(f"[red]a person has to look first at {name_of(', '.join(ours))}[/]", highlight=False)
        show_our_errors(test.result for sheet in sheets for test in sheet.tests)
        raise typer.Exit(3)


def _agreed() -> bool:
    try:
        return typer.confirm("Write these marks?", err=True)
    except typer.Abort:
        raise UsageError(f"nobody answered; nothing was written but {TABLE} (--yes writes without asking)") from None


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
