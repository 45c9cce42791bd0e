"""`autograder push` as a TA runs it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

COURSE = Path(__file__).parents[1] / "second_course"
KEYS = """
quercus_course: 7
markus_course: 3
markus_assignment: 9
"""


@pytest.fixture(scope="module")
def graded(autograder, tmp_path_factory):
    """A course that says where its marks go, and its marks: anna's are full, ben has one of four."""
    folder = tmp_path_factory.mktemp("push")
    course = Path(shutil.copytree(COURSE, folder / "course"))
    config = course / "grading_config.yaml"
    config.write_text(config.read_text() + KEYS)
    done = autograder("grade", course / "submissions", "--course", course, "--out", folder / "out")
    assert done.returncode == 0, done.stderr
    return course, folder / "out"


@pytest.fixture
def push(autograder, graded, stand_in, token):
    """Run the command, and look for the token wherever it could be read."""
    course, out = graded
    stand_in.canvas = {"anna": 3.0, "ben": None}
    stand_in.markus = {"anna": {"W1": 2.0, "W2": None}, "ben": {"W1": None, "W2": None}}

    def run(system, *options):
        done = autograder("push", system, out, "--course", course, *options)
        assert token not in done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done

    return run


@pytest.mark.parametrize("system", ["quercus", "markus"])
def test_a_look_first_then_the_same_is_sent_and_then_nothing_is_left(push, stand_in, system):
    looked = push(system)
    assert looked.returncode == 0, looked.stderr
    assert "2 differ" in looked.stdout
    assert "Nothing was sent" in looked.stdout
    assert stand_in.changes == []
    sent = push(system, "--send")
    assert sent.returncode == 0, sent.stderr
    assert "2 changed, 0 failed" in sent.stdout
    assert len(stand_in.changes) == 2
    again = push(system, "--send")
    assert "0 changed, 0 failed, 2 agree already" in again.stdout
    assert len(stand_in.changes) == 2


def test_the_table_says_who_moves_from_what_to_what(push):
    rows = [line.split("│")[1:-1] for line in push("quercus").stdout.splitlines() if "│" in line]
    assert [[cell.strip() for cell in row] for row in rows] == [
        ["anna", "3", "4", "mark 3 to 4"],
        ["ben", "none", "1", "mark none to 1"],
    ]


@pytest.mark.parametrize("system", ["quercus", "markus"])
def test_a_failed_upload_is_told_by_student_and_can_be_repeated(push, stand_in, system):
    at_ben = {"quercus": "/submissions/101", "markus": "/groups/501/update_marks.json"}[system]
    stand_in.trouble = lambda method, path: (500, {}, "{}") if method == "PUT" and path.endswith(at_ben) else None
    failed = push(system, "--send")
    assert failed.returncode == 1
    assert "failed: ben:" in failed.stderr
    assert "anna" not in failed.stderr
    assert "1 changed, 1 failed" in failed.stdout
    stand_in.trouble = lambda method, path: None
    stand_in.asked.clear()
    assert push(system, "--send").returncode == 0
    assert len(stand_in.changes) == 1


def test_a_token_that_is_refused_ends_the_command_before_anything(push, stand_in, monkeypatch):
    monkeypatch.setenv("QUERCUS_TOKEN", "anotherSecret")
    done = push("quercus", "--send")
    assert done.returncode == 2
    assert "put it into QUERCUS_TOKEN" in done.stderr
    assert "anotherSecret" not in done.stdout + done.stderr
    assert stand_in.changes == []
