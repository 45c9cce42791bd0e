"""`results/<student>.json`: all of one student's marks, with what they may read about each."""

from __future__ import annotations

import hashlib
from typing import Literal
from urllib.parse import quote

import msgspec

from autograder.config import Config
from autograder.marks.tally import MarkSheet, TestMark
from autograder.records import Outcome, Override

_LONGEST_NAME = 200


def hides_example(test: TestMark, hidden: Literal["example", "hint"]) -> bool:
    """Whether the student sees the item's title and hint alone: not what the test asked, nor what it showed."""
    return not test.public and hidden == "hint"


def message_for(test: TestMark, hidden: Literal["example", "hint"]) -> str:
    """What the student reads about a test: at most a score if it passed, title and hint if the example is hidden."""
    result = test.result
    if result.outcome is Outcome.PASSED:
        return result.message
    if hides_example(test, hidden) and result.outcome is not Outcome.GRADER_ERROR:
        hint = f": {test.item.hint}" if test.item.hint else ""
        return f"{test.item.title}{hint}"
    return result.message


def file_stem(student: str) -> str:
    """The student's file name less its ending; what a file system might not take is written %XX, a long one cut."""
    name = quote(student, safe=" @+,=~", errors="backslashreplace") or "%"
    if name.startswith("."):  # hidden, this folder, or the one above
        name = f"%2E{name[1:]}"
    if len(name) > _LONGEST_NAME:
        name = f"{name[:_LONGEST_NAME]}...{hashlib.sha256(student.encode(errors='backslashreplace')).hexdigest()[:16]}"
    return name


def results_json(sheet: MarkSheet, config: Config, hidden: Literal["example", "hint"]) -> str:
    """One student's marks as JSON; the same marks make the same bytes."""
    document = {
        "student": sheet.student,
        "course": config.course,
        "total": sheet.total,
        "out_of": sheet.out_of,
        "percent": sheet.percent,
        "lms": {"mark": sheet.lms_mark, "out_of": config.lms_out_of or config.out_of},
        "status": sheet.status,
        "flags": sheet.flags,
        "sandbox": sheet.sandbox,
        "submission_sha256": sheet.digest,
        "parts": [
            {
                "id": part.id,
                "title": part.title,
                "earned": sheet.parts[part.id],
                "items": [
                    {
                        "id": item.id,
                        "title": item.title,
                        "earned": sheet.items[item.id],
                        "out_of": item.marks,
                        "decision": _decision(sheet.decided.get(item.id)),
                        "hint": item.hint if sheet.items[item.id] < item.marks else "",
                        "tests": [
                            {
                                "test": test.result.test,
                                "visibility": "public" if test.public else "hidden",
                                "outcome": str(test.result.outcome),
                                "device": test.result.device,
                                "earned": test.earned,
                                "out_of": test.out_of,
                                "message": message_for(test, hidden),
                            }
                            for test in sheet.tests
                            if test.item.id == item.id
                        ],
                    }
                    for item in part.items
                ],
            }
            for part in config.parts
        ],
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def _decision(decided: Override | None) -> dict[str, object] | None:
    return {"marks": decided.marks, "reason": decided.reason, "by": decided.by} if decided else None
