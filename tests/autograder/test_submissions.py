"""The grader graded: correct submissions in other styles keep everything, wrong ones lose what is wrong with them."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import yaml

from autograder.config import load


@pytest.fixture(scope="module")
def out_of(repository):
    return {item.id: item.marks for item in load(repository / "grading_config.yaml").items}


def graded(autograder, folder: Path, out: Path) -> dict[str, dict[str, str]]:
    done = autograder("grade", folder, "--out", out)
    assert done.returncode == 0, done.stderr
    with (out / "marks.csv").open(newline="", encoding="utf-8") as stream:
        return {row["student"]: row for row in csv.DictReader(stream)}


def test_correct_submissions_in_other_styles_lose_nothing(autograder, repository, out_of, tmp_path):
    marks = graded(autograder, repository / "tests/submissions/wheats", tmp_path)
    lost = {
        f"{name} {item}": float(row[item])
        for name, row in marks.items()
        for item in out_of
        if float(row[item]) < out_of[item]
    }
    assert len(marks) >= 20
    assert lost == {}


def test_each_planted_mistake_loses_its_items_and_keeps_the_others(autograder, repository, out_of, tmp_path):
    verdicts = yaml.safe_load((repository / "tests/submissions/chaffs_verdicts.yaml").read_text())
    marks = graded(autograder, repository / "tests/submissions/chaffs", tmp_path)
    assert set(marks) == set(verdicts)
    wrong = []
    for name, verdict in verdicts.items():
        lost = {item for item, full in out_of.items() if float(marks[name][item]) < full}
        if lost != set(verdict["loses"]):
            wrong.append(f"{name}: loses {sorted(lost)}, should lose {verdict['loses']}")
        missing = sum(out_of.values()) - float(marks[name]["total"])
        if missing < verdict["least"]:
            wrong.append(f"{name}: loses {missing:g} marks, should lose at least {verdict['least']}")
    assert wrong == []
