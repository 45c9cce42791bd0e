"""`autograder export` as a TA runs it after `grade`."""

from __future__ import annotations

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
