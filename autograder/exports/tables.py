"""`marks.csv`, `outcomes.csv` and `summary.csv`: the class's marks as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from autograder.config import Config
from autograder.exports.feedback import message_for
from autograder.exports.files import csv_text
from autograder.intake.roster import RosterEntry
from autograder.marks.tally import MarkSheet, Summary


def marks_csv(sheets: Sequence[MarkSheet], config: Config, roster: Mapping[str, RosterEntry]) -> str:
    """A row per student: each item, each part, total, out_of, percent, late, status, flags.

    `late` is in days that have begun, and empty for what came in time. With a roster, name and section follow.
    """
    items = [item.id for item in config.items]
    parts = [part.id for part in config.parts]
    header = ["student", *items, *parts, "total", "out_of", "percent", "late", "status", "flags"]
    header += ["name", "section"] if roster else []
    rows: list[list[object]] = [
        [
            sheet.student,
            *(sheet.items[item] for item in items),
            *(sheet.parts[part] for part in parts),
            sheet.total,
            sheet.out_of,
            sheet.percent,
            sheet.late.days or "",
            sheet.status,
            "; ".join(sheet.flags),
            *_from_roster(roster, sheet.student),
        ]
        for sheet in sheets
    ]
    return csv_text([header, *rows])


def outcomes_csv(sheets: Sequence[MarkSheet], hidden: Literal["example", "hint"]) -> str:
    """A row per student and test; the messages are those that students may see.

    `device` is "simulated" or "cuda" for tests whose code found an accelerator, and empty for the others.
    """
    header = ["student", "item", "test", "outcome", "earned", "out_of", "device", "message"]
    rows: list[list[object]] = [
        [
            sheet.student,
            test.item.id,
            test.result.test,
            test.result.outcome,
            test.earned,
            test.out_of,
            test.result.device,
            message_for(test, hidden),
        ]
        for sheet in sheets
        for test in sheet.tests
    ]
    return csv_text(_stamped([header, *rows], sheets))


def summary_csv(summaries: Sequence[Summary], sheets: Sequence[MarkSheet]) -> str:
    """The lecture's table: how the class did on each component."""
    header = ["component", "out_of", "n", "average", "median", "min", "max"]
    rows: list[list[object]] = [
        [row.component, row.out_of, row.n, row.average, row.median, row.min, row.max] for row in summaries
    ]
    return csv_text(_stamped([header, *rows], sheets))


def _from_roster(roster: Mapping[str, RosterEntry], student: str) -> list[str]:
    entry = roster.get(student, RosterEntry(student))
    return [entry.name, entry.section] if roster else []


def _stamped(rows: Sequence[Sequence[object]], sheets: Sequence[MarkSheet]) -> list[list[object]]:
    """Add a last column that says so where anything was graded without a wall."""
    if not any(sheet.sandbox == "none" for sheet in sheets):
        return [list(row) for row in rows]
    return [[*row, "sandbox" if index == 0 else "none"] for index, row in enumerate(rows)]
