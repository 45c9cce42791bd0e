"""`feedback/<student>.html`: one student's marks, why each was lost, and what their own models do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from autograder.config import Config, Item
from autograder.exports.feedback import hides_example, message_for
from autograder.intake.roster import RosterEntry
from autograder.marks.tally import MarkSheet, TestMark
from autograder.pictures import Picture
from autograder.records import Outcome, Override, TestResult, devices_of
from autograder.reports.page import render


@dataclass(frozen=True)
class Loss:
    """Tests of one item that lost marks for the same reason.

    Attributes:
        asked: what each of them asked, in words; empty where the config shows a hint only.
        message: what came back, on the smallest example.
        lost: marks.
    """

    outcome: Outcome
    asked: tuple[str, ...]
    message: str
    lost: float


@dataclass(frozen=True)
class ItemRow:
    """One item of a student's: marks, why some were lost, what was shown.

    Attributes:
        devices: what its tests ran on, as `devices_of` says it.
    """

    item: Item
    devices: str
    earned: float
    losses: tuple[Loss, ...]
    pictures: tuple[Picture, ...]
    decision: Override | None


class Pictured(NamedTuple):
    """An item, and the pictures that its tests showed."""

    item: Item
    pictures: tuple[Picture, ...]


def feedback_html(
    sheet: MarkSheet,
    config: Config,
    asked: Mapping[str, str],
    hidden: Literal["example", "hint"],
    pictures: Mapping[str, Sequence[Picture]],
    person: RosterEntry | None,
) -> str:
    """One student's page.

    Args:
        asked: what each test asks, by its name.
        hidden: what is shown of hidden tests that failed; with "hint", hidden tests show no picture either.
        pictures: what tests showed, by their names.
        person: the student's row of the roster.
    """
    tests: dict[str, list[TestMark]] = {item.id: [] for item in config.items}
    for test in sheet.tests:
        tests[test.item.id].append(test)
    rows = {item.id: _row(item, tests[item.id], sheet, asked, hidden, pictures) for item in config.items}
    return render(
        "feedback.html",
        sheet=sheet,
        config=config,
        name=person.name if person else "",
        rows=rows,
        lossy=[row for row in rows.values() if row.losses or row.decision],
        pictured=[Pictured(row.item, row.pictures) for row in rows.values() if row.pictures],
    )


def pictures_html(config: Config, results: Mapping[str, TestResult]) -> str:
    """What the public tests showed of a student's models, for `check`."""
    pictured = [
        Pictured(item, shown)
        for item in config.items
        if (shown := tuple(each for test in item.public if test in results for each in results[test].pictures))
    ]
    return render("pictures.html", config=config, pictured=pictured)


def _row(
    item: Item,
    tests: Sequence[TestMark],
    sheet: MarkSheet,
    asked: Mapping[str, str],
    hidden: Literal["example", "hint"],
    pictures: Mapping[str, Sequence[Picture]],
) -> ItemRow:
    alike: dict[tuple[Outcome, str], list[TestMark]] = {}
    for test in tests:
        if test.earned < test.out_of or test.result.outcome is not Outcome.PASSED:
            alike.setdefault((test.result.outcome, message_for(test, hidden)), []).append(test)
    losses = tuple(
        Loss(
            outcome,
            tuple(asked.get(test.result.test, "") for test in those if not hides_example(test, hidden)),
            message,
            round(sum(test.out_of - test.earned for test in those), 4),
        )
        for (outcome, message), those in alike.items()
    )
    shown = (each for test in tests if not hides_example(test, hidden) for each in pictures.get(test.result.test, ()))
    devices = devices_of(test.result for test in tests)
    return ItemRow(item, devices, sheet.items[item.id], losses, tuple(shown), sheet.decided.get(item.id))
