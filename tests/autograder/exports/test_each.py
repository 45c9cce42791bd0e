"""Each system's files, read as that system reads them."""

import base64
import csv
import io
import json
from dataclasses import replace

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from junitparser import Error, Failure, JUnitXml, Properties, Skipped

from autograder.config import Config
from autograder.errors import UsageError
from autograder.exports import text as plain
from autograder.exports.each import exported
from autograder.exports.feedback import file_stem
from autograder.exports.format import Format
from autograder.exports.places import by_name, place_in
from autograder.intake.roster import RosterEntry
from autograder.marks.tally import mark_sheet
from autograder.records import Outcome, Override, SubmissionResult, TestResult

CONFIG = Config.model_validate(
    {
        "course": "Shapes | <b>of</b> images",
        "out_of": 4,
        "lms_out_of": 27,
        "quercus_assignment": "Shapes (12345)",
        "parts": [
            {
                "id": "A",
                "title": "A part",
                "module": "shapes",
                "items": [
                    {"id": "A1", "title": "Seen", "marks": 1, "public": {"test_seen": 1}},
                    {
                        "id": "A2",
                        "title": "Unseen",
                        "marks": 2,
                        "hint": "Count.",
                        "hidden": {"test_unseen": 1.5, "test_again": 0.5},
                    },
                    {"id": "A3", "title": "Other", "marks": 1, "hidden": {"test_other": 1}},
                ],
            }
        ],
    }
)
TESTS = [test.name for test in CONFIG.plan()]
# https://gradescope-autograders.readthedocs.io/en/latest/specs/#output-format, as a schema.
VISIBILITY = {"enum": ["hidden", "after_due_date", "after_published", "visible"]}
TEXT_FORMAT = {"enum": ["text", "html", "simple_format", "md", "ansi"]}
GRADESCOPE = {
    "type": "object",
    "additionalProperties": False,
    "anyOf": [{"required": ["score"]}, {"required": ["tests"]}],
    "properties": {
        "score": {"type": "number"},
        "execution_time": {"type": "number"},
        "output": {"type": "string"},
        "output_format": TEXT_FORMAT,
        "test_output_format": TEXT_FORMAT,
        "test_name_format": TEXT_FORMAT,
        "visibility": VISIBILITY,
        "stdout_visibility": VISIBILITY,
        "extra_data": {"type": "object"},
        "leaderboard": {"type": "array"},
        "tests": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "score": {"type": "number"},
                    "max_score": {"type": "number"},
                    "status": {"enum": ["passed", "failed"]},
                    "name": {"type": "string"},
                    "name_format": TEXT_FORMAT,
                    "number": {"type": "string"},
                    "output": {"type": "string"},
                    "output_format": TEXT_FORMAT,
                    "tags": {"type": "array", "items": {"type": "string"}},
                    "visibility": VISIBILITY,
                    "extra_data": {"type": "object"},
                },
            },
        },
    },
}
QUICK = settings(deadline=None, max_examples=60)
# What a student's code can put there: anything.
messages = st.text(max_size=60) | st.sampled_from(
    [
        "line\n::error::forged",
        "a|b",
        "<script>alert(1)</script>",
        "=cmd()",
        "ValueError: no (line 3 of shapes.py)",
        "\x00",
    ]
)
outcomes = st.sampled_from(list(Outcome))
REASON = "the idea | is\n<b>right</b>"


def sheet_of(
    student="amal",
    outcomes=(Outcome.PASSED,) * 4,
    messages=("",) * 4,
    share=0.0,
    device="",
    decided=None,
    lms_id="",
):
    results = tuple(
        TestResult(name, outcome, message, share=share, device=device)
        for name, outcome, message in zip(TESTS, outcomes, messages, strict=True)
    )
    overrides = {item: Override(student, item, marks, REASON, "ta") for item, marks in (decided or {}).items()}
    return mark_sheet(SubmissionResult(student, "d", results, lms_id=lms_id), "full", CONFIG, overrides)


decimals = st.integers(0, 1000).map(lambda marks: marks / 1000)  # as people decide
sheets = st.builds(
    sheet_of,
    st.text(min_size=1, max_size=12),
    st.tuples(*[outcomes] * 4),
    st.tuples(*[messages] * 4),
    st.sampled_from([0.0, 0.5]),
    st.sampled_from(["", "simulated"]),
    st.fixed_dictionaries({}, optional={"A1": decimals, "A2": decimals, "A3": st.sampled_from([0, 1])}),
)
classes = st.lists(sheets, min_size=1, max_size=4, unique_by=lambda sheet: sheet.student)


def files(which, students, roster=None, hidden="hint"):
    return exported(which, students, CONFIG, roster or {}, hidden)


