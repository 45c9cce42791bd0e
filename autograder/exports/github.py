"""What GitHub shows of one submission: Classroom's result, the job's summary, and annotations on the student's lines.

Classroom's result: https://github.com/classroom-resources/autograding-grading-reporter. Annotations and summary:
https://docs.github.com/actions/reference/workflow-commands-for-github-actions.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from autograder.config import Config, Item
from autograder.exports.places import place_in
from autograder.exports.rows import Row, decision_on, rows_of
from autograder.marks.tally import MarkSheet
from autograder.records import devices_of

# What GitHub's own toolkit escapes in a workflow command's text.
_ESCAPES = {"%": "%25", "\r": "%0D", "\n": "%0A"}


def classroom_result(sheet: MarkSheet, hidden: Literal["example", "hint"], paths: Mapping[str, str] | None) -> str:
    """The base64 of Classroom's JSON: the value of a grading step's output `result`.

    Args:
        paths: see `annotation_commands`.
    """
    rows = rows_of(sheet, hidden)
    status = "pass" if all(row.passed for row in rows) else "fail"
    document = {
        "version": 1,
        "status": "error" if sheet.status != "graded" else status,
        "max_score": sum(test.out_of for test in sheet.tests),
        "tests": [_test(row, paths) for row in rows],
    }
    return base64.b64encode(msgspec.json.encode(document)).decode() + "\n"


def summary(sheet: MarkSheet, config: Config, hidden: Literal["example", "hint"]) -> str:
    """The job's summary, in Markdown: marks by item, what a person decided, and what the tests that failed say."""
    rows = rows_of(sheet, hidden)
    lines = [
        f"## {_plain(config.course)}: {sheet.total:g} of {sheet.out_of:g}",
        "",
        "| item | | marks | of | what to look at |",
        "|---|---|---:|---:|---|",
    ]
    for item in config.items:
        own = [row for row in rows if row.test.item.id == item.id]
        notes = [_plain(decision_on(sheet, item))] if decision_on(sheet, item) else []
        told = "<br>".join(notes + [f"{row.test.result.outcome}: {_plain(row.message)}" for row in own if row.failed])
        title = item.title + devices_of(row.test.result for row in own)
        sign = "✅" if all(row.passed for row in own) else "❌"
        lines.append(f"| {item.id} {_plain(title)} | {sign} | {sheet.items[item.id]:g} | {item.marks:g} | {told} |")
    return "\n".join(lines) + "\n"


def annotation_commands(sheet: MarkSheet, hidden: Literal["example", "hint"], paths: Mapping[str, str] | None) -> str:
    """Workflow commands to print: one for each decision, and for each test that failed, on the line that it names.

    Args:
        paths: the student's files by name; for GitHub, relative to the workspace. See `places.place_in`.
    """
    decisions = [
        (item, decision_on(sheet, item)) for item in {test.item.id: test.item for test in sheet.tests}.values()
    ]
    lines = [f"::notice title={_title(item)}::{_escaped(decision)}\n" for item, decision in decisions if decision]
    for row in rows_of(sheet, hidden):
        if not row.failed:
            continue
        place = place_in(row.message, paths)
        where = f" file={_property(place.file)},line={place.line}," if place else " "
        lines.append(f"::error{where}title={_title(row.test.item)}::{_escaped(row.told)}\n")
    return "".join(lines)


def _test(row: Row, paths: Mapping[str, str] | None) -> dict[str, Any]:
    place = place_in(row.message, paths)
    name = row.test.result.test
    return {
        "name": f"{row.test.item.id}: {name}",
        "status": "pass" if row.passed else "error" if row.ours else "fail",
        "score": row.earned,
        "message": row.told,
        "test_code": name,
        "filename": place.file if place else "",
        "line_no": place.line if place else 0,
        "duration": round(row.test.result.wall_seconds, 3),
    }


def _title(item: Item) -> str:
    return _property(f"{item.id} {item.title}")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")


def _escaped(text: str) -> str:
    for character, code in _ESCAPES.items():
        text = text.replace(character, code)
    return text


def _plain(text: str) -> str:
    """Text that is no Markdown, no HTML and no second row of a table."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for character in "\\`*_[]|!#@":
        text = text.replace(character, f"&#{ord(character)};")
    return " ".join(text.split())
