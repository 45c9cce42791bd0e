import json
import os
import resource
import sqlite3
from contextlib import closing

import pytest

from autograder.errors import UsageError
from autograder.exports.feedback import file_stem
from autograder.grading import mark_sheets
from autograder.marks.store import FILE_NAME, open_store
from autograder.records import SubmissionResult
from autograder.reports.pages import write_pages


def test_each_student_has_a_page_below_a_megabyte(class_folder, students):
    pages = list((class_folder / "feedback").iterdir())
    assert len(pages) == 500
    assert {f"{file_stem(name)}.html" for name in students.values()} <= {page.name for page in pages}
    assert max(page.stat().st_size for page in pages) < 1_000_000
    assert (class_folder / "report.html").stat().st_size < 8_000_000


def test_the_same_marks_make_the_same_pages(class_folder, course, tmp_path):
    with open_store(class_folder, must_exist=True) as store:
        sheets = mark_sheets(store, course.config)[:20]
        for out in ("first", "second"):
            write_pages(tmp_path / out, sheets, course, "example", {}, store.pictures)
    names = [path.relative_to(tmp_path / "first") for path in (tmp_path / "first").rglob("*.html")]
    assert len(names) == 21
    for name in names:
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()


def test_a_full_disk_is_a_sentence_and_leaves_nothing_half_written(course, tmp_path):
    with open_store(tmp_path) as store:
        store.put(SubmissionResult("amal", "d", ()), {}, "full")
        sheets = mark_sheets(store, course.config)
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, before[1]))
        try:
            with pytest.raises(UsageError, match=r"cannot be written.*marks are safe"):
                write_pages(tmp_path, sheets, course, "example", {}, store.pictures)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert sorted(os.listdir(tmp_path)) == ["feedback", FILE_NAME]
    assert os.listdir(tmp_path / "feedback") == []


def test_the_command_writes_both_and_leaves_the_marks_alone(autograder, class_folder, tmp_path):
    with (
        closing(sqlite3.connect(class_folder / FILE_NAME)) as source,
        closing(sqlite3.connect(tmp_path / FILE_NAME)) as copy,
    ):
        source.backup(copy)
    roster = tmp_path / "class.csv"
    roster.write_text("student,name,section\nstudent 000,Ada <b>,L0101\n")
    before = (tmp_path / FILE_NAME).read_bytes()
    ran = autograder("report", tmp_path, "--roster", roster)
    assert (ran.returncode, ran.stderr.strip()) == (0, "")
    assert "report.html, and 500 pages in" in ran.stdout
    assert "Ada &lt;b&gt;" in (tmp_path / "report.html").read_text()
    assert "Ada &lt;b&gt;" in (tmp_path / "feedback" / "student 000.html").read_text()
    assert (tmp_path / FILE_NAME).read_bytes() == before
    assert not (tmp_path / "marks.csv").exists()


def test_the_command_asks_for_a_folder_with_marks(autograder, tmp_path):
    ran = autograder("report", tmp_path)
    assert ran.returncode == 2
    assert "holds no marks.sqlite" in ran.stderr


def test_what_a_page_says_asked_is_the_docstring_of_the_test(course):
    asked = course.asked()
    assert asked["test_held_out_error"] == (
        "The trained model reconstructs digits that it has never seen, from 16 numbers."
    )
    assert set(asked) >= {test.name for test in course.config.plan()}
    assert all(asked.values()), json.dumps(asked)
