"""From outcomes to marks: a function of the stored results and the config, nothing else."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from autograder.config import Config, Item
from autograder.records import Outcome, SubmissionResult, TestResult

# What earns a test's marks: a pass, and what is our fault until a person has looked.
_EARNING = (Outcome.PASSED, Outcome.GRADER_ERROR)


@dataclass(frozen=True)
class TestMark:
    """One test of one student with its marks."""

    __test__ = False

    item: Item
    result: TestResult
    earned: float
    out_of: float
    public: bool


@dataclass(frozen=True)
class MarkSheet:
    """All marks of one student.

    Attributes:
        items: item id -> marks.
        parts: part id -> marks.
        total: the sum, at most what the assignment is graded out of.
        percent: of what it is graded out of.
        lms_mark: the same share of what the learning system counts out of.
        status: "graded", "unreadable" or "grader_error" (a person must look).
        flags: what a person should know, in a fixed order.
    """

    student: str
    digest: str
    sandbox: str
    tests: tuple[TestMark, ...]
    items: dict[str, float]
    parts: dict[str, float]
    total: float
    out_of: float
    percent: float
    lms_mark: float
    status: str
    flags: tuple[str, ...]


@dataclass(frozen=True)
class Summary:
    """One row of the lecture's table: a component and how the class did on it."""

    component: str
    out_of: float
    n: int
    average: float
    median: float
    min: float
    max: float


def mark_sheet(result: SubmissionResult, sandbox: str, config: Config) -> MarkSheet:
    """Add up one student's marks. A test without a result (not run yet) earns nothing."""
    by_name = {each.test: each for each in result.results}
    tests = tuple(
        TestMark(
            item,
            by_name.get(name, TestResult(name, Outcome.NOT_RUN)),
            marks if name in by_name and by_name[name].outcome in _EARNING else 0.0,
            marks,
            name in item.public,
        )
        for item in config.items
        for name, marks in item.tests.items()
    )
    items = {item.id: _rounded(sum(test.earned for test in tests if test.item is item)) for item in config.items}
    parts = {part.id: _rounded(sum(items[item.id] for item in part.items)) for part in config.parts}
    total = min(_rounded(sum(items.values())), config.out_of)
    flags = list(result.flags)
    if any(test.result.outcome is Outcome.GRADER_ERROR for test in tests):
        flags.append("grader_error")
    if sandbox != "full":
        flags.append(f"sandbox:{sandbox}")
    status = "grader_error" if "grader_error" in flags else "unreadable" if "unreadable" in flags else "graded"
    return MarkSheet(
        student=result.student,
        digest=result.digest,
        sandbox=sandbox,
        tests=tests,
        items=items,
        parts=parts,
        total=total,
        out_of=config.out_of,
        percent=round(100 * total / config.out_of, 2),
        lms_mark=round(total / config.out_of * (config.lms_out_of or config.out_of), 2),
        status=status,
        flags=tuple(flags),
    )


def summarise(sheets: Sequence[MarkSheet], config: Config) -> list[Summary]:
    """Average, median, lowest and highest of each item, each part and the total."""
    rows = [_summary(item.id, item.marks, (sheet.items[item.id] for sheet in sheets)) for item in config.items]
    rows += [
        _summary(part.id, sum(item.marks for item in part.items), (sheet.parts[part.id] for sheet in sheets))
        for part in config.parts
    ]
    return [*rows, _summary("total", config.out_of, (sheet.total for sheet in sheets))]


def _summary(component: str, out_of: float, values: Iterable[float]) -> Summary:
    marks = list(values)
    return Summary(
        component,
        out_of,
        len(marks),
        round(statistics.fmean(marks), 2) if marks else 0.0,
        round(statistics.median(marks), 2) if marks else 0.0,
        min(marks, default=0.0),
        max(marks, default=0.0),
    )


def _rounded(marks: float) -> float:
    return round(marks, 4)
