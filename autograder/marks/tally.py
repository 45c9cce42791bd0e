"""From outcomes to marks: a function of the stored results and the config, nothing else."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from autograder.config import Config, Item
from autograder.intake.class_list import MISSING
from autograder.marks.late import ON_TIME, Lateness, lateness
from autograder.records import Outcome, Override, SubmissionResult, TestResult


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
        total: the sum, at most `out_of`, unless the config lets bonus marks lift it above, less what lateness costs.
        out_of: what the assignment is graded out of, less the tests that this machine has no device for.
        percent: of what it is graded out of.
        lms_mark: the same share of what the learning system counts out of.
        status: "graded", "missing" (nothing was handed in), "unreadable" or "grader_error" (a person must look).
        flags: what a person should know, in a fixed order.
        late: how late it came, and what that costs.
        graded_at: see `SubmissionResult`.
        lms_id: the student's number in the learning system, "" where nobody knows it.
        decided: item id -> the decision of a person that stands instead of what the tests earned.
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
    late: Lateness = ON_TIME
    lms_id: str = ""
    graded_at: str = ""
    decided: Mapping[str, Override] = field(default_factory=dict)


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


def mark_sheet(
    result: SubmissionResult, sandbox: str, config: Config, overrides: Mapping[str, Override] = MappingProxyType({})
) -> MarkSheet:
    """Add up one student's marks. A test without a result (not run yet) earns nothing.

    Args:
        overrides: by item: the decisions that stand, on top of what the tests earned.
    """
    by_name = {each.test: each for each in result.results}
    tests = tuple(
        TestMark(
            item,
            by_name.get(name, TestResult(name, Outcome.NOT_RUN)),
            _earned(marks, by_name.get(name)),
            marks,
            name in item.public,
        )
        for item in config.items
        for name, marks in item.tests.items()
        if marks > 0
    )
    items = {item.id: _rounded(sum(test.earned for test in tests if test.item is item)) for item in config.items}
    decided = {item: each for item, each in overrides.items() if item in items}
    # An item may have become worth less since.
    items |= {item.id: min(decided[item.id].marks, item.marks) for item in config.items if item.id in decided}
    parts = {part.id: _rounded(sum(items[item.id] for item in part.items)) for part in config.parts}
    bonus = {item.id for part in config.parts if part.bonus for item in part.items}
    # What this machine had no device for is left out of what the marks are out of, too.
    no_device = {each.test for each in result.results if each.outcome is Outcome.NOT_RUN}
    left_out = sum(test.out_of for test in tests if test.result.test in no_device and test.item.id not in bonus)
    out_of = max(_rounded(config.out_of - left_out), 0.0)
    regular = min(sum(marks for item, marks in items.items() if item not in bonus), out_of)
    total = _rounded(regular + sum(marks for item, marks in items.items() if item in bonus))
    if not config.bonus_lifts_above:
        total = min(total, out_of)
    late = lateness(result.submitted_at, config.late)
    total = _rounded(total * (1 - late.percent / 100))
    share = total / out_of if out_of else 0.0
    flags = list(result.flags)
    if late.percent:
        flags.append(f"late: {late.days} days, -{late.percent:g} %")
    flags += sorted({f"device:{test.result.device}" for test in tests if test.result.device})
    flags += [f"{item}: {items[item]:g} by {each.by}: {each.reason}" for item, each in decided.items()]
    if any(test.result.outcome is Outcome.GRADER_ERROR and test.item.id not in decided for test in tests):
        flags.append("grader_error")
    if sandbox != "full":
        flags.append(f"sandbox:{sandbox}")
    statuses = {"grader_error": "grader_error", "unreadable": "unreadable", MISSING: "missing"}
    status = next((status for flag, status in statuses.items() if flag in flags), "graded")
    return MarkSheet(
        student=result.student,
        digest=result.digest,
        sandbox=sandbox,
        tests=tests,
        items=items,
        parts=parts,
        total=total,
        out_of=out_of,
        percent=round(100 * share, 2),
        lms_mark=round(share * (config.lms_out_of or config.out_of), 2),
        status=status,
        flags=tuple(flags),
        late=late,
        lms_id=result.lms_id,
        graded_at=result.graded_at,
        decided=decided,
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


def _earned(marks: float, result: TestResult | None) -> float:
    if result is None:
        return 0.0
    return marks if result.outcome is Outcome.PASSED else _rounded(marks * result.share)


def _rounded(marks: float) -> float:
    return round(marks, 4)
