"""What a TA does after `grade`: export marks, decide one by hand, look back."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

from autograder.exports.format import Format

COURSE = Path(__file__).parent / "second_course"


@pytest.fixture(scope="module")
def graded(autograder, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    done = autograder("grade", COURSE / "submissions", "--course", COURSE, "--out", out)
    assert done.returncode == 0, done.stderr
    return out


@pytest.mark.parametrize("which", Format)
def test_each_format_is_written_below_the_marks(autograder, graded, which):
    done = autograder("export", which, graded, "--course", COURSE)
    assert done.returncode == 0, done.stderr
    folder = graded / "export" / which
    assert str(folder) in done.stdout
    assert any(path.is_file() for path in folder.rglob("*"))


def test_names_and_sections_come_from_the_roster_and_strangers_are_told(autograder, graded, tmp_path):
    (tmp_path / "roster.csv").write_text("student,name,section\nanna,Anna A,L0101\n")
    done = autograder("export", "quercus", graded, "--course", COURSE, "--roster", tmp_path / "roster.csv")
    assert done.returncode == 0, done.stderr
    assert "Anna A,,,anna,L0101," in (graded / "export/quercus/gradebook.csv").read_text()
    assert "ben" in done.stderr


def test_without_marks_the_fix_is_named(autograder, tmp_path):
    done = autograder("export", "junit", tmp_path, "--course", COURSE)
    assert done.returncode == 2
    assert "name the folder that `autograder grade --out` wrote" in done.stderr
    assert list(tmp_path.iterdir()) == []


def row_of(out, student):
    with (out / "marks.csv").open(newline="", encoding="utf-8") as stream:
        return {row["student"]: row for row in csv.DictReader(stream)}[student]


@pytest.fixture
def kept(graded, tmp_path):
    """Marks of a test's own."""
    return Path(shutil.copytree(graded, tmp_path / "out"))


def test_a_decision_stands_with_its_reason_and_no_later_grading_loses_it(autograder, kept):
    before = row_of(kept, "ben")
    assert float(before["W2"]) < 2
    decided = autograder(
        "override",
        kept,
        "--student",
        "ben",
        "--item",
        "W2",
        "--marks",
        1.5,
        "--reason",
        "counted  upper case",
        "--course",
        COURSE,
    )
    assert decided.returncode == 0, decided.stderr
    assert "ben: W2 from 0 to 1.5" in decided.stdout
    for again in (False, True):
        if again:
            done = autograder(
                "grade", COURSE / "submissions", "--course", COURSE, "--out", kept, "--sandbox", "reduced"
            )
            assert done.returncode == 0, done.stderr
            assert "2 graded" in done.stdout
        after = row_of(kept, "ben")
        assert float(after["W2"]) == 1.5
        assert float(after["total"]) == float(before["total"]) + 1.5
        assert "counted upper case" in after["flags"]
        assert "counted upper case" in (kept / "results/ben.json").read_text()


def test_history_says_what_changed_and_why(autograder, kept, tmp_path):
    for marks in (1, 2):
        done = autograder(
            "override",
            kept,
            "--student",
            "ben",
            "--item",
            "W2",
            "--marks",
            marks,
            "--reason",
            f"reason {marks}",
            "--course",
            COURSE,
        )
        assert done.returncode == 0, done.stderr
    shutil.copytree(COURSE / "submissions", tmp_path / "class")
    (tmp_path / "class/ben/words.py").write_text("broken =")
    assert autograder("grade", tmp_path / "class", "--course", COURSE, "--out", kept).returncode == 0
    told = autograder("history", kept, "--student", "ben")
    assert told.returncode == 0, told.stderr
    words = ["graded", "reason 1", "reason 2", "another submission"]
    places = [told.stdout.index(word) for word in words]
    assert places == sorted(places)
    assert "W2 1 to 2" in told.stdout


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--student", "ben", "--item", "W3", "--marks", 1, "--reason", "x"), "no such item (there are W1, W2)"),
        (("--student", "ban", "--item", "W2", "--marks", 1, "--reason", "x"), "did you mean 'ben'"),
        (("--student", "ben", "--item", "W2", "--marks", 3, "--reason", "x"), "W2 earns from 0 to 2"),
        (("--student", "ben", "--item", "W2", "--marks", "nan", "--reason", "x"), "W2 earns from 0 to 2"),
        (("--student", "ben", "--item", "W2", "--marks", 1, "--reason", " "), "--reason is empty"),
    ],
)
def test_a_decision_that_cannot_be_is_refused(autograder, kept, options, words):
    before = (kept / "marks.csv").read_bytes()
    done = autograder("override", kept, *options, "--course", COURSE)
    assert done.returncode == 2
    assert words in done.stderr
    assert (kept / "marks.csv").read_bytes() == before


def test_the_roster_is_kept_for_later_commands(autograder, kept, tmp_path):
    (tmp_path / "roster.csv").write_text("student,name,section\nanna,Anna A,L0101\nben,Ben B,L0202\n")
    done = autograder(
        "grade", COURSE / "submissions", "--course", COURSE, "--out", kept, "--roster", tmp_path / "roster.csv"
    )
    assert done.returncode == 0, done.stderr
    done = autograder(
        "override", kept, "--student", "ben", "--item", "W2", "--marks", 1, "--reason", "x", "--course", COURSE
    )
    assert done.returncode == 0, done.stderr
    assert row_of(kept, "ben")["section"] == "L0202"
    assert autograder("export", "quercus", kept, "--course", COURSE).returncode == 0
    assert "Ben B,,,ben,L0202," in (kept / "export/quercus/gradebook.csv").read_text()
