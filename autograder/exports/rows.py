"""A student's tests as other systems show them and add them up: with what a person decided on their items.

What the tests themselves gave stands in `outcomes.csv` and `results/<student>.json`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from autograder.config import Item
from autograder.exports.feedback import message_for
from autograder.marks.tally import MarkSheet, TestMark
from autograder.records import Outcome


@dataclass(frozen=True)
class Row:
    """One test.

    Attributes:
        earned: what it counts; the tests of a decided item add up to what was decided.
        passed: whether it counts in full: it passed, or what was decided is full marks.
        ours: whether a person must look, because the fault is ours and nobody has decided.
        message: what the test says to the student, at most.
        notes: what else is to be shown with it: the decision, and the device that the code found.
    """

    test: TestMark
    earned: float
    passed: bool
    ours: bool
    message: str
    notes: tuple[str, ...]

    @property
    def failed(self) -> bool:
        """Whether there is something to look at: a passed test can count less, where a person decided so."""
        return not self.passed and self.test.result.outcome is not Outcome.PASSED

    @property
    def told(self) -> str:
        """Notes and message, a line each."""
        return "\n".join(filter(None, (*self.notes, self.message)))


def rows_of(sheet: MarkSheet, hidden: Literal["example", "hint"]) -> list[Row]:
    """All tests, in the order of the config."""
    return [_row(sheet, test, message_for(test, hidden)) for test in sheet.tests]


def decision_on(sheet: MarkSheet, item: Item) -> str:
    """What a person decided on an item, and why; "" if nobody did."""
    if item.id not in sheet.decided:
        return ""
    decided = sheet.decided[item.id]
    return f"{item.id}: {sheet.items[item.id]:g} of {item.marks:g}, decided by {decided.by}: {decided.reason}"


def _row(sheet: MarkSheet, test: TestMark, message: str) -> Row:
    outcome, earned = test.result.outcome, test.earned
    passed, ours = outcome is Outcome.PASSED, outcome is Outcome.GRADER_ERROR
    decision = decision_on(sheet, test.item)
    if decision:
        # Each test has the same share, for no system takes more of a test than it is out of.
        share = sheet.items[test.item.id] / test.item.marks
        earned = min(round(test.out_of * share, 6), test.out_of)
        passed, ours = earned == test.out_of, False
    device = f"device: {test.result.device}" if test.result.device else ""
    return Row(test, earned, passed, ours, message, tuple(filter(None, (decision, device))))
