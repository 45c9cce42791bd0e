"""`autograder audit`: marks the marker."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from autograder.commands.options import (
    CourseOption,
    JobsOption,
    SandboxChoice,
    SandboxOption,
    cores,
    course_of,
    level_of,
)
from autograder.terminal import ERR, OUT, show_our_errors

_SHOWN = 20


def audit(
    out: Annotated[Path, typer.Option("--out", help="where audit.csv and audit.html go, and what is known is kept")],
    course: CourseOption = None,
    jobs: JobsOption = None,
    sandbox_level: SandboxOption = SandboxChoice.AUTO,
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="how often wheats and chaffs run, drawn anew")] = 1,
    fast: Annotated[bool, typer.Option("--fast", help="leave out the tests that may train a model")] = False,
    since: Annotated[str | None, typer.Option("--since", help="only what a change since this revision affects")] = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", help="a sample's name, or wheat, chaff, unfilled, mutant or equivalent; repeatable"),
    ] = None,
) -> None:
    """Instructors: how many right solutions lose marks, and how many wrong ones keep them?

    Interrupt it and run it again: it goes on. Exit code 1 when a figure misses its bound in the config.
    """
    from autograder.audit.cache import open_cache
    from autograder.audit.choice import all_samples
    from autograder.audit.figures import figures, judge
    from autograder.audit.pages import audit_csv, audit_html, messages_csv
    from autograder.audit.runs import run
    from autograder.audit.samples import Kind
    from autograder.audit.since import affected_since
    from autograder.exports.files import write_atomically
    from autograder.grading import Setup

    the_course = course_of(course, Path("."))
    config = the_course.config
    level = level_of(sandbox_level, config.level)
    with ERR.status("reading the samples, making mutants..."):
        samples = all_samples(the_course, only or [])
        wanted = affected_since(the_course, since) if since else lambda sample, test: True
    with (
        open_cache(out) as cache,
        Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=ERR,
        ) as progress,
    ):
        task = progress.add_task("auditing")

        def on_start(step: str, pending: int, runs: int) -> None:
            progress.reset(task, description=step, total=runs, completed=runs - pending)

        setup = Setup(level, jobs or cores(), (out.resolve(),), str((out / "trainings").resolve()))
        try:
            runs = run(
                the_course, samples, seeds, setup, cache, not fast, wanted, on_start, lambda: progress.advance(task)
            )
        except KeyboardInterrupt:
            ERR.print("Interrupted: what is known is kept. Run the same command again to go on.")
            raise typer.Exit(130) from None
    judged = [judge(each, config) for each in runs if each.results]
    every = figures(judged, config)
    public = figures([judge(each.run, config, public_only=True) for each in judged], config)
    counts = ", ".join(f"{sum(each.run.sample.kind is kind for each in judged)} {kind} runs" for kind in Kind)
    trained = "without the tests that may train a model" if fast else "all tests"
    changed = f", only what changed since {since}" if since else ""
    about = f"{counts}; {seeds} seed{'s' if seeds > 1 else ''}, {trained}{changed}; sandbox: {level}."
    write_atomically(out / "audit.csv", audit_csv(judged, config))
    write_atomically(out / "messages.csv", messages_csv(judged))
    write_atomically(out / "audit.html", audit_html(judged, every, public, config, about))
    table = Table("figure", "all tests", "", "bound", "", "public alone", "", title=escape(config.course))
    for figure, alone in zip(every, public, strict=True):
        table.add_row(
            figure.name,
            f"{figure.count} of {figure.of}",
            f"{figure.share:.1%}",
            f"{'at least' if figure.at_least else 'at most'} {figure.bound:.1%}",
            "✓ holds" if figure.holds else "✗ MISSED",
            f"{alone.count} of {alone.of}",
            f"{alone.share:.1%}",
        )
    OUT.print(table)
    for figure in every:
        for case in figure.cases[:_SHOWN]:
            sample = case.judged.run.sample
            where = f"{sample.kind} {sample.name} (seed {case.judged.run.seed})"
            OUT.print(escape(f"{where}: {case.item} {case.said}"), highlight=False, soft_wrap=True)
        if len(figure.cases) > _SHOWN:
            OUT.print(f"... and {len(figure.cases) - _SHOWN} more in {out / 'audit.html'}", highlight=False)
    OUT.print(f"{about} The kill matrix is in {out / 'audit.html'} and audit.csv", highlight=False)
    if any(each.errors for each in judged):
        show_our_errors(result for each in judged for result in each.run.results.values())
        raise typer.Exit(3)
    raise typer.Exit(0 if all(figure.holds for figure in every) else 1)
