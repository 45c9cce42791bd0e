import json
import os
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from autograder.config import Config
from autograder.exports.feedback import file_stem, message_for, results_json
from autograder.exports.files import write_atomically
from autograder.marks.tally import mark_sheet
from autograder.records import Outcome, SubmissionResult, TestResult

NOT_PASSED = [each for each in Outcome if each is not Outcome.PASSED]
CONFIG = {
    "course": "Inverting",
    "out_of": 2.7,
    "lms_out_of": 30,
    "parts": [
        {
            "id": "A",
            "title": "A part",
            "module": "shapes",
            "items": [
                {"id": "A1", "title": "Seen", "marks": 1, "hint": "Look.", "public": {"test_seen": 1}},
                {"id": "A2", "title": "Unseen", "marks": 1, "hint": "Count.", "hidden": {"test_unseen": 1}},
                {"id": "A3", "title": "Without hint", "marks": 1, "hidden": {"test_bare": 1}},
            ],
        }
    ],
}
names = st.text(st.characters(), max_size=40) | st.text(st.sampled_from("./\\%:~ \0\n-a"), max_size=8)


def config_with(feedback):
    return Config.model_validate(CONFIG | {"feedback": {"grade": feedback}})


def sheet_of(outcome, message="the secret example", feedback="example", student="amal"):
    results = tuple(
        TestResult(name, outcome, message, "our traceback") for name in ("test_seen", "test_unseen", "test_bare")
    )
    return mark_sheet(SubmissionResult(student, "d", results), "full", config_with(feedback))


@pytest.mark.parametrize("outcome", [each for each in NOT_PASSED if each is not Outcome.GRADER_ERROR])
def test_a_hint_hides_the_example_of_hidden_tests_alone(outcome):
    seen, unseen, bare = sheet_of(outcome).tests
    assert message_for(seen, "hint") == "the secret example"
    assert message_for(unseen, "hint") == "Unseen: Count."
    assert message_for(bare, "hint") == "Without hint"
    assert message_for(unseen, "example") == message_for(bare, "example") == "the secret example"


def test_an_error_of_ours_is_told_even_where_examples_are_hidden():
    for test in sheet_of(Outcome.GRADER_ERROR, "the grader failed").tests:
        assert message_for(test, "hint") == "the grader failed"


@pytest.mark.parametrize("hidden", ["example", "hint"])
def test_of_a_test_that_passed_nothing_is_said_but_its_score(hidden):
    assert {message_for(test, hidden) for test in sheet_of(Outcome.PASSED, "").tests} == {""}
    assert {message_for(test, hidden) for test in sheet_of(Outcome.PASSED, "the error is 0.5").tests} == {
        "the error is 0.5"
    }


@pytest.mark.parametrize("outcome", NOT_PASSED)
@pytest.mark.parametrize("feedback", ["example", "hint"])
def test_a_students_file_says_what_they_may_read_and_nothing_more(outcome, feedback):
    text = results_json(sheet_of(outcome, feedback=feedback), config_with(feedback), feedback)
    document = json.loads(text)
    assert "our traceback" not in text
    tests = {test["test"]: test for item in document["parts"][0]["items"] for test in item["tests"]}
    secret = "the secret example" in tests["test_unseen"]["message"]
    assert secret is (feedback == "example" or outcome is Outcome.GRADER_ERROR)
    assert tests["test_seen"]["visibility"] == "public"
    assert tests["test_unseen"]["visibility"] == "hidden"


def test_a_students_file_adds_up():
    document = json.loads(results_json(sheet_of(Outcome.PASSED), config_with("example"), "example"))
    items = document["parts"][0]["items"]
    assert document["parts"][0]["earned"] == sum(item["earned"] for item in items) == 3
    assert (document["total"], document["out_of"], document["percent"]) == (2.7, 2.7, 100)
    assert document["lms"] == {"mark": 30, "out_of": 30}
    assert all(item["earned"] == sum(test["earned"] for test in item["tests"]) for item in items)


def test_a_hint_is_given_where_marks_were_lost_and_not_elsewhere():
    def hints(outcome):
        document = json.loads(results_json(sheet_of(outcome), config_with("example"), "example"))
        return [item["hint"] for item in document["parts"][0]["items"]]

    assert hints(Outcome.FAILED) == ["Look.", "Count.", ""]
    assert hints(Outcome.PASSED) == ["", "", ""]


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_name_and_message_survive_as_json(student, message):
    sheet = sheet_of(Outcome.FAILED, message, student=student)
    document = json.loads(results_json(sheet, config_with("example"), "example"))
    assert document["student"] == student
    assert document["parts"][0]["items"][0]["tests"][0]["message"] == message


@settings(deadline=None)
@given(names)
@example("..")
@example(".")
@example("")
@example("../../etc/passwd")
@example("/etc/passwd")
@example("a\0b")
@example("a" * 5_000)
@example("李" * 100)
@example("C:\\x")
@example("\ud800")
def test_a_students_file_never_leaves_its_folder(tmp_path_factory, student):
    folder = tmp_path_factory.mktemp("results")
    name = file_stem(student)
    assert Path(os.path.normpath(folder / name)).parent == folder
    assert not set(name) & set('/\\\0:*?"<>|\n')
    write_atomically(folder / name, "x")
    assert [entry.name for entry in folder.iterdir()] == [name]


@given(names, names)
@example("a/b", "a%2Fb")
@example("a" * 5_000, "a" * 5_001)
@example("李" * 99 + "a", "李" * 99 + "b")
def test_two_students_never_share_a_file(one, other):
    assert (file_stem(one) == file_stem(other)) is (one == other)


@pytest.mark.parametrize("student", ["amal", "van der Berg", "o+neil@example.com", "team_1-2"])
def test_usual_names_are_kept_readable(student):
    assert file_stem(student) == student
