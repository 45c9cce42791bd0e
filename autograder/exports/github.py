"""What GitHub shows of one submission: Classroom's result, the job's summary, and annotations on the student's lines.

Classroom's result: https://github.com/classroom-resources/autograding-grading-reporter. Annotations and summary:
https://docs.github.com/actions/reference/workflow-commands-for-github-actions.
"""

from __future__ import annotations

import base64
from typing import Any, Literal

import msgspec

from autograder.config import Config
from autograder.exports.feedback import message_for
from autograder.exports.places import place_in
from autograder.marks.tally import MarkSheet, TestMark
from autograder.records import Outcome

# What GitHub's own toolkit escapes in a workflow command's text.
_ESCAPES = {"%": "%25", "\r": "%0D", "\n": "%0A"}


def classroom_result(sheet: MarkSheet, hidden: Literal["example", "hint"]) -> str:
    """The base64 of Classroom's JSON: the value of a grading step's output `result`."""
    status = "pass" if all(test.result.outcome is Outcome.PASSED for test in sheet.tests) else "fail"
    document = {
        "version": 1,
        "status": "error" if sheet.status != "graded" else status,
        "max_score": sum(test.out_of for test in sheet.tests),
        "tests": [_test(test, message_for(test, hidden)) for test in sheet.tests],
    }
    return base64.b64encode(msgspec.json.encode(document)).decode() + "\n"


def summary(sheet: MarkSheet, config: Config, hidden: Literal["example", "hint"]) -> str:
    """The job's summary, in Markdown: marks by item, and what the tests that failed say."""
    lines = [
        f"## {_plain(config.course)}: {sheet.total:g} of {sheet.out_of:g}",
        "",
        "| item | | marks | of | what to look at |",
        "|---|---|---:|---:|---|",
    ]
    for item in config.items:
        lost = [test for test in sheet.tests if test.item.id == item.id and test.result.outcome is not Outcome.PASSED]
        told = "<br>".join(f"{test.result.outcome}: {_plain(message_for(test, hidden))}" for test in lost)
        sign = "❌" if lost else "✅"
        lines.append(
            f"| {item.id} {_plain(item.title)} | {sign} | {sheet.items[item.id]:g} | {item.marks:g} | {told} |"
        )
    return "\n".join(lines) + "\n"


def annotation_commands(sheet: MarkSheet, hidden: Literal["example", "hint"]) -> str:
    """Workflow commands to print: one for each test that failed, on the line that its message names, if any."""
    lines = []
    for test in sheet.tests:
        if test.result.outcome is Outcome.PASSED:
            continue
        message = message_for(test, hidden)
        place = place_in(message)
        where = f" file={place.file},line={place.line}," if place else " "
        title = _escaped(f"{test.item.id} {test.item.title}").replace(":", "%3A").replace(",", "%2C")
        lines.append(f"::error{where}title={title}::{_escaped(message)}\n")
    return "".join(lines)


def _test(test: TestMark, message: str) -> dict[str, Any]:
    place = place_in(message)
    passed, ours = test.result.outcome is Outcome.PASSED, test.result.outcome is Outcome.GRADER_ERROR
    return {
        "name": f"{test.item.id}: {test.result.test}",
        "status": "pass" if passed else "error" if ours else "fail",
        "score": test.earned,
        "message": message,
        "test_code": test.result.test,
        "filename": place.file if place else "",
        "line_no": place.line if place else 0,
        "duration": round(test.result.wall_seconds, 3),
    }


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