def rows(text):
    return list(csv.reader(io.StringIO(text)))


def uncelled(cell):
    """A cell less the quote that keeps a spreadsheet from running it."""
    return cell.removeprefix("'")


@QUICK
@given(classes)
def test_gradescope_gets_what_its_format_allows(students):
    written = files(Format.GRADESCOPE, students)
    assert len(written) == len(students)
    for text, sheet in zip(written.values(), students, strict=True):
        document = json.loads(text)
        jsonschema.validate(document, GRADESCOPE)
        assert document["score"] == sheet.lms_mark
        # One hidden test would hide the student's total.
        assert {test["visibility"] for test in document["tests"]} == {"visible"}
        assert all(0 <= test["score"] <= test["max_score"] for test in document["tests"])
        assert sum(test["score"] for test in document["tests"]) == pytest.approx(sum(sheet.items.values()), abs=1e-5)


@QUICK
@given(classes)
def test_markus_reads_each_tests_line_by_itself(students):
    for name, text in files(Format.MARKUS, students).items():
        if not name.startswith("tester/"):
            continue
        objects = [json.loads(line) for line in text.split("\n") if line]
        tests = [each for each in objects if "name" in each]
        assert [each["name"] for each in tests] == [f"{test.item}: {test.name}" for test in CONFIG.plan()]
        for each in tests:
            assert each["status"] in ("pass", "partial", "fail", "error")
            assert 0 <= each["marks_earned"] <= each["marks_total"]
            assert each["time"] is None or isinstance(each["time"], int)
            assert (each["status"] == "partial") == (0 < each["marks_earned"] < each["marks_total"]) or each[
                "status"
            ] == "error"
        [sheet] = [each for each in students if f"tester/{file_stem(each.student)}.jsonl" == name]
        assert sum(each["marks_earned"] for each in tests) == pytest.approx(sum(sheet.items.values()), abs=1e-5)
        [comment] = [each["overall_comment"] for each in objects if "overall_comment" in each]
        assert comment.endswith("marks")


@QUICK
@given(classes)
def test_markus_spreadsheet_and_criteria_keep_its_rules(students):
    written = files(Format.MARKUS, students)
    names, totals, *body = rows(written["spreadsheet.csv"])
    assert names[0] == "user_name"
    # A column whose second row is no number of 0 or more would be dropped.
    assert all(float(total) >= 0 for total in totals[1:])
    header, *groups = rows(written["criteria.csv"])
    assert header == ["Group name", "A1", "A2", "A3"]  # an unknown header aborts the upload
    full = {item.id: item.marks for item in CONFIG.items}
    for sheet, row, group in zip(students, body, groups, strict=True):
        assert uncelled(row[0]) == uncelled(group[0]) == uncelled(sheet.student)
        assert 0 <= float(row[1]) <= float(totals[1])
        for item, mark in zip(header[1:], group[1:], strict=True):
            assert 0 <= float(mark) <= full[item]  # outside, the row is rejected


@QUICK
@given(classes)
def test_quercus_imports_what_was_exported(students):
    """As its importer reads: positional columns, points in a second row, rows matched by login, nothing erased."""
    roster = {sheet.student: RosterEntry(sheet.student, "A Name", section="L0101") for sheet in students[:2]}
    header, points, *body = rows(files(Format.QUERCUS, students, roster)["gradebook.csv"])
    assert header == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Shapes (12345)"]
    assert points[0] == "    Points Possible"
    assert float(points[5]) == 27
    told = [sheet for sheet in students if sheet.status != "grader_error" and sheet.student in roster]
    assert len(body) == len(told)
    for sheet, row in zip(told, body, strict=True):
        assert len(row) == len(header)
        assert row[5] != ""  # a blank can erase a grade
        assert round(float(row[5]), 2) == round(sheet.lms_mark, 2)
        assert uncelled(row[3]) == uncelled(sheet.student)
        assert (row[0], row[4]) == ("A Name", "L0101")


@QUICK
@given(classes)
def test_junit_is_read_back_by_junitparser(students):
    document = JUnitXml.fromstring(files(Format.JUNIT, students)["junit.xml"].encode())
    suites = list(document)
    assert len(suites) == len(students)
    kinds = {Outcome.GRADER_ERROR: Error, Outcome.NOT_RUN: Skipped}
    for sheet, suite in zip(students, suites, strict=True):
        assert suite.tests == len(sheet.tests)
        for test, case in zip(sheet.tests, suite, strict=True):
            assert case.name == test.result.test
            expected = [] if test.result.outcome is Outcome.PASSED else [kinds.get(test.result.outcome, Failure)]
            assert [type(result) for result in case.result] == expected


