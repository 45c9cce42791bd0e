"""A class's, or one submission's, tests as JUnit XML, as pytest writes it and CI systems read it."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import Literal

from junitparser import Error, Failure, JUnitXml, Properties, Property, Skipped, TestCase, TestSuite

from autograder.config import Config
from autograder.exports.rows import decision_on, rows_of
from autograder.marks.tally import MarkSheet
from autograder.records import Outcome

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(sheets: Sequence[MarkSheet], config: Config, hidden: Literal["example", "hint"]) -> str:
    """A suite per student, a case per test; our own errors are errors, a device that is missing skips.

    It knows no marks: a case is what became of the test, with the device and a person's decision as properties.
    """
    document = JUnitXml(_text(config.course))
    for sheet in sheets:
        suite = TestSuite(_text(sheet.student))
        if sheet.graded_at:
            suite.timestamp = sheet.graded_at
        for row in rows_of(sheet, hidden):
            test = row.test
            seconds = round(test.result.wall_seconds, 3)
            case = TestCase(test.result.test, classname=f"{test.item.id} {_text(test.item.title)}", time=seconds)
            kind = {Outcome.GRADER_ERROR: Error, Outcome.NOT_RUN: Skipped}.get(test.result.outcome, Failure)
            if test.result.outcome is not Outcome.PASSED:
                case.result = [kind(_text(row.told), str(test.result.outcome))]
            told = {"device": test.result.device, "decision": decision_on(sheet, test.item)}
            if any(told.values()):
                properties = Properties()
                for name, value in told.items():
                    if value:
                        properties.add_property(Property(name, _text(value)))
                case.append(properties)
            suite.add_testcase(case)
        document.add_testsuite(suite)
    document.update_statistics()
    stream = io.BytesIO()
    document.write(stream)
    return stream.getvalue().decode()


def _text(text: str) -> str:
    """The text without characters that XML cannot hold, not even escaped."""
    return _NOT_XML.sub("\ufffd", text)
