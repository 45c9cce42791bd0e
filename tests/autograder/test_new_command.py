"""Another course, from nothing."""

from __future__ import annotations

import csv

import pytest

from autograder.release import drift


@pytest.fixture(scope="module")
def course(autograder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("courses") / "mine"
    done = autograder("new", folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_it_grades_at_once(autograder, course):
    done = autograder("grade", "tests/submissions/class", "--out", "out/class", cwd=course)
    assert done.returncode == 0, done.stderr
    with (course / "out/class/marks.csv").open(newline="", encoding="utf-8") as stream:
        totals = {row["student"]: row["total"] for row in csv.DictReader(stream)}
    assert totals == {"anna": "2", "ben": "1"}


def test_its_handout_is_released_and_checks(autograder, course):
    assert drift(course) == []
    stub = autograder("check", "assignment", cwd=course)
    assert (stub.returncode, "P1" in stub.stdout, "still to be written" in stub.stdout) == (1, True, True)
    assert autograder("check", "solutions", cwd=course).returncode == 0
    again = autograder("release", cwd=course)
    assert again.returncode == 0
    assert "dist/handout.zip" in again.stdout.replace("\\", "/")


def test_its_tests_are_right_about_every_sample(autograder, course):
    done = autograder("audit", "--out", "out/audit", cwd=course)
    assert done.returncode == 0, done.stdout + done.stderr
    with (course / "out/audit/audit.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert {row["kind"] for row in rows} == {"wheat", "chaff", "unfilled", "mutant"}
    assert {row["right"] for row in rows} == {"yes"}


def test_an_empty_folder_will_do_and_nothing_is_overwritten(autograder, tmp_path):
    assert autograder("new", ".", cwd=tmp_path).returncode == 0
    config = tmp_path / "grading_config.yaml"
    config.write_text("mine")
    refused = autograder("new", tmp_path)
    assert refused.returncode == 2
    assert "is not empty" in refused.stderr
    assert config.read_text() == "mine"


def test_where_no_folder_can_be_it_is_said(autograder, tmp_path):
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "course"):
        refused = autograder("new", place)
        assert refused.returncode == 2
        assert "name another folder" in refused.stderr
        assert "Traceback" not in refused.stderr