@QUICK
@given(classes)
def test_github_gets_a_result_a_table_and_one_command_a_line(students):
    written = files(Format.GITHUB, students)
    for sheet, at in zip(students, range(0, len(written), 3), strict=True):
        result, summary, commands = list(written.values())[at : at + 3]
        document = json.loads(base64.b64decode(result, validate=False))
        assert document["version"] == 1
        assert document["max_score"] == 4
        assert {test["status"] for test in document["tests"]} <= {"pass", "fail", "error"}
        assert sum(test["score"] for test in document["tests"]) == pytest.approx(sum(sheet.items.values()), abs=1e-5)
        table = [line for line in summary.splitlines() if line.startswith("|")]
        assert len(table) == 2 + len(CONFIG.items)  # no message made a row of its own
        assert all(line.count("|") == 6 for line in table)
        assert "<script" not in summary
        open_items = {item.id for item in CONFIG.items if sheet.items[item.id] < item.marks}
        failed = sum(
            test.result.outcome is not Outcome.PASSED
            and (test.item.id not in sheet.decided or test.item.id in open_items)
            for test in sheet.tests
        )
        kinds = [line.split(" ")[0] for line in commands.split("\n")[:-1]]
        assert kinds == ["::notice"] * len(sheet.decided) + ["::error"] * failed


def test_junit_says_when_each_was_graded():
    sheet = replace(sheet_of(), graded_at="2026-11-20T12:00:00")
    [suite] = JUnitXml.fromstring(files(Format.JUNIT, [sheet])["junit.xml"].encode())
    assert suite.timestamp == "2026-11-20T12:00:00"


def test_annotations_are_on_the_students_line():
    sheet = sheet_of(outcomes=(Outcome.FAILED,) * 4, messages=("no: ValueError (line 3 of shapes.py)", "", "", ""))
    commands = files(Format.GITHUB, [sheet])["amal/annotations.txt"]
    assert "::error file=shapes.py,line=3,title=A1 Seen::no: ValueError (line 3 of shapes.py)" in commands
    tester = files(Format.MARKUS, [sheet])["tester/amal.jsonl"]
    [found] = [json.loads(line)["annotations"] for line in tester.splitlines() if "annotations" in json.loads(line)]
    assert found == [
        {"content": "no: ValueError (line 3 of shapes.py)", "filename": "shapes.py", "line_start": 3, "line_end": 3}
    ]


@pytest.mark.parametrize("which", Format)
def test_hidden_tests_show_title_and_hint_if_the_config_says_so(which):
    sheet = sheet_of(outcomes=(Outcome.FAILED,) * 4, messages=("seen", *("the secret example",) * 3))
    assert all("the secret" not in text for text in files(which, [sheet]).values())


@pytest.mark.parametrize("which", [Format.MARKUS, Format.GRADESCOPE, Format.GITHUB, Format.JUNIT])
@pytest.mark.parametrize("outcome", [Outcome.PASSED, Outcome.FAILED, Outcome.GRADER_ERROR])
def test_a_persons_decision_is_told_with_its_reason(which, outcome):
    sheet = sheet_of(outcomes=(outcome,) * 4, decided={"A2": 1})
    for name, text in files(which, [sheet]).items():
        if name.endswith("result.txt"):
            text = base64.b64decode(text).decode()
        if not name.endswith(".csv"):
            assert "A2: 1 of 2, decided by ta: the idea" in text


def test_the_tests_of_a_decided_item_share_its_marks_and_others_keep_theirs():
    sheet = sheet_of(outcomes=(Outcome.PASSED, *(Outcome.FAILED,) * 3), decided={"A2": 1, "A3": 1})
    lines = [json.loads(line) for line in files(Format.MARKUS, [sheet])["tester/amal.jsonl"].splitlines()]
    assert {each["name"]: (each["marks_earned"], each["status"]) for each in lines if "name" in each} == {
        "A1: test_seen": (1, "pass"),
        "A2: test_unseen": (0.75, "partial"),
        "A2: test_again": (0.25, "partial"),
        "A3: test_other": (1, "pass"),
    }


def test_a_log_says_what_a_person_decided_in_one_line():
    lines = plain.text(sheet_of(outcomes=(Outcome.FAILED,) * 4, decided={"A2": 2}), CONFIG, "hint").splitlines()
    assert lines[2:4] == [
        "pass  A2  Unseen: 2 of 2",
        "          A2: 2 of 2, decided by ta: the idea | is\\n<b>right</b>",
    ]


