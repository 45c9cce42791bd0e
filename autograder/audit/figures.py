"""From results to the kill matrix and the figures: how often the tests are wrong, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autograder.audit.runs import Run
from autograder.audit.samples import Kind
from autograder.config import Config, Item
from autograder.records import Outcome

_MARGIN = 1e-9


@dataclass(frozen=True)
class Judged:
    """One run's marks, item by item.

    Attributes:
        shares: item id -> the share of the marks that its tests earned, of those that were run.
        lost: the items that lost marks: more than a right solution may where a quality is measured.
        missing: the marks lost.
        least: the marks that it must lose at least.
        unfinished: the items of which some tests were not run; that they keep their marks says nothing yet.
        errors: the items in which the grader failed; nothing is said of them.
    """

    run: Run
    shares: dict[str, float]
    lost: frozenset[str]
    missing: float
    least: float
    unfinished: frozenset[str]
    errors: tuple[str, ...]

    @property
    def must_lose(self) -> frozenset[str]:
        """The items that the sample's mistake must cost, as far as that was asked."""
        loses = self.run.sample.loses or frozenset()
        return frozenset(item for item in loses if item in self.shares and item not in self.unfinished - self.lost)

    @property
    def loses_too_little(self) -> bool:
        """Whether the right items lose marks, but fewer than the mistake must cost."""
        known = not self.unfinished and not self.errors and self.must_lose <= self.lost
        return known and self.missing < self.least - _MARGIN

    @property
    def right(self) -> bool:
        """Whether it got the verdict that it must get, as far as its tests were run."""
        if self.run.sample.loses is None:
            return bool(self.lost or self.unfinished or self.errors)
        return self.lost == self.must_lose and not self.loses_too_little


@dataclass(frozen=True)
class Case:
    """One verdict that is wrong: which run, which item ("" for all of them), and what was said."""

    judged: Judged
    item: str
    said: str


@dataclass(frozen=True)
class Figure:
    """One of the figures.

    Attributes:
        meaning: what is counted, out of what.
        count: how many, out of `of`.
        bound: the share that the config allows.
        at_least: whether the share must reach the bound, rather than stay within it.
        cases: the verdicts that are wrong.
    """

    name: str
    meaning: str
    count: int
    of: int
    bound: float
    cases: tuple[Case, ...]
    at_least: bool = False

    @property
    def share(self) -> float:
        """`count` of `of`; of nothing, what is wished for."""
        return self.count / self.of if self.of else float(self.at_least)

    @property
    def holds(self) -> bool:
        """Whether it keeps its bound."""
        return self.share >= self.bound - _MARGIN if self.at_least else self.share <= self.bound + _MARGIN


def judge(run: Run, config: Config, public_only: bool = False) -> Judged:
    """Add up what a run's tests earned, item by item.

    Args:
        public_only: leave the hidden tests out.
    """
    shares: dict[str, float] = {}
    lost: set[str] = set()
    errors: list[str] = []
    missing = 0.0
    unfinished: set[str] = set()
    for item in config.items:
        if item.id not in run.sample.items:
            continue
        tests = {name: marks for name, marks in (item.public if public_only else item.tests).items() if marks > 0}
        results = {name: run.results[name] for name in tests if name in run.results}
        if len(results) < len(tests):
            unfinished.add(item.id)
        if any(result.outcome is Outcome.GRADER_ERROR for result in results.values()):
            errors.append(item.id)
        elif results:
            out_of = sum(tests[name] for name in results)
            earned = sum(
                tests[name] * (1 if result.outcome is Outcome.PASSED else result.share)
                for name, result in results.items()
            )
            shares[item.id] = earned / out_of
            missing += out_of - earned
            # A quality is on a scale, on which right solutions differ; what must be lost may be lost in part.
            if shares[item.id] < _kept_by(run, item) - _MARGIN:
                lost.add(item.id)
    least = 0.0 if public_only else run.sample.least
    return Judged(run, shares, frozenset(lost), missing, least, frozenset(unfinished), tuple(errors))


def figures(runs: Sequence[Judged], config: Config) -> list[Figure]:
    """False failures, false passes of planted mistakes and of mutants, precision."""
    bounds = config.audit
    of_kind = {kind: [each for each in runs if each.run.sample.kind is kind] for kind in Kind}
    wrong = of_kind[Kind.CHAFF] + of_kind[Kind.UNFILLED]
    correct = of_kind[Kind.WHEAT] + of_kind[Kind.EQUIVALENT]
    failing = [each for each in correct if each.lost]
    asked = [(each, item) for each in wrong for item in each.must_lose]
    passing = [Case(each, item, "full marks") for each, item in asked if item not in each.lost]
    passing += [
        Case(each, "", f"loses {each.missing:g} marks, and should lose {each.least:g}")
        for each in wrong
        if each.loses_too_little
    ]
    decided = [each for each in of_kind[Kind.MUTANT] if each.lost or not each.unfinished]
    surviving = [each for each in decided if not each.lost and not each.errors]
    lost = [(each, item) for each in wrong for item in each.lost]
    unjust = [(each, item) for each, item in lost if item not in each.must_lose]
    return [
        Figure(
            "false failures",
            "correct solutions, equivalent mutants among them, that lose marks",
            len(failing),
            len(correct),
            bounds.false_failures,
            tuple(_lost_case(each, item, config) for each in failing for item in sorted(each.lost)),
        ),
        Figure(
            "false passes",
            "items that a planted mistake must cost, and does not",
            len(passing),
            len(asked),
            bounds.false_passes,
            tuple(passing),
        ),
        Figure(
            "surviving mutants",
            "mutants of the solution that lose nothing",
            len(surviving),
            len(decided),
            bounds.surviving_mutants,
            tuple(Case(each, "", "full marks") for each in surviving),
        ),
        Figure(
            "precision",
            "of the items lost to planted mistakes, those that the mistake must cost",
            len(lost) - len(unjust),
            len(lost),
            bounds.precision,
            tuple(_lost_case(each, item, config) for each, item in unjust),
            at_least=True,
        ),
    ]


def _kept_by(run: Run, item: Item) -> float:
    """The share of an item's marks below which a run counts as having lost it: of what is right, a little may go."""
    loses = run.sample.loses
    return 1.0 if loses is None or item.id in loses else item.right_keeps


def _lost_case(judged: Judged, item: str, config: Config) -> Case:
    tests = next(each.tests for each in config.items if each.id == item)
    results = [judged.run.results[name] for name in tests if name in judged.run.results]
    failed = [result for result in results if result.outcome is not Outcome.PASSED]
    return Case(judged, item, "; ".join(f"{each.test}: {each.outcome}: {each.message}" for each in failed[:1]))
