"""Plans for Quercus, made with its real client library against a stand-in."""

from __future__ import annotations

import json
import traceback

import pytest

from autograder.config import Config
from autograder.errors import UploadError, UsageError
from autograder.intake.layouts import UNCERTAIN
from autograder.marks.tally import mark_sheet
from autograder.push import connection, quercus
from autograder.records import Outcome, SubmissionResult, TestResult

SETTINGS = {
    "course": "Words",
    "out_of": 4,
    "quercus_course": 7,
    "quercus_assignment": "Words (12345)",
    "parts": [
        {
            "id": "W",
            "title": "Words",
            "module": "words",
            "items": [
                {"id": "W1", "title": "One", "marks": 2, "public": {"test_one": 2}},
                {"id": "W2", "title": "Two", "marks": 2, "hidden": {"test_two": 2}},
            ],
        }
    ],
}
CONFIG = Config.model_validate(SETTINGS)


def sheet_of(student, *outcomes, lms_id="", flags=()):
    results = tuple(map(TestResult, ("test_one", "test_two"), outcomes))
    return mark_sheet(SubmissionResult(student, "d", results, flags, lms_id=lms_id), "full", CONFIG)


GOOD, HALF = (Outcome.PASSED, Outcome.PASSED), (Outcome.PASSED, Outcome.FAILED)
SHEETS = [sheet_of("anna", *GOOD), sheet_of("ben", *HALF), sheet_of("cy", *GOOD)]


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(connection, "_PAUSES", (0.01, 0.01))


@pytest.fixture
def enrolled(stand_in):
    stand_in.canvas = {"anna": None, "ben": 2.0, "cy": 3.5, "dora": None, "emil": 1}
    return stand_in


def test_only_what_differs_is_planned_and_nothing_is_sent(enrolled):
    plan = quercus.plan(SHEETS, CONFIG)
    assert [(each.student, each.before, each.after) for each in plan.changes] == [
        ("anna", {"mark": None}, {"mark": 4}),
        ("cy", {"mark": 3.5}, {"mark": 4}),
    ]
    assert plan.agreeing == 1
    assert plan.left_out == {}
    assert enrolled.changes == []
    # Five students came in pages of two.
    assert sum("GET /api/v1/courses/7/search_users" in each for each in enrolled.asked) == 3


def test_sending_puts_each_grade_and_the_next_plan_is_empty(enrolled):
    for change in quercus.plan(SHEETS, CONFIG).changes:
        change.send()
    assert enrolled.canvas == {"anna": 4, "ben": 2, "cy": 4, "dora": None, "emil": 1}
    assert len(enrolled.changes) == 2
    again = quercus.plan(SHEETS, CONFIG)
    assert (again.changes, again.agreeing) == ((), 3)


def test_who_cannot_be_pushed_is_left_out_with_the_reason(enrolled):
    enrolled.excused = {"ben"}
    sheets = [
        sheet_of("anna", Outcome.GRADER_ERROR, Outcome.PASSED),
        sheet_of("ben", *GOOD),
        sheet_of("cy", *GOOD, flags=(UNCERTAIN,)),
        sheet_of("zoe", *GOOD),
    ]
    plan = quercus.plan(sheets, CONFIG)
    assert plan.changes == ()
    assert plan.left_out == {
        "anna": "a person has to look first",
        "ben": "excused in Quercus",
        "cy": "its file's name does not say for certain whose it is; enter the mark by hand",
        "zoe": "nobody in Quercus has this number, SIS Login ID or SIS User ID",
    }


def test_a_number_that_quercus_gave_says_whose_mark_it_is(enrolled):
    """Not the name, which may be made of a file's, or be another's login."""
    plan = quercus.plan([sheet_of("anna", *GOOD, lms_id="103"), sheet_of("zoe", *GOOD, lms_id="999")], CONFIG)
    for change in plan.changes:
        change.send()
    assert enrolled.canvas == {"anna": None, "ben": 2.0, "cy": 3.5, "dora": 4, "emil": 1}
    assert [*plan.left_out] == ["zoe"]


def test_what_quercus_takes_off_for_lateness_is_not_sent_again_each_time(enrolled):
    made = enrolled.submission
    enrolled.submission = lambda user: made(user) | {"score": 0.5}
    assert quercus.plan([SHEETS[1]], CONFIG).agreeing == 1


def test_a_grade_that_quercus_does_not_keep_is_a_failure(enrolled):
    enrolled.keeps = 1.0
    [change] = quercus.plan([SHEETS[0]], CONFIG).changes
    with pytest.raises(UploadError, match=r"keeps 1\.0 instead; is the assignment graded in points"):
        change.send()


