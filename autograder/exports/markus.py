"""What MarkUs reads: its tester's results for one submission, and two tables of marks for a class.

The tester's results: https://github.com/MarkUsProject/markus-autotesting (custom tester). The tables: a marks
spreadsheet's upload, and an assignment's criteria marks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from autograder.config import Config
from autograder.exports.files import csv_text
from autograder.exports.places import place_in
from autograder.exports.rows import Row, rows_of
from autograder.marks.tally import MarkSheet


def tester_lines(sheet: MarkSheet, hidden: Literal["example", "hint"]) -> str:
    """One JSON object a line: each test, then annotations on the student's lines, then an overall comment."""
    rows = rows_of(sheet, hidden)
    objects: list[dict[str, Any]] = [
        {
            "name": f"{row.test.item.id}: {row.test.result.test}",
            "output": row.told,
            "marks_earned": row.earned,
            "marks_total": row.test.out_of,
            "status": _status(row),
            "time": int(1000 * row.test.result.wall_seconds) or None,
        }
        for row in rows
    ]
    annotations = [
        {"content": row.message, "filename": place.file, "line_start": place.line, "line_end": place.line}
        for row in rows
        if (place := place_in(row.message))
    ]
    if annotations:
        objects.append({"annotations": annotations})
    objects.append({"overall_comment": f"{sheet.total:g} of {sheet.out_of:g} marks"})
    return "".join(msgspec.json.encode(each).decode() + "\n" for each in objects)


def spreadsheet_csv(sheets: Sequence[MarkSheet], config: Config) -> str:
    """A marks spreadsheet: a column per part, with what it is out of in the second row.

    The first cell of a row is the student's MarkUs user name: their submission has to be named after it.
    """
    totals = [sum(item.marks for item in part.items) for part in config.parts]
    rows: list[list[object]] = [[sheet.student, *(sheet.parts[part.id] for part in config.parts)] for sheet in sheets]
    return csv_text([["user_name", *(part.id for part in config.parts)], ["", *totals], *rows])


def criteria_csv(sheets: Sequence[MarkSheet], config: Config) -> str:
    """An assignment's criteria, which have to be named as the items are; the first column is the group's name."""
    items = [item.id for item in config.items]
    return csv_text([["Group name", *items], *([sheet.student, *map(sheet.items.get, items)] for sheet in sheets)])


def _status(row: Row) -> str:
    if row.passed:
        return "pass"
    if row.ours:
        return "error"
    return "partial" if row.earned else "fail"