def test_the_device_that_the_code_found_is_told():
    for which in (Format.MARKUS, Format.GRADESCOPE, Format.GITHUB, Format.JUNIT):
        told = files(which, [sheet_of(device="simulated")])
        assert any("simulated" in content for content in told.values()), which
    assert (
        "device: simulated"
        in base64.b64decode(files(Format.GITHUB, [sheet_of(device="simulated")])["amal/result.txt"]).decode()
    )
    [suite] = JUnitXml.fromstring(files(Format.JUNIT, [sheet_of(device="simulated")])["junit.xml"].encode())
    for case in suite:
        [[told]] = case.iterchildren(Properties)
        assert (told.name, told.value) == ("device", "simulated")
    assert " (simulated): " in plain.text(sheet_of(device="simulated"), CONFIG, "hint")


def in_group(student, **options):
    sheet = sheet_of(student, **options)
    return replace(sheet, flags=("group found", *sheet.flags))


def test_markus_gets_a_criteria_row_for_each_group_and_one_for_who_works_alone():
    roster = {name: RosterEntry(name, group=group) for name, group in (("amal", "g_1"), ("ben", "g_1"), ("cy", ""))}
    students = [in_group("amal"), sheet_of("ben"), in_group("cy"), in_group("dora"), sheet_of("emil")]
    _, *groups = rows(files(Format.MARKUS, students, roster)["criteria.csv"])
    # Of who is in the roster, it has the last word; of others, what intake saw.
    assert groups == [[name, "1", "2", "1"] for name in ("g_1", "cy", "found", "emil")]


def test_markus_keeps_one_mark_per_group_so_members_that_differ_are_told():
    roster = {name: RosterEntry(name, group="g_1") for name in ("amal", "ben")}
    with pytest.raises(UsageError, match=r"members of g_1 \(amal, ben\) differ in A2; .* `autograder override`"):
        files(Format.MARKUS, [sheet_of("amal"), sheet_of("ben", decided={"A2": 1})], roster)


def test_without_a_roster_quercus_gets_everybody():
    _, _, *body = rows(files(Format.QUERCUS, [sheet_of("amal"), sheet_of("ben")])["gradebook.csv"])
    assert [row[3] for row in body] == ["amal", "ben"]


def test_quercus_finds_students_by_the_number_in_its_own_file_names():
    """A login made of a file's name would be nobody's, and the importer would take it for another student."""
    students = [sheet_of("adleranna", lms_id="1001"), sheet_of("ben", lms_id="1002")]
    _, _, *body = rows(files(Format.QUERCUS, students)["gradebook.csv"])
    assert [row[:4] for row in body] == [["adleranna", "1001", "", ""], ["ben", "1002", "", ""]]
    roster = {"ben": RosterEntry("ben", "Ben Brown")}
    _, _, *body = rows(files(Format.QUERCUS, students, roster)["gradebook.csv"])
    assert [row[:4] for row in body] == [["Ben Brown", "1002", "", "ben"]]


def test_markus_is_not_given_names_that_were_made_of_file_names():
    students = [sheet_of("adleranna", lms_id="1001"), sheet_of("ben", lms_id="1002")]
    with pytest.raises(UsageError, match=r"MarkUs user name of adleranna: .* Grade again with --roster"):
        files(Format.MARKUS, students, {"ben": RosterEntry("ben")})
    known = {name: RosterEntry(name) for name in ("adleranna", "ben")}
    assert [row[0] for row in rows(files(Format.MARKUS, students, known)["spreadsheet.csv"])[2:]] == [*known]


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("", "write its title and id"),
        ("Shapes", r"'Shapes' does not end in .*: Assignment 3 \(123456\)"),
        ("Shapes(12345)", "write its title and id"),
        ("Shapes (12345) late", "write its title and id"),
        ("Final Grades of images (12345)", "has 'Final Grade' in it"),
        ("Unposted Current Score (12345)", "has 'Current Score' in it"),
    ],
)
def test_a_title_under_which_quercus_would_lose_the_marks_is_told_with_the_fix(title, words):
    config = CONFIG.model_copy(update={"quercus_assignment": title})
    with pytest.raises(UsageError, match=rf"grading_config\.yaml, quercus_assignment: .*{words}"):
        exported(Format.QUERCUS, [sheet_of()], config, {}, "hint")


def test_a_place_is_in_the_students_own_files_where_they_are_known():
    paths = by_name({"shapes.py": "hw/shapes.py", "old/shapes.py": "hw/old/shapes.py", "lib/net.py": "hw/lib/net.py"})
    assert place_in("no (line 3 of shapes.py)", paths) == ("hw/shapes.py", 3)
    assert place_in("no (line 3 of net.py)", paths) == ("hw/lib/net.py", 3)
    assert place_in("no (line 3 of passwords.py)", paths) is None
    assert place_in("no (line 3 of passwords.py)") == ("passwords.py", 3)