@pytest.mark.parametrize("status", [403, 429])
def test_a_rate_limit_is_waited_for(enrolled, status):
    left = [2]

    def limited(method, path):
        if method == "PUT" and left[0]:
            left[0] -= 1
            return status, {"X-Rate-Limit-Remaining": "0.0"}, f"{status} Forbidden (Rate Limit Exceeded)\n"
        return None

    enrolled.trouble = limited
    quercus.plan([SHEETS[0]], CONFIG).changes[0].send()
    assert enrolled.canvas["anna"] == 4
    assert len(enrolled.changes) == 3


UNAUTHORISED = json.dumps({"status": "unauthorized", "errors": [{"message": "user not authorized"}]})
TROUBLES = {
    "expired": (
        (401, {"WWW-Authenticate": 'Bearer realm="canvas-lms"'}, '{"errors":[{"message":"Expired access token."}]}'),
        "make a new one and put it into QUERCUS_TOKEN",
    ),
    "not an instructor": ((401, {}, UNAUTHORISED), "use that of an instructor"),
    "forbidden": ((403, {}, '{"errors":[{"message":"forbidden"}]}'), "forbidden"),
    "limited": ((403, {}, "403 Forbidden (Rate Limit Exceeded)"), "Rate Limit Exceeded"),
    "not there": ((404, {}, '{"errors":[{"message":"The specified resource does not exist."}]}'), "check the ids in"),
    "invalid": ((400, {}, '{"errors":[{"message":"Invalid grade"}]}'), "Invalid grade"),
    "broken": ((500, {}, '{"errors":[{"message":"An error occurred."}],"error_report_id":12}'), "status code 500"),
    "maintenance": ((503, {}, "<html>Canvas is down</html>"), "status code 503"),
    "login page": ((200, {}, "<html>Log in</html>"), "is no JSON, a login page or a proxy's; check QUERCUS_URL"),
}


@pytest.mark.parametrize("name", TROUBLES)
@pytest.mark.parametrize("when", ["GET", "PUT"])
def test_each_kind_of_refusal_is_one_sentence(enrolled, token, name, when):
    answer, words = TROUBLES[name]
    enrolled.trouble = lambda method, path: answer if method == when else None
    with pytest.raises(UploadError) as raised:
        quercus.plan([SHEETS[0]], CONFIG).changes[0].send()
    assert words in str(raised.value)
    assert len(str(raised.value).splitlines()) == 1
    assert token not in "".join(traceback.format_exception(raised.value))
    assert enrolled.canvas["anna"] is None


def test_no_answer_in_time_is_one_sentence(enrolled, slow):
    enrolled.trouble = slow
    with pytest.raises(UploadError, match=r"no answer within 0\.5 seconds"):
        quercus.plan(SHEETS, CONFIG)


def test_nobody_there_is_one_sentence(enrolled, monkeypatch):
    monkeypatch.setenv("QUERCUS_URL", "http://127.0.0.1:9")
    with pytest.raises(UploadError, match="cannot be reached; is QUERCUS_URL right"):
        quercus.plan(SHEETS, CONFIG)


def test_another_system_that_repeats_the_token_does_not_get_it_shown(enrolled, token):
    enrolled.trouble = lambda method, path: (400, {}, f"what is {token}?\n\x1b[31m" + "x" * 999)
    with pytest.raises(UploadError) as raised:
        quercus.plan(SHEETS, CONFIG)
    assert "what is ...?" in str(raised.value)
    assert "\x1b" not in str(raised.value)
    assert len(str(raised.value)) < 300


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"quercus_course": None}, "set quercus_course"),
        ({"quercus_assignment": "Words"}, "write its title and id"),
        ({"lms_out_of": 30}, "out of 4.0 in Quercus, and marks here are out of 30; set lms_out_of"),
    ],
)
def test_a_config_that_does_not_fit_is_told_with_the_fix(enrolled, settings, words):
    with pytest.raises(UsageError, match=words):
        quercus.plan(SHEETS, Config.model_validate(SETTINGS | settings))


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("QUERCUS_TOKEN", "", "QUERCUS_TOKEN; set both"),
        ("QUERCUS_URL", "", "no QUERCUS_URL"),
        ("QUERCUS_URL", "http://q.example.com", "must begin with https://"),
        ("QUERCUS_URL", "q.example.com", "must begin with https://"),
        ("QUERCUS_TOKEN", "abc\ndef", "a character that no token has"),
        ("QUERCUS_TOKEN", "ab\u0142c", "a character that no token has"),
    ],
)
def test_an_environment_that_does_not_do_is_told_with_the_fix(stand_in, monkeypatch, variable, value, words):
    monkeypatch.setenv(variable, value)
    with pytest.raises(UsageError, match=words) as raised:
        quercus.plan(SHEETS, CONFIG)
    assert "abc" not in str(raised.value)
    assert stand_in.asked == []


def test_an_account_does_not_show_its_token(stand_in, token):
    assert token not in repr(connection.account("quercus"))
