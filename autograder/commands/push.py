"""`autograder push`: marks into Quercus or MarkUs, after a look at what would change."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from autograder.commands.options import CourseOption, course_of
from autograder.config import Config
from autograder.errors import UploadError, UsageError
from autograder.terminal import ERR, OUT, name_of

if TYPE_CHECKING:
    from autograder.marks.tally import MarkSheet
    from autograder.push.plan import Change, Plan

# So many failures one after the other are no student's matter: the way there is broken.
_FAILURES_IN_A_ROW = 3
_SHOWN = 4


class System(StrEnum):
    """Where marks can be pushed to."""

    QUERCUS = "quercus"
    MARKUS = "markus"


def push(
    system: Annotated[System, typer.Argument(help="where the marks go")],
    marks: Annotated[Path, typer.Argument(metavar="DIR", help="the folder that `grade --out` wrote")],
    course: CourseOption = None,
    send: Annotated[bool, typer.Option("--send", help="do it; without this, only show what would change")] = False,
) -> None:
    """TAs: put marks into Quercus or MarkUs; the address and the token come from the environment.

    QUERCUS_URL and QUERCUS_TOKEN, or MARKUS_URL and MARKUS_TOKEN. What failed, or was not yet sent, is what the next
    run shows.
    """
    from autograder.grading import errors_of_ours, settled_sheets
    from autograder.marks.store import open_store

    config = course_of(course, Path(".")).config
    with open_store(marks, must_exist=True) as store:
        sheets = settled_sheets(store, config, marks)
    plan = _planner(system)(sheets, config)
    table = Table("student", "from", "to", "what changes", title=escape(plan.place))
    for change in plan.changes:
        table.add_row(name_of(change.student), _sum(change.before), _sum(change.after), escape(_differences(change)))
    OUT.print(table)
    for student, reason in plan.left_out.items():
        ERR.print(f"[yellow]left out: {name_of(student)}[/]: {name_of(reason)}", highlight=False)
    failed = _send(plan) if send else {}
    for student, reason in failed.items():
        ERR.print(f"[red]failed: {name_of(student)}[/]: {name_of(reason)}", highlight=False)
    said = f"{len(plan.changes) - len(failed)} changed, {len(failed)} failed" if send else f"{len(plan.changes)} differ"
    OUT.print(f"{said}, {plan.agreeing} agree already, {len(plan.left_out)} left out", highlight=False)
    if failed:
        ERR.print("Run the same command again: it sends what still differs.")
        raise typer.Exit(1)
    if plan.changes and not send:
        OUT.print("Nothing was sent; --send does it.")
    if errors_of_ours(sheets):
        raise typer.Exit(3)


def _planner(system: System) -> Callable[[Sequence[MarkSheet], Config], Plan]:
    try:
        from autograder.push import markus, quercus
    except ModuleNotFoundError as error:
        raise UsageError(f"{error.name} is not installed; pip install 'convolution-autograder[push]'") from None
    return {System.QUERCUS: quercus.plan, System.MARKUS: markus.plan}[system]


def _send(plan: Plan) -> dict[str, str]:
    """Send each change; return who failed, and why."""
    failed: dict[str, str] = {}
    in_a_row = 0
    for change in plan.changes:
        if in_a_row == _FAILURES_IN_A_ROW:
            failed[change.student] = f"not tried, after {_FAILURES_IN_A_ROW} failures in a row"
            continue
        try:
            change.send()
            in_a_row = 0
        except UploadError as error:
            failed[change.student] = str(error)
            in_a_row += 1
    return failed


def _sum(marks: Mapping[str, float | None]) -> str:
    known = [mark for mark in marks.values() if mark is not None]
    return f"{sum(known):g}" if known else "none"


def _differences(change: Change) -> str:
    names = [name for name, mark in change.after.items() if change.before[name] != mark]
    more = f", {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    told = (
        f"{name} {'none' if (now := change.before[name]) is None else f'{now:g}'} to {change.after[name]:g}"
        for name in names[:_SHOWN]
    )
    return ", ".join(told) + more
