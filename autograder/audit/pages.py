"""What an audit writes: audit.csv and messages.csv for spreadsheets, audit.html for people."""

from __future__ import annotations

from collections.abc import Sequence

from jinja2 import Environment, PackageLoader

from autograder.audit.figures import Figure, Judged
from autograder.audit.samples import Kind
from autograder.config import Config
from autograder.exports.files import csv_text
from autograder.records import Outcome

# What a cell of the kill matrix shows, and says: shape and word, never colour alone.
_CELLS = {
    "kept": ("·", "keeps its marks, as it must"),
    "lost": ("●", "loses marks, as it must"),
    "wrongly lost": ("✗ lost", "loses marks, and must not"),
    "wrongly kept": ("✗ kept", "keeps its marks, and must not"),
    "error": ("?", "the grader failed"),
    "": ("", "not asked"),
}


def audit_csv(runs: Sequence[Judged], config: Config) -> str:
    """The kill matrix: a row for each run, a column for each item with the share of its marks that was earned."""
    items = [item.id for item in config.items]
    heading = ["kind", "submission", "seed", "should_lose", "loses", "marks_lost", "right", *items]
    rows = [
        [
            each.run.sample.kind,
            each.run.sample.name,
            each.run.seed,
            _should_lose(each),
            " ".join(item for item in items if item in each.lost),
            round(each.missing, 4),
            "yes" if each.right else "no",
            *(each.shares.get(item, "") for item in items),
        ]
        for each in runs
    ]
    return csv_text([heading, *rows])


def messages_csv(runs: Sequence[Judged]) -> str:
    """What each chaff is told: a row for each test that it did not pass."""
    rows = [
        [each.run.sample.name, result.test, result.outcome, result.message]
        for each in runs
        if each.run.sample.kind is Kind.CHAFF and each.run.seed == 0
        for result in each.run.results.values()
        if result.outcome not in (Outcome.PASSED, Outcome.BLOCKED)
    ]
    return csv_text([["submission", "test", "outcome", "message"], *rows])


def audit_html(
    runs: Sequence[Judged], all_tests: Sequence[Figure], public: Sequence[Figure], config: Config, about: str
) -> str:
    """The page: figures, what is wrong, and the kill matrix.

    Args:
        all_tests: the figures by all tests.
        public: the same by the tests that students have.
        about: what was run, in one sentence.
    """
    environment = Environment(loader=PackageLoader("autograder.audit"), autoescape=True, trim_blocks=True)
    items = [item.id for item in config.items]
    matrices = {
        kind: [(each, [_cell(each, item) for item in items]) for each in runs if each.run.sample.kind is kind]
        for kind in Kind
    }
    return environment.get_template("audit.html").render(
        course=config.course,
        about=about,
        figures=list(zip(all_tests, public, strict=True)),
        items=items,
        matrices=matrices,
        cells=_CELLS,
    )


def _should_lose(judged: Judged) -> str:
    loses = judged.run.sample.loses
    return "something" if loses is None else " ".join(item for item in judged.run.sample.items if item in loses)


def _cell(judged: Judged, item: str) -> str:
    if item in judged.errors:
        return "error"
    if item not in judged.shares:
        return ""
    if item in judged.lost:
        return "lost" if judged.run.sample.loses is None or item in judged.must_lose else "wrongly lost"
    return "wrongly kept" if item in judged.must_lose else "kept"
