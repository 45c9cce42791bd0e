"""One submission's marks as plain text, for a log that anybody reads."""

from __future__ import annotations

from typing import Literal

from autograder.config import Config
from autograder.exports.feedback import message_for
from autograder.intake.tree import printable
from autograder.marks.tally import MarkSheet, TestMark
from autograder.records import Outcome


def text(sheet: MarkSheet, config: Config, hidden: Literal["example", "hint"]) -> str:
    """A line per item, what its lost tests say below it, and the total; nothing of it commands a terminal or a log."""
    lines = []
    for item in config.items:
        lost = [test for test in sheet.tests if test.item.id == item.id and test.result.outcome is not Outcome.PASSED]
        mark = "FAIL" if lost else "pass"
        lines.append(f"{mark}  {item.id}  {printable(item.title)}: {sheet.items[item.id]:g} of {item.marks:g}")
        for test in lost:
            lines += [f"          {test.result.outcome}: {printable(each)}" for each in _lines(test, hidden)]
    return "\n".join([*lines, "", f"{sheet.total:g} of {sheet.out_of:g} marks"]) + "\n"


def _lines(test: TestMark, hidden: Literal["example", "hint"]) -> list[str]:
    return message_for(test, hidden).splitlines() or [""]
