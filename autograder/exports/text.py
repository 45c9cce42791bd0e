"""One submission's marks as plain text, for a log that anybody reads."""

from __future__ import annotations

from typing import Literal

from autograder.config import Config
from autograder.exports.rows import decision_on, rows_of
from autograder.intake.tree import printable
from autograder.marks.tally import MarkSheet
from autograder.records import devices_of


def text(sheet: MarkSheet, config: Config, hidden: Literal["example", "hint"]) -> str:
    """A line per item, what its lost tests say below it, and the total; nothing of it commands a terminal or a log."""
    rows = rows_of(sheet, hidden)
    lines = []
    for item in config.items:
        own = [row for row in rows if row.test.item.id == item.id]
        mark = "pass" if all(row.passed for row in own) else "FAIL"
        title = item.title + devices_of(row.test.result for row in own)
        lines.append(f"{mark}  {item.id}  {printable(title)}: {sheet.items[item.id]:g} of {item.marks:g}")
        if decision := decision_on(sheet, item):
            lines.append(f"          {printable(decision)}")
        for row in own:
            told = (row.message.splitlines() or [""]) if row.failed else []
            lines += [f"          {row.test.result.outcome}: {printable(each)}" for each in told]
    return "\n".join([*lines, "", f"{sheet.total:g} of {sheet.out_of:g} marks"]) + "\n"
