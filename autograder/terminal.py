"""What the command line prints: a check's results, names, and tracebacks of ours."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding

from autograder.config import Config, Item
from autograder.intake.tree import printable
from autograder.records import Outcome, TestResult

if TYPE_CHECKING:
    from autograder.grader.check_run import Checked

OUT = Console()
ERR = Console(stderr=True)


def show_check(config: Config, items: list[Item], checked: dict[str, Checked], path: Path) -> int:
    """Print what came of a check; return the exit code."""
    from autograder.checking import save_picture

    earned, out_of = 0.0, 0.0
    for item in items:
        results = {test: checked[test].result for test in item.public}
        passed = all(result.outcome is Outcome.PASSED for result in results.values())
        mark = "[green]✓ pass[/]" if passed else "[red]✗ FAIL[/]"
        OUT.print(f"{mark}  [bold]{item.id}[/]  {escape(item.title)}", highlight=False)
        for test, marks in item.public.items():
            result = results[test]
            out_of += marks
            earned += marks if result.outcome is Outcome.PASSED else 0
            label = "" if result.outcome in (Outcome.FAILED, Outcome.PASSED) else f"{result.outcome}: "
            if result.message:
                OUT.print(_indented(f"{label}{result.message}"), highlight=False)
            for title, images in checked[test].pictures.items():
                OUT.print(_indented(f"picture: {save_picture(path, f'{item.id} {title}', images)}"), highlight=False)
        if not passed and item.hint:
            OUT.print(_indented(f"Hint: {item.hint}"), highlight=False)
    total = sum(item.marks for item in config.items)
    OUT.print(
        f"\n{earned:g} of the {out_of:g} marks that these public tests give. "
        f"The others of the {total:g} come from hidden tests of the same items.",
        highlight=False,
    )
    every = [each.result for each in checked.values()]
    if any(result.outcome is Outcome.GRADER_ERROR for result in every):
        show_our_errors(every)
        return 3
    return 0 if all(result.outcome is Outcome.PASSED for result in every) else 1


def show_our_errors(results: Iterable[TestResult]) -> None:
    """Print the traceback of each test in which the grader failed, once."""
    seen: set[str] = set()
    for result in results:
        if result.outcome is Outcome.GRADER_ERROR and result.test not in seen:
            seen.add(result.test)
            ERR.print(f"{result.test}:\n{escape(result.detail)}", highlight=False, soft_wrap=True)


def name_of(students: str) -> str:
    """Students' names, which may hold anything, as they can be printed."""
    return escape(printable(students))


def _indented(text: str) -> Padding:
    return Padding(escape(text), (0, 0, 0, 10))
