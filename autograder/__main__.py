"""The command line: calls the stages in order; the only place that prints and exits."""

from __future__ import annotations

import contextlib
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from autograder import sandbox
from autograder.commands import audit, ci, marks, new, push, regrade, similar
from autograder.commands.arrivals import (
    keep_times,
    kept_times,
    show_arrivals,
    show_renamed,
    show_times,
    show_untimed,
    with_times,
)
from autograder.commands.options import (
    CourseOption,
    JobsOption,
    RosterOption,
    SandboxChoice,
    SandboxOption,
    cores,
    course_of,
    keep_roster,
    level_of,
    roster_of,
)
from autograder.commands.report import report, write_pages
from autograder.config import Config, Item
from autograder.config_file import nearest
from autograder.errors import AutograderError, UsageError, is_lack_of_memory
from autograder.intake.layouts import Layout
from autograder.progress import Running
from autograder.records import ClassFound, Submission, SubmissionResult, TestResult
from autograder.terminal import ERR, OUT, name_of, show_check, show_our_errors

app = typer.Typer(
    help="Marks PyTorch assignments: the tests never share a process with the code they mark.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


class PackageFor(StrEnum):
    """What `package` makes."""

    GRADESCOPE = "gradescope"


# Packages that a command needs and others do not: the extra of pyproject.toml that brings them.
_EXTRAS = {"canvasapi": "push", "copydetect": "similarity", "cosmic_ray": "audit", "markusapi": "push"}


@app.command()
def check(
    path: Annotated[Path, typer.Argument(help="your folder or file")] = Path("."),
    course: CourseOption = None,
    item: Annotated[list[str] | None, typer.Option("--item", help="only this item (B6, say); may be repeated")] = None,
    train: Annotated[bool, typer.Option("--train", help="also the items that train a model: tens of seconds")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="check again whenever you save; Ctrl-C ends it")] = False,
) -> None:
    """Students: run the public tests on your own files."""
    from autograder.checking import check as run_check
    from autograder.checking import stamps, wait_for_change
    from autograder.intake import read_submission

    the_course = course_of(course, path)
    config = the_course.config
    items = _items_to_check(config, item or [], train)
    exit_codes: list[int] = []
    before = stamps(path)

    def read() -> Submission:
        nonlocal before
        before = stamps(path)  # what is saved while the tests run is checked next
        submission = read_submission(path, config.modules, the_course.stub_digests())
        for flag in submission.flags:
            ERR.print(f"Note: {escape(flag)}")
        return submission

    read()  # what cannot be read is said before torch starts
    with ERR.status("starting PyTorch, then running the public tests...") as status:

        def show(checked: list[TestResult]) -> None:
            status.stop()
            exit_codes.append(show_check(config, items, {each.test: each for each in checked}, path))

        def changed() -> bool:
            ERR.print("\nwaiting for you to save; Ctrl-C ends it")
            with contextlib.suppress(KeyboardInterrupt):
                wait_for_change(path, before)
                ERR.rule()
                return True
            return False

        run_check(the_course, read, items, show, changed if watch else None)
    raise typer.Exit(exit_codes[-1] if exit_codes else 130)  # none: Ctrl-C, which pytest takes for an answer


