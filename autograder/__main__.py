"""The command line: calls the stages in order; the only place that prints and exits."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from autograder import sandbox
from autograder.config import FILE_NAME
from autograder.course import Course
from autograder.errors import AutograderError, SandboxError, UsageError
from autograder.records import Outcome, SubmissionResult, TestResult

app = typer.Typer(
    help="Marks PyTorch assignments: the tests never share a process with the code they mark.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
_out = Console()
_err = Console(stderr=True)

_CourseOption = Annotated[
    Path | None, typer.Option("--course", help=f"the course's folder (default: the nearest with a {FILE_NAME})")
]


class SandboxChoice(StrEnum):
    """What `--sandbox` takes."""

    AUTO = "auto"
    FULL = "full"
    REDUCED = "reduced"
    NONE = "none"


@app.command()
def check(
    path: Annotated[Path, typer.Argument(help="your folder or file")] = Path("."), course: _CourseOption = None
) -> None:
    """Students: run the public tests on your own files."""
    from autograder.checking import check as run_check
    from autograder.intake import read_submission

    the_course = _course(course, path)
    config = the_course.config
    submission = read_submission(path, config.modules, the_course.stub_digests())
    for flag in submission.flags:
        _err.print(f"Note: {escape(flag)}")
    with _err.status("starting PyTorch, then running the public tests..."):
        results = {result.test: result for result in run_check(the_course, submission)}
    earned, out_of = 0.0, 0.0
    for item in config.items:
        if not item.public:
            continue
        passed = all(results[test].outcome is Outcome.PASSED for test in item.public)
        mark = "[green]✓ pass[/]" if passed else "[red]✗ FAIL[/]"
        _out.print(f"{mark}  [bold]{item.id}[/]  {escape(item.title)}", highlight=False)
        for test, marks in item.public.items():
            out_of += marks
            earned += marks if results[test].outcome is Outcome.PASSED else 0
            if results[test].outcome is not Outcome.PASSED:
                label = "" if results[test].outcome is Outcome.FAILED else f"{results[test].outcome}: "
                _out.print(_indented(f"{label}{results[test].message}"), highlight=False)
        if not passed and item.hint:
            _out.print(_indented(f"Hint: {item.hint}"), highlight=False)
    total = sum(item.marks for item in config.items)
    _out.print(
        f"\n{earned:g} of the {out_of:g} marks that the public tests give. "
        f"The other {total - out_of:g} come from hidden tests of the same items.",
        highlight=False,
    )
    if any(result.outcome is Outcome.GRADER_ERROR for result in results.values()):
        _show_our_errors(results.values())
        raise typer.Exit(3)
    raise typer.Exit(0 if earned == out_of else 1)


@app.command()
def grade(
    submissions: Annotated[Path, typer.Argument(help="a folder (or zip) of folders, zips, .py and .ipynb files")],
    out: Annotated[Path, typer.Option("--out", help="where marks.csv and the rest go")],
    jobs: Annotated[
        int | None, typer.Option("--jobs", min=1, help="submissions at a time (default: the cores)")
    ] = None,
    course: _CourseOption = None,
    sandbox_level: Annotated[
        SandboxChoice, typer.Option("--sandbox", help="the wall to build; none only for code that you trust")
    ] = SandboxChoice.AUTO,
    pipeline: Annotated[
        bool, typer.Option("--pipeline", help="students may try again: show hidden tests as feedback.pipeline says")
    ] = False,
) -> None:
    """TAs: grade a class. Interrupt it and run it again: it goes on."""
    from autograder.intake import find_submissions
    from autograder.marks.store import open_store

    the_course = _course(course, Path("."))
    config = the_course.config
    found = find_submissions(submissions, config.modules, the_course.stub_digests(), out.resolve())
    level = _level(sandbox_level, config.level)
    feedback = config.feedback.pipeline if pipeline else config.feedback.grade
    for submission in found:
        if submission.problem:
            _err.print(f"[yellow]{escape(submission.student)}[/]: {escape(submission.problem)}", highlight=False)
    with open_store(out) as store:
        from autograder.grading import errors_of_ours, write_views
        from autograder.grading import grade as run_grade

        with Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=_err,
        ) as progress:
            task = progress.add_task("starting torch", total=len(found))

            def on_result(result: SubmissionResult) -> None:
                progress.update(task, advance=1, description=escape(result.student[:24]))

            def on_start(pending: int) -> None:
                progress.update(task, completed=len(found) - pending)

            try:
                graded = run_grade(
                    the_course,
                    found,
                    store,
                    jobs or _cores(),
                    level,
                    (out.resolve(), submissions.resolve()),
                    on_start,
                    on_result,
                )
            except KeyboardInterrupt:
                _err.print("Interrupted: what is graded is safe. Run the same command again to go on.")
                raise typer.Exit(130) from None
            finally:
                sheets, summaries = write_views(store, config, out, feedback)
    table = Table("component", "out of", "n", "average", "median", "min", "max", title=escape(config.course))
    for row in summaries:
        table.add_row(
            row.component, *(f"{value:g}" for value in (row.out_of, row.n, row.average, row.median, row.min, row.max))
        )
    _out.print(table)
    _out.print(
        f"{graded} graded, {len(found) - graded} already known; sandbox: {level}; marks in {out / 'marks.csv'}",
        highlight=False,
    )
    if len(sheets) > len(found):
        _out.print(f"{len(sheets) - len(found)} more in {out} are from earlier runs, and stay in its tables")
    if level is sandbox.Level.NONE:
        _err.print("[bold red]Graded without a sandbox: every output says so.[/]")
    ours = errors_of_ours(sheets)
    if ours:
        _err.print(
            f"[red]GRADER_ERROR for {escape(', '.join(ours))}: not their fault; marks.sqlite has the traceback.[/]"
        )
        _show_our_errors(test.result for sheet in sheets for test in sheet.tests)
        raise typer.Exit(3)


@app.command()
def release(course: _CourseOption = None) -> None:
    """Instructors: make assignment/ and dist/handout.zip from solutions/."""
    from autograder.release import release as run_release

    the_course = _course(course, Path("."))
    for path in run_release(the_course.folder):
        _out.print(str(path), highlight=False)


@app.command()
def doctor() -> None:
    """Show what this machine can and cannot do."""
    from autograder.doctor import examine

    with _err.status("trying each layer, and torch..."):
        findings = examine()
    for finding in findings:
        mark = {True: "[green]✓ ok  [/]", False: "[red]✗ no  [/]", None: "  info"}[finding.good]
        _out.print(f"{mark} {finding.what:18} {escape(finding.detail)}", highlight=False, soft_wrap=True)


def main() -> None:
    """Run a command; turn the library's errors into one sentence and an exit code."""
    try:
        app()
    except AutograderError as error:
        _err.print(f"[bold red]autograder:[/] {escape(str(error))}", highlight=False, soft_wrap=True)
        sys.exit(error.exit_code)


def _course(given: Path | None, near: Path) -> Course:
    """The course that was named, or the nearest one around `near` or around the current folder."""
    if given is not None:
        return Course(given)
    for start in (near.resolve(), Path.cwd()):
        for folder in (start, *start.parents):
            if (folder / FILE_NAME).is_file():
                return Course(folder)
    raise UsageError(f"there is no {FILE_NAME} here or above; run from a course's folder, or name it with --course DIR")


def _level(choice: SandboxChoice, required: sandbox.Level) -> sandbox.Level:
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


def _indented(text: str) -> Padding:
    return Padding(escape(text), (0, 0, 0, 10))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _show_our_errors(results: object) -> None:
    seen: set[str] = set()
    assert hasattr(results, "__iter__")
    for result in results:
        if isinstance(result, TestResult) and result.outcome is Outcome.GRADER_ERROR and result.test not in seen:
            seen.add(result.test)
            _err.print(f"{result.test}:\n{escape(result.detail)}", highlight=False, soft_wrap=True)


if __name__ == "__main__":
    main()
