"""What the command line prints: a check's results, names, and tracebacks of ours."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding

from autograder.config import Config, Item
from autograder.errors import UsageError
from autograder.intake.tree import printable
from autograder.records import Outcome, TestResult, devices_of

OUT = Console()
ERR = Console(stderr=True)


def show_check(config: Config, items: list[Item], checked: dict[str, TestResult], path: Path) -> int:
    """Print what came of a check, and write the pictures that it showed beside the student's files.

    Returns:
        The exit code.
    """
    earned, out_of = 0.0, 0.0
    for item in items:
        results = {test: checked[test] for test in item.public}
        passed = all(result.outcome is Outcome.PASSED for result in results.values())
        mark = "[green]✓ pass[/]" if passed else "[red]✗ FAIL[/]"
        title = escape(item.title + devices_of(results.values()))
        OUT.print(f"{mark}  [bold]{item.id}[/]  {title}", highlight=False)
        for test, marks in item.public.items():
            result = results[test]
            out_of += marks
            earned += marks if result.outcome is Outcome.PASSED else 0
            label = "" if result.outcome in (Outcome.FAILED, Outcome.PASSED) else f"{result.outcome}: "
            if result.message:
                OUT.print(_indented(f"{label}{result.message}"), highlight=False)
        if not passed and item.hint:
            OUT.print(_indented(f"Hint: {item.hint}"), highlight=False)
    total = sum(item.marks for item in config.items)
    OUT.print(
        f"\n{earned:g} of the {out_of:g} marks that these public tests give. "
        f"The others of the {total:g} come from hidden tests of the same items.",
        highlight=False,
    )
    if any(result.pictures for result in checked.values()):
        OUT.print(f"Pictures of your models: {escape(str(_save_pictures(config, checked, path)))}", highlight=False)
    if any(result.outcome is Outcome.GRADER_ERROR for result in checked.values()):
        show_our_errors(checked.values())
        return 3
    return 0 if all(result.outcome is Outcome.PASSED for result in checked.values()) else 1


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


def _save_pictures(config: Config, checked: dict[str, TestResult], path: Path) -> Path:
    from autograder.reports.student_page import pictures_html  # slow to import, and seldom needed

    page = (path if path.is_dir() else path.parent) / "pictures.html"
    try:
        page.write_text(pictures_html(config, checked), encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"{page} cannot be written: {error.strerror}; make room, or make the folder writable"
        ) from None
    return page


def _indented(text: str) -> Padding:
    return Padding(escape(text), (0, 0, 0, 10))
