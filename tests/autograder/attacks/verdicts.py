"""What each attack must get, and what it got."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from autograder.records import Outcome


@dataclass(frozen=True)
class Verdict:
    """What an attack must get.

    Attributes:
        kind: the class of attacks that it belongs to.
        marks: what it has earned honestly, by item; 0 for all others.
        outcome: an outcome that at least one test of an item must have; "A or B" where the machine's load decides.
        known: at level reduced, what is known not to be stopped; "" if it is.
    """

    kind: str
    marks: dict[str, float] = field(default_factory=dict)
    outcome: dict[str, str] = field(default_factory=dict)
    known: str = ""


@dataclass
class Graded:
    """What a submission got.

    Attributes:
        marks: item -> marks.
        outcomes: item -> the outcomes of its tests.
        messages: all that its student reads.
        status: "graded", "unreadable" or "grader_error".
        leaks: what it got out: names of canaries, and what it could only say if it had succeeded.
        residue: what it left on the machine.
    """

    marks: dict[str, float]
    outcomes: dict[str, list[str]]
    messages: list[str]
    status: str
    leaks: list[str] = field(default_factory=list)
    residue: list[str] = field(default_factory=list)

    @property
    def total(self) -> float:
        """The sum of its marks."""
        return sum(self.marks.values())


def read_verdicts(path: Path, level: str) -> dict[str, Verdict]:
    """The verdicts at one level, by name; `reduced:` in an entry replaces outcomes there."""
    verdicts = {}
    for name, entry in yaml.safe_load(path.read_text()).items():
        outcome = entry.get("outcome", {}) | (entry.get("reduced", {}) if level == "reduced" else {})
        known = entry.get("known", "") if level == "reduced" else ""
        verdicts[name] = Verdict(entry["class"], entry.get("marks", {}), outcome, known)
    return verdicts


def read_graded(results: Path) -> dict[str, Graded]:
    """What each student got, by name, from the machine's copy of the marks."""
    graded = {}
    for path in results.glob("*.json"):
        document: dict[str, Any] = json.loads(path.read_text())
        items = [item for part in document["parts"] for item in part["items"]]
        graded[document["student"]] = Graded(
            {item["id"]: item["earned"] for item in items},
            {item["id"]: [test["outcome"] for test in item["tests"]] for item in items},
            [test["message"] for item in items for test in item["tests"]],
            document["status"],
        )
    return graded


def wrong(verdict: Verdict, graded: Graded) -> Iterator[str]:
    """What of a graded attack is not as it must be; nothing if the wall held."""
    for item, earned in graded.marks.items():
        if earned != verdict.marks.get(item, 0):
            yield f"{earned:g} marks for {item}, earned are {verdict.marks.get(item, 0):g}"
    for item, outcome in verdict.outcome.items():
        if not set(outcome.split(" or ")) & set(graded.outcomes[item]):
            yield f"no test of {item} is {outcome}: {', '.join(graded.outcomes[item])}"
    if graded.status == "grader_error":
        yield "an error of ours"
    if {outcome for each in graded.outcomes.values() for outcome in each} - set(Outcome):
        yield "an outcome that nobody knows"
    for message in set(graded.messages):
        if len(message.splitlines()) > 2 or "Traceback" in message or _unprintable(message):
            yield f"a message that is not clear: {message!r}"
    if not verdict.known:
        yield from (f"it got out: {each}" for each in graded.leaks)
        yield from (f"it left {each}" for each in graded.residue)


def _unprintable(message: str) -> bool:
    return bool(re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", message))
