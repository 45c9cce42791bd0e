"""`autograder similar`: whose code is alike."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import Progress

from autograder.commands.options import CourseOption, RosterOption, course_of, roster_of
from autograder.intake.layouts import Layout
from autograder.terminal import ERR, OUT, name_of

if TYPE_CHECKING:
    from autograder.intake.roster import RosterEntry

_SHOWN = 20


def similar(
    submissions: Annotated[Path, typer.Argument(help="the class, as `grade` takes it")],
    out: Annotated[Path, typer.Option("--out", help="where similar.html and similar.csv go; where `grade` wrote, say")],
    earlier: Annotated[
        list[Path] | None, typer.Option("--earlier", help="another year's submissions; may be repeated")
    ] = None,
    course: CourseOption = None,
    layout: Annotated[
        Layout, typer.Option("--layout", help="how the class arrived (default: what it looks like)")
    ] = Layout.AUTO,
    roster: RosterOption = None,
) -> None:
    """TAs: show whose code is alike, side by side, the handout's own left out; for a person to judge, never a mark."""
    from autograder.exports.files import write_atomically
    from autograder.exports.similar import TABLE, similar_csv
    from autograder.intake import find_submissions
    from autograder.reports.similar_page import PAGE, similar_html
    from autograder.similarity import code_of, handout_code, pairs

    the_course = course_of(course, Path("."))

    def code_in(folder: Path, arrived: Layout, people: Mapping[str, RosterEntry]) -> dict[str, str]:
        found = find_submissions(
            folder, the_course.config.modules, the_course.stub_digests(), out.resolve(), arrived, people
        )
        # Of a group that handed in together the first stands for all: they are no pairs.
        handed_in = {each.source: each for each in reversed(found) if each.files}
        return {each.student: code_of(each) for each in reversed(handed_in.values())}

    own = code_in(submissions, layout, roster_of(roster, out))
    others = {
        f"{folder}/{student}": code  # as it was named: each year's folder may be called submissions
        for folder in earlier or []
        for student, code in code_in(folder, Layout.AUTO, {}).items()
    }
    with Progress(console=ERR, transient=True) as progress:
        task = progress.add_task("comparing", total=None)
        alike = pairs(
            own,
            others,
            handout_code(the_course),
            lambda count: progress.update(task, total=count),
            lambda: progress.advance(task),
        )
    write_atomically(out / TABLE, similar_csv(alike))
    write_atomically(out / PAGE, similar_html(alike, the_course.config.course, len(own)))
    for pair in alike[:_SHOWN]:
        OUT.print(
            f"{pair.share:4.0%}  {name_of(pair.one.name)} and {name_of(pair.other.name)}",
            highlight=False,
            soft_wrap=True,
        )
    OUT.print(f"{len(alike)} pairs of {len(own)} submissions are alike; side by side in {out / PAGE}", highlight=False)
