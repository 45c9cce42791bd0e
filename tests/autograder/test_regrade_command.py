"""`autograder regrade` after each kind of change, as a TA runs it."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

COURSE = Path(__file__).parent / "second_course"


@pytest.fixture(scope="module")
def graded(autograder, tmp_path_factory):
    """A course of its own, a class and its marks: anna has all of 4, ben has 1."""
    folder = tmp_path_factory.mktemp("regrade")
    shutil.copytree(COURSE, folder / "course")
    shutil.copytree(COURSE / "submissions", folder / "class")
    done = autograder("grade", folder / "class", "--course", folder / "course", "--out", folder / "out")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def folder(graded, tmp_path):
    """The same, to change; the class is found where it was."""
    for name in ("course", "out"):
        shutil.copytree(graded / name, tmp_path / name)
    yield tmp_path
    for student in ("anna", "ben"):
        shutil.copy(COURSE / "submissions" / student / "words.py", graded / "class" / student)


@pytest.fixture
def regrade(autograder, folder):
    def run(*options, **more):
        return autograder("regrade", folder / "out", "--course", folder / "course", *options, **more)

    return run


def rows(path):
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def moves(folder):
    return [tuple(row.values()) for row in rows(folder / "out/regrade.csv")]


def totals(folder):
    return {row["student"]: float(row["total"]) for row in rows(folder / "out/marks.csv")}


def change(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def seconds(folder):
    """How long each test took; those that were not run again took exactly as long as before."""
    import sqlite3

    with sqlite3.connect(folder / "out/marks.sqlite") as connection:
        return {
            (student, test): took
            for student, test, took in connection.execute("SELECT student, test, wall_seconds FROM outcomes")
        }


def run_again(before, after):
    return {key for key, took in after.items() if before[key] != took}


def test_where_nothing_has_changed_nobody_moves_and_nothing_runs(regrade, folder):
    before = seconds(folder)
    done = regrade()
    assert done.returncode == 0, done.stderr
    assert "Nobody moves" in done.stdout
    assert moves(folder) == []
    assert run_again(before, seconds(folder)) == set()


def test_a_changed_test_alone_is_run_and_says_who_moves_and_why(regrade, folder):
    change(folder / "course/tests/marked/test_words.py", "dict(Counter(word)))", "student.words.count(word))")
    before = seconds(folder)
    done = regrade("--yes")
    assert done.returncode == 0, done.stderr
    assert moves(folder) == [("ben", "W2", "0", "2", "other tests"), ("ben", "total", "1", "3", "other tests")]
    assert "1 students move" in done.stdout
    assert totals(folder) == {"anna": 4, "ben": 3}
    assert run_again(before, seconds(folder)) == {(name, "test_count_of_any_word") for name in ("anna", "ben")}


def test_another_submission_is_run_as_a_whole(regrade, folder, graded):
    change(graded / "class/ben/words.py", '"abc"', "set(word)")
    before = seconds(folder)
    done = regrade("--student", "ben", "--item", "W2", "--yes")
    assert done.returncode == 0, done.stderr
    why = "another submission"
    assert moves(folder) == [("ben", "W2", "0", "2", why), ("ben", "total", "1", "3", why)]
    assert {student for student, _ in run_again(before, seconds(folder))} == {"ben"}
    assert totals(folder) == {"anna": 4, "ben": 3}


def test_a_changed_weight_runs_nothing(regrade, folder):
    config = folder / "course/grading_config.yaml"
    change(config, "test_reverse_of_one_word: 1}", "test_reverse_of_one_word: 1.5}")
    change(config, "test_reverse_of_any_word: 1}", "test_reverse_of_any_word: 0.5}")
    before = seconds(folder)
    done = regrade("--yes")
    assert done.returncode == 0, done.stderr
    why = "other weights"
    assert moves(folder) == [("ben", "W1", "1", "1.5", why), ("ben", "total", "1", "1.5", why)]
    assert run_again(before, seconds(folder)) == set()


def test_only_the_student_and_the_item_that_are_asked_for_run(regrade, folder):
    change(
        folder / "course/tests/marked/test_words.py",
        "from hypothesis import strategies as st",
        "from hypothesis import strategies as st\n\npytestmark = []  # counts for both tests",
    )
    before = seconds(folder)
    assert regrade("--student", "anna", "--item", "W2").returncode == 0
    now = seconds(folder)
    assert run_again(before, now) == {("anna", "test_count_of_any_word")}
    assert regrade("--item", "W2").returncode == 0  # what was done is done; the rest of W2 is left
    assert run_again(now, seconds(folder)) == {("ben", "test_count_of_any_word")}


@pytest.mark.parametrize("answer", ["n\n", ""])
def test_without_a_yes_nothing_is_written(regrade, folder, answer):
    change(folder / "course/tests/marked/test_words.py", "dict(Counter(word)))", "student.words.count(word))")
    kept = {path: path.read_bytes() for path in (folder / "out").rglob("*") if path.is_file()}
    done = regrade(input=answer)
    assert "ben" in done.stdout
    assert ("--yes writes without asking" in done.stderr) == (done.returncode == 2) == (not answer)
    assert moves(folder)
    assert {path: path.read_bytes() for path in kept} == kept
    assert totals(folder)["ben"] == 1


def test_a_persons_decision_stays_on_top(autograder, regrade, folder):
    decision = ("--student", "ben", "--item", "W2", "--marks", 1.5, "--reason", "seen in person")
    assert autograder("override", folder / "out", *decision, "--course", folder / "course").returncode == 0
    change(folder / "course/tests/marked/test_words.py", "dict(Counter(word)))", "student.words.count(word))")
    done = regrade("--yes")
    assert done.returncode == 0, done.stderr
    assert moves(folder) == []
    [ben] = [row for row in rows(folder / "out/marks.csv") if row["student"] == "ben"]
    assert float(ben["W2"]) == 1.5
    assert "seen in person" in ben["flags"]


def test_after_the_deadline_only_by_force_which_the_history_keeps(autograder, regrade, folder):
    config = folder / "course/grading_config.yaml"
    config.write_text(config.read_text() + "remark_deadline: 2020-01-01T00:00:00-05:00\n")
    change(folder / "course/tests/marked/test_words.py", "dict(Counter(word)))", "student.words.count(word))")
    refused = regrade("--yes")
    assert refused.returncode == 2
    assert "the remark deadline was 2020-01-01T00:00:00-05:00; --force" in refused.stderr
    assert totals(folder)["ben"] == 1
    forced = regrade("--yes", "--force")
    assert forced.returncode == 0, forced.stderr
    history = autograder("history", folder / "out", "--student", "ben").stdout
    assert "graded" in history
    assert "after the remark deadline" in history
    assert "forced" in history


def test_a_forced_request_that_moves_nobody_is_kept_too(autograder, regrade, folder):
    config = folder / "course/grading_config.yaml"
    config.write_text(config.read_text() + "remark_deadline: 2020-01-01T00:00:00-05:00\n")
    forced = regrade("--student", "ben", "--force")
    assert "Nobody moves." in forced.stdout
    told = {name: autograder("history", folder / "out", "--student", name).stdout for name in ("anna", "ben")}
    assert "after the remark deadline" in told["ben"]
    assert "after the remark deadline" not in told["anna"]


def test_a_new_student_is_graded_and_has_no_earlier_mark(regrade, folder, graded):
    shutil.copytree(COURSE / "submissions/anna", graded / "class/cy")
    try:
        done = regrade("--yes")
    finally:
        shutil.rmtree(graded / "class/cy")
    assert done.returncode == 0, done.stderr
    assert ("cy", "total", "", "4", "not graded before") in moves(folder)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--student", "ban"), "did you mean 'ben'"),
        (("--item", "W3"), "no such item (there are W1, W2)"),
        (("--submissions", "nowhere"), "nowhere does not exist"),
    ],
)
def test_what_is_not_there_is_told(regrade, folder, options, words):
    before = (folder / "out/marks.csv").read_bytes()
    done = regrade(*options)
    assert done.returncode == 2
    assert words in done.stderr
    assert (folder / "out/marks.csv").read_bytes() == before
