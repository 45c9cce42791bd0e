"""`autograder grade` with a roster and a deadline, on submissions as Gradescope exports them."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

COURSE = Path(__file__).parent / "second_course"
METADATA = """
submission_1:
  :submitters: [{':name': Anna, ':email': anna@example.com}, {':name': Cy, ':email': cy@example.com}]
  :created_at: 2026-11-22 12:00:00 Z
submission_2:
  :submitters: [{':name': Ben, ':email': ben@example.com}]
  :created_at: 2026-11-20 12:00:00 Z
submission_3:
  :submitters: [{':name': Xi, ':email': xi@example.com}]
  :created_at: 2026-11-20 12:00:00 Z
"""
ROSTER = "student,name,email,section\n" + "".join(
    f"{name},{name.title()} N,{name}@example.com,L1\n" for name in ("anna", "ben", "cy", "dora")
)


def rows(path):
    with path.open(newline="", encoding="utf-8") as stream:
        return {row["student"]: row for row in csv.DictReader(stream)}


@pytest.fixture(scope="module")
def graded(autograder, tmp_path_factory):
    """The run, its marks, and the plain marks of the same submissions."""
    folder = tmp_path_factory.mktemp("class")
    course = Path(shutil.copytree(COURSE, folder / "course"))
    config = course / "grading_config.yaml"
    config.write_text(
        config.read_text() + "\nlate: {deadline: 2026-11-21T00:00:00Z, percent_per_day: 10, grace_minutes: 5}\n"
    )
    for number, student in enumerate(("anna", "ben", "ben"), 1):
        shutil.copytree(COURSE / "submissions" / student, folder / "export" / f"submission_{number}")
    (folder / "export/submission_metadata.yml").write_text(METADATA)
    (folder / "roster.csv").write_text(ROSTER)
    plain = autograder("grade", COURSE / "submissions", "--course", COURSE, "--out", folder / "plain")
    assert plain.returncode == 0, plain.stderr
    done = autograder(
        "grade", folder / "export", "--course", course, "--out", folder / "out", "--roster", folder / "roster.csv"
    )
    assert done.returncode == 0, done.stderr
    return done, rows(folder / "out/marks.csv"), rows(folder / "plain/marks.csv")


def test_everyone_of_the_roster_has_a_row_and_a_stranger_too(graded):
    _, marks, _ = graded
    assert list(marks) == ["anna", "ben", "cy", "dora", "xi@example.com"]
    assert marks["dora"]["status"] == "missing"
    assert float(marks["dora"]["total"]) == 0
    assert "not in the roster" in marks["xi@example.com"]["flags"]
    assert (marks["anna"]["name"], marks["anna"]["section"]) == ("Anna N", "L1")


def test_who_shares_a_submission_shares_its_marks(graded):
    _, marks, _ = graded
    assert {key: value for key, value in marks["anna"].items() if key not in ("student", "name")} == {
        key: value for key, value in marks["cy"].items() if key not in ("student", "name")
    }


def test_late_days_take_their_share_off_the_total_and_nothing_off_the_items(graded):
    _, marks, plain = graded
    assert (marks["anna"]["late"], marks["ben"]["late"]) == ("2", "")
    assert float(marks["anna"]["total"]) == pytest.approx(0.8 * float(plain["anna"]["total"]))
    assert float(plain["anna"]["total"]) > 0
    assert "late: 2 days, -20 %" in marks["anna"]["flags"]
    for name, mark in plain["ben"].items():
        assert marks["ben"][name] == mark
