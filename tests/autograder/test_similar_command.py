"""`autograder similar` over a class, and what `report` makes of it."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest

COURSE = Path(__file__).parent / "second_course"
CODE = """
def reverse(word):
    letters = []
    for place in range(len(word) - 1, -1, -1):
        letters.append(word[place])
    return "".join(letters)


def count(word):
    found = {}
    for letter in sorted(set(word), key=lambda each: (word.index(each), each)):
        found[letter] = sum(1 for other in word if other == letter)
    return found
"""


@pytest.fixture
def submissions(tmp_path):
    folder = Path(shutil.copytree(COURSE / "submissions", tmp_path / "class"))
    for student in ("<b>dora", "=HYPERLINK"):
        (folder / student).mkdir()
        (folder / student / "words.py").write_text(CODE)
    cells = [{"cell_type": "code", "source": CODE.replace("found", "result"), "outputs": []}]
    (folder / "emil.ipynb").write_text(json.dumps({"cells": cells, "nbformat": 4, "nbformat_minor": 4}))
    return folder


def test_who_is_alike_is_said_shown_and_listed_for_a_person(autograder, submissions, tmp_path):
    out = tmp_path / "out"
    earlier = tmp_path / "2025"
    shutil.copytree(submissions / "<b>dora", earlier / "fay")
    done = autograder("similar", submissions, "--out", out, "--course", COURSE, "--earlier", earlier)
    assert done.returncode == 0, done.stderr
    assert done.stderr.strip() == ""
    assert "6 pairs of 5 submissions are alike" in done.stdout
    with (out / "similar.csv").open(newline="", encoding="utf-8") as stream:
        rows = [(row["student"], row["other"]) for row in csv.DictReader(stream)]
    assert ("<b>dora", f"{earlier}/fay") in rows
    assert ("'=HYPERLINK", "emil") in rows
    assert "<b>" not in (out / "similar.html").read_text(encoding="utf-8")

    graded = autograder("grade", submissions, "--out", out, "--course", COURSE)
    assert graded.returncode == 0, graded.stderr
    report = (out / "report.html").read_text(encoding="utf-8")
    _, _, concern = report.partition("nearly the same code")
    listed = concern.partition("</li>")[0]
    for name in ("&lt;b&gt;dora", "=HYPERLINK", "emil"):
        assert f"<bdi>{name}</bdi>" in listed
    assert "anna" not in listed
    assert "fay" not in listed


def test_a_class_that_is_not_there_is_said(autograder, tmp_path):
    done = autograder("similar", tmp_path / "none", "--out", tmp_path / "out", "--course", COURSE)
    assert done.returncode == 2
    assert "does not exist" in done.stderr
    assert not (tmp_path / "out").exists()


def test_those_who_handed_in_together_are_no_pair(autograder, submissions, tmp_path):
    roster = tmp_path / "roster.csv"
    roster.write_text("student,group\ngus,<b>dora\nhal,<b>dora\nemil,\nivy,\n")
    out = tmp_path / "out"
    done = autograder("similar", submissions, "--out", out, "--course", COURSE, "--roster", roster)
    assert done.returncode == 0, done.stderr
    with (out / "similar.csv").open(newline="", encoding="utf-8") as stream:
        rows = {frozenset((row["student"], row["other"])) for row in csv.DictReader(stream)}
    assert frozenset(("gus", "emil")) in rows
    assert not any("hal" in row for row in rows)
    assert "of 5 submissions" in done.stdout
