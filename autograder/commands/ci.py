"""`autograder ci`: one submission, where a pipeline has it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from autograder.commands.options import SandboxChoice, level_of
from autograder.course import Course
from autograder.exports.format import Pipeline
from autograder.terminal import ERR, name_of, show_our_errors


def ci(
    course: Annotated[Path, typer.Option("--course", help="the course's folder; never one that is found by itself")],
    path: Annotated[Path | None, typer.Argument(help="the student's folder or file (default: here)")] = None,
    system: Annotated[
        Pipeline | None, typer.Option("--system", help="whose result to write (default: that of the system we are in)")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="where results.json or junit.xml goes (default: as the system has it)")
    ] = None,
) -> None:
    """Pipelines: grade one submission in place. Exits with 0 for full marks, 1 for less, 3 if a person must look."""
    from autograder import pipeline

    system = system or pipeline.recognised()
    in_gradescope = system is Pipeline.GRADESCOPE
    path = path or (pipeline.GRADESCOPE / "submission" if in_gradescope else Path("."))
    out = out or (pipeline.GRADESCOPE / "results" if in_gradescope else Path("."))
    the_course = Course(course)
    level = level_of(SandboxChoice.AUTO, the_course.config.level)
    with pipeline.quiet(system, _show):
        submission = pipeline.read(path, the_course)
        for note in (*submission.flags, submission.problem):
            if note:
                ERR.print(f"Note: {name_of(note)}", highlight=False)
        sheet = pipeline.grade_one(the_course, submission, level, (path.resolve(), out.resolve()))
        ERR.print(f"{sheet.total:g} of {sheet.out_of:g} marks; sandbox: {level}", highlight=False)
        if sheet.status == "grader_error":
            show_our_errors(test.result for test in sheet.tests)
    _show(pipeline.result_text(system, sheet, the_course.config, out, pipeline.paths_of(path, submission)))
    if sheet.status == "grader_error":
        raise typer.Exit(3)
    raise typer.Exit(1 if pipeline.falls_short(sheet) else 0)


def _show(text: str) -> None:
    """Print exactly this: a log's commands and MarkUs's objects are not to be wrapped or coloured."""
    sys.stderr.flush()
    sys.stdout.write(text)
    sys.stdout.flush()
