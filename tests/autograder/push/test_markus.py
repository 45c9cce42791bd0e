"""Plans for MarkUs, made with its real client library against a stand-in."""

from __future__ import annotations

import traceback

import pytest

from autograder.config import Config
from autograder.errors import UploadError, UsageError
from autograder.marks.tally import mark_sheet
from autograder.push import connection, markus
from autograder.records import Outcome, Override, SubmissionResult, TestResult

SETTINGS = {
    "course": "Words",
    "out_of": 4,
    "markus_course": 3,
    "markus_assignment": 9,
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
GOOD, HALF = (Outcome.PASSED, Outcome.PASSED), (Outcome.PASSED, Outcome.FAILED)


def sheet_of(student, outcomes, *, flags=(), override=None):
    results = tuple(map(TestResult, ("test_one", "test_two"), outcomes))
    decided = {"W2": Override(student, "W2", override, "seen", "a TA")} if override is not None else {}
    return mark_sheet(SubmissionResult(student, "d", results, flags), "full", CONFIG, decided)


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(connection, "_PAUSES", (0.01, 0.01))


@pytest.fixture
def groups(stand_in):
    stand_in.markus = {
        "anna": {"W1": None, "W2": None},
        "group_1": {"W1": 2.0, "W2": 0.0},
        "complete": {"W1": 2.0, "W2": 0.0},
    }
    return stand_in


def test_only_what_differs_is_planned_and_nothing_is_sent(groups):
    plan = markus.plan([sheet_of("anna", GOOD), sheet_of("user_group_1", HALF)], CONFIG)
    [change] = plan.changes
    assert (change.student, change.before, change.after) == ("anna", {"W1": None, "W2": None}, {"W1": 2, "W2": 2})
    assert plan.agreeing == 1
    assert groups.changes == []


@pytest.mark.parametrize("student", ["group_1", "user_group_1"])
def test_sending_marks_the_group_of_a_user_or_the_one_of_that_name(groups, student):
    sheets = [sheet_of(student, GOOD)]
    [change] = markus.plan(sheets, CONFIG).changes
    change.send()
    assert groups.markus["group_1"] == {"W1": 2, "W2": 2}
    assert markus.plan(sheets, CONFIG).agreeing == 1
    assert groups.changes == ['PUT /api/courses/3/assignments/9/groups/501/update_marks.json {"W1": 2.0, "W2": 2.0}']


def test_a_group_is_marked_once_and_not_where_its_members_differ(groups):
    alike = [sheet_of("group_1", GOOD), sheet_of("user_group_1", GOOD)]
    assert [change.student for change in markus.plan(alike, CONFIG).changes] == ["group_1, user_group_1"]
    apart = [sheet_of("group_1", HALF, override=1.5), sheet_of("user_group_1", HALF)]
    plan = markus.plan(apart, CONFIG)
    assert plan.changes == ()
    assert set(plan.left_out.values()) == {"members of group_1 have different marks; decide in MarkUs"}
    assert list(plan.left_out) == ["group_1", "user_group_1"]


def test_who_cannot_be_pushed_is_left_out_with_the_reason(groups):
    plan = markus.plan(
        [
            sheet_of("anna", (Outcome.GRADER_ERROR, Outcome.PASSED)),
            sheet_of("group_1", HALF, flags=("handed in nothing",)),
            sheet_of("zoe", GOOD),
        ],
        CONFIG,
    )
    assert plan.changes == ()
    assert plan.left_out == {
        "anna": "a person has to look first",
        "group_1": "handed in nothing, and MarkUs marks submissions",
        "zoe": "MarkUs has no such user or group in this assignment",
    }


def test_a_marking_that_is_complete_there_is_a_failure(groups):
    [change] = markus.plan([sheet_of("complete", GOOD)], CONFIG).changes
    with pytest.raises(UploadError, match="already completed"):
        change.send()


def test_a_bonus_criterion_is_found_under_its_longer_name(groups):
    groups.criteria = {"W1": 2.0, "W2 (Bonus)": 2.0}
    assert markus.plan([sheet_of("group_1", HALF)], CONFIG).agreeing == 1


@pytest.mark.parametrize(
    ("criteria", "words"),
    [
        ({"W1": 2.0}, "no criterion W2; make one, out of 2"),
        ({"W1": 2.0, "W2": 3.0}, "W2 is out of 3.0 there and out of 2 here"),
    ],
)
def test_criteria_that_are_not_the_items_are_told_before_anything_is_sent(groups, criteria, words):
    groups.criteria = criteria
    with pytest.raises(UsageError, match=words):
        markus.plan([sheet_of("anna", GOOD)], CONFIG)


def test_a_config_that_does_not_say_where_is_told_with_the_fix(stand_in):
    with pytest.raises(UsageError, match="set markus_course and markus_assignment"):
        markus.plan([], Config.model_validate(SETTINGS | {"markus_course": None}))


TROUBLES = {
    "refused": ((403, {}, '{"code": "403", "description": "Forbidden"}'), "Forbidden"),
    "not there": ((404, {}, '{"status": 404, "error": "Not Found"}'), "Not Found"),
    "broken": ((500, {}, "<html>\n<h1>We are sorry</h1></html>"), "status: 500"),
    "limited": ((429, {}, "Retry later"), "status: 429"),
    "login page": ((200, {}, "<html>Log in</html>"), "is no JSON, a login page or a proxy's; check MARKUS_URL"),
    "another system": ((200, {}, "[1, 2]"), ""),
}


@pytest.mark.parametrize("name", TROUBLES)
@pytest.mark.parametrize("when", ["GET", "PUT"])
def test_each_kind_of_refusal_is_one_sentence(groups, token, name, when):
    answer, words = TROUBLES[name]
    groups.trouble = lambda method, path: answer if method == when else None
    with pytest.raises(UploadError) as raised:
        markus.plan([sheet_of("anna", GOOD)], CONFIG).changes[0].send()
    assert words in str(raised.value)
    assert len(str(raised.value).splitlines()) == 1
    assert token not in "".join(traceback.format_exception(raised.value))


def test_no_answer_in_time_is_one_sentence(groups, slow):
    groups.trouble = slow
    with pytest.raises(UploadError, match=r"no answer within 0\.5 seconds"):
        markus.plan([], CONFIG)