@app.command()
def grade(
    submissions: Annotated[Path, typer.Argument(help="a folder (or zip) of folders, zips, .py and .ipynb files")],
    out: Annotated[Path, typer.Option("--out", help="where marks.csv and the rest go")],
    trainings: Annotated[
        Path | None, typer.Option("--trainings", help="keep what trainings give in this folder, and use it again")
    ] = None,
    jobs: JobsOption = None,
    course: CourseOption = None,
    sandbox_level: SandboxOption = SandboxChoice.AUTO,
    layout: Annotated[
        Layout, typer.Option("--layout", help="how the submissions arrived (default: what they look like)")
    ] = Layout.AUTO,
    roster: RosterOption = None,
    times: Annotated[
        Path | None, typer.Option("--times", help="a CSV: student, submitted_at, where the layout does not say it")
    ] = None,
    pipeline: Annotated[
        bool, typer.Option("--pipeline", help="students may try again: show hidden tests as feedback.pipeline says")
    ] = False,
) -> None:
    """TAs: grade a class. Interrupt it and run it again: it goes on."""
    from autograder.intake import find_submissions
    from autograder.intake.times import read_times
    from autograder.marks.store import open_store

    the_course = course_of(course, Path("."))
    config = the_course.config
    people = roster_of(roster, out)
    arrived = find_submissions(submissions, config.modules, the_course.stub_digests(), out.resolve(), layout, people)
    moments = kept_times(out)
    if times:
        said = read_times(times)
        show_times(arrived, said, times)
        moments |= said
    arrived = with_times(arrived, moments)
    show_untimed(arrived, config.late)
    level = level_of(sandbox_level, config.level)
    with open_store(out) as store:
        from autograder.grading import Setup, beside_what_is_known, errors_of_ours, renamed, write_views
        from autograder.grading import grade as run_grade

        show_renamed(renamed(arrived, store, roster_of(None, out)), out)
        keep_roster(roster, out)
        keep_times(moments, out)
        found = beside_what_is_known(arrived, store)
        show_arrivals(arrived, found)
        store.note_class(ClassFound(str(submissions.resolve()), layout, "pipeline" if pipeline else "grade"))
        running = Running()
        item_of = {test: item.id for item in config.items for test in item.tests}
        with Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            running,
            console=ERR,
        ) as progress:
            task = progress.add_task("grading", total=len(found))

            def on_test(student: str, test: str) -> None:
                running.start(student, item_of[test])

            def on_result(result: SubmissionResult) -> None:
                running.end(result.student)
                progress.update(task, advance=1)

            def on_start(pending: int) -> None:
                progress.update(task, completed=len(found) - pending)

            try:
                graded = run_grade(
                    the_course,
                    found,
                    store,
                    Setup(
                        level,
                        jobs or cores(),
                        (out.resolve(), submissions.resolve()),
                        str(trainings.resolve()) if trainings else "",
                    ),
                    on_start,
                    on_test,
                    on_result,
                )
            except KeyboardInterrupt:
                ERR.print("Interrupted: what is graded is safe. Run the same command again to go on.")
                raise typer.Exit(130) from None
            finally:
                sheets, summaries = write_views(store, config, out, people)
        write_pages(store, sheets, the_course, out, people)
    table = Table("component", "out of", "n", "average", "median", "min", "max", title=escape(config.course))
    for row in summaries:
        table.add_row(
            row.component, *(f"{value:g}" for value in (row.out_of, row.n, row.average, row.median, row.min, row.max))
        )
    OUT.print(table)
    OUT.print(
        f"{graded} graded, {len(found) - graded} already known; sandbox: {level}; marks in {out / 'marks.csv'}",
        highlight=False,
    )
    if len(sheets) > len(found):
        OUT.print(f"{len(sheets) - len(found)} more in {out} are from earlier runs, and stay in its tables")
    if level is sandbox.Level.NONE:
        ERR.print("[bold red]Graded without a sandbox: every output says so.[/]")
    ours = errors_of_ours(sheets)
    if ours:
        ERR.print(
            f"[red]GRADER_ERROR for {name_of(', '.join(ours))}: not their fault; marks.sqlite has the traceback.[/]"
        )
        show_our_errors(test.result for sheet in sheets for test in sheet.tests)
        raise typer.Exit(3)


for command in (
    audit.audit,
    report,
    regrade.regrade,
    marks.export,
    marks.override,
    marks.history,
    push.push,
    ci.ci,
    similar.similar,
    new.new,
):
    app.command()(command)


@app.command()
def release(course: CourseOption = None) -> None:
    """Instructors: make assignment/ and dist/handout.zip from solutions/."""
    from autograder.release import release as run_release

    the_course = course_of(course, Path("."))
    for path in run_release(the_course.folder):
        OUT.print(str(path), highlight=False)


@app.command()
def package(
    system: Annotated[PackageFor, typer.Argument(help="whose package to make")], course: CourseOption = None
) -> None:
    """Instructors: make dist/gradescope.zip, which Gradescope builds the autograder from."""
    from autograder.release.gradescope import package as run_package

    OUT.print(str(run_package(course_of(course, Path(".")))), highlight=False)


@app.command()
def doctor() -> None:
    """Show what this machine can and cannot do."""
    from autograder.doctor import examine

    with ERR.status("trying each layer, and torch..."):
        findings = examine()
    for finding in findings:
        mark = {True: "[green]✓ ok  [/]", False: "[red]✗ no  [/]", None: "  info"}[finding.good]
        OUT.print(f"{mark} {finding.what:18} {escape(finding.detail)}", highlight=False, soft_wrap=True)


def main() -> None:
    """Run a command; turn the library's errors into one sentence and an exit code."""
    try:
        app()
    except AutograderError as error:
        ERR.print(f"[bold red]autograder:[/] {escape(str(error))}", highlight=False, soft_wrap=True)
        sys.exit(error.exit_code)
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in _EXTRAS:
            raise
        ERR.print(
            f"[bold red]autograder:[/] this command needs {package}, which is not installed; "
            f"pip install 'convolution-autograder\\[{_EXTRAS[package]}]'",
            highlight=False,
            soft_wrap=True,
        )
        sys.exit(UsageError.exit_code)
    except (MemoryError, OSError, ImportError, RuntimeError) as error:
        if not is_lack_of_memory(error):
            raise
        ERR.print(
            "[bold red]autograder:[/] the memory ran out. What was graded is safe: run the same command again to go "
            "on, with fewer --jobs or on a machine with more memory",
            soft_wrap=True,
        )
        sys.exit(UsageError.exit_code)


def _items_to_check(config: Config, wanted: list[str], train: bool) -> list[Item]:
    """The items with public tests that were asked for; by default those that train nothing."""
    known = [each.id for each in config.items if each.public]
    for name in wanted:
        if name not in known:
            raise UsageError(
                f"--item {name}: no such item with public tests{nearest(name, known)} (there are {', '.join(known)})"
            )
    return [
        each for each in config.items if each.public and (each.id in wanted if wanted else train or not each.trains)
    ]


if __name__ == "__main__":
    main()
