import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.config import Config
from autograder.exports.tables import marks_csv, outcomes_csv, summary_csv
from autograder.marks.tally import mark_sheet, summarise
from autograder.records import Outcome, SubmissionResult, TestResult

CONFIG = {
    "course": "c",
    "out_of": 3,
    "parts": [
        {
            "id": "A",
            "title": "A part",
            "module": "shapes",
            "items": [
                {"id": "A1", "title": "Seen", "marks": 1, "public": {"test_seen": 1}},
                {"id": "A2", "title": "Unseen", "marks": 2, "hint": "Count.", "hidden": {"test_unseen": 2}},
            ],
        }
    ],
}
hostile = st.text(st.sampled_from("=+-@\t\r\n\"',;ab é李\0"), max_size=12) | st.text(max_size=12)


def config_with(feedback="example"):
    return Config.model_validate(CONFIG | {"feedback": {"grade": feedback}})


def sheet_of(
    student="amal", seen=Outcome.PASSED, unseen=Outcome.FAILED, message="said", sandbox="full", feedback="example"
):
    results = (TestResult("test_seen", seen, message), TestResult("test_unseen", unseen, message))
    return mark_sheet(SubmissionResult(student, "d", results), sandbox, config_with(feedback))


def table(text):
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def harmless(text):
    """The cell for a text: with a mark where a spreadsheet would run it."""
    return f"'{text}" if text.startswith(tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")) else text


def test_marks_have_a_row_per_student_and_a_column_per_item_part_and_total():
    rows = table(marks_csv([sheet_of(), sheet_of("bo", unseen=Outcome.PASSED)], config_with(), {}))
    assert rows[0] == {
        "student": "amal",
        "A1": "1",
        "A2": "0",
        "A": "1",
        "total": "1",
        "out_of": "3",
        "percent": "33.33",
        "late": "",
        "status": "graded",
        "flags": "",
    }
    assert [row["total"] for row in rows] == ["1", "3"]


def test_outcomes_have_a_row_per_student_and_test():
    rows = table(outcomes_csv([sheet_of()], "example"))
    assert [(row["item"], row["test"], row["outcome"], row["earned"], row["message"]) for row in rows] == [
        ("A1", "test_seen", "PASSED", "1", "said"),
        ("A2", "test_unseen", "FAILED", "0", "said"),
    ]


@settings(deadline=None)
@given(st.lists(st.tuples(hostile, hostile), min_size=1, max_size=4))
def test_hostile_names_and_messages_stay_in_their_cells(students):
    sheets = [sheet_of(name, message=message) for name, message in students]
    for text in (marks_csv(sheets, config_with(), {}), outcomes_csv(sheets, "example")):
        rows = table(text)
        assert None not in {key for row in rows for key in row}
        assert {row["student"] for row in rows} == {harmless(name) for name, _ in students}
    messages = [row["message"] for row in table(outcomes_csv(sheets, "example")) if row["item"] == "A2"]
    assert messages == [harmless(message) for _, message in students]


@pytest.mark.parametrize(("feedback", "shown"), [("example", "said"), ("hint", "Unseen: Count.")])
def test_the_config_chooses_what_outcomes_say_of_hidden_tests(feedback, shown):
    sheet = sheet_of(seen=Outcome.FAILED, feedback=feedback)
    rows = table(outcomes_csv([sheet], feedback))
    assert [row["message"] for row in rows] == ["said", shown]


def test_the_summary_has_a_row_per_component():
    sheets = [sheet_of(), sheet_of("bo", unseen=Outcome.PASSED)]
    rows = table(summary_csv(summarise(sheets, config_with()), sheets))
    assert [(row["component"], row["out_of"], row["n"], row["average"], row["median"]) for row in rows] == [
        ("A1", "1", "2", "1", "1"),
        ("A2", "2", "2", "1", "1"),
        ("A", "3", "2", "2", "2"),
        ("total", "3", "2", "2", "2"),
    ]
    assert [(row["min"], row["max"]) for row in rows] == [("1", "1"), ("0", "2"), ("1", "3"), ("1", "3")]


def test_grading_without_a_wall_is_stamped_on_every_table():
    config = config_with()
    for sandbox, stamped in (("none", True), ("reduced", False), ("full", False)):
        sheets = [sheet_of(), sheet_of("bo", sandbox=sandbox)]
        assert ("sandbox:none" in marks_csv(sheets, config, {})) is stamped
        for text in (outcomes_csv(sheets, "example"), summary_csv(summarise(sheets, config), sheets)):
            rows = table(text)
            assert all(row.get("sandbox") == ("none" if stamped else None) for row in rows)


def test_the_same_marks_make_the_same_bytes_whatever_the_times():
    slow = SubmissionResult("amal", "d", (TestResult("test_seen", Outcome.FAILED, "no", "", 9.0),), wall_seconds=99.0)
    fast = SubmissionResult("amal", "d", (TestResult("test_seen", Outcome.FAILED, "no", "", 0.1),), wall_seconds=0.2)
    config = config_with()
    slow_sheet, fast_sheet = (mark_sheet(each, "full", config) for each in (slow, fast))
    assert outcomes_csv([slow_sheet], "example") == outcomes_csv([fast_sheet], "example")
    assert marks_csv([slow_sheet], config, {}) == marks_csv([fast_sheet], config, {})
