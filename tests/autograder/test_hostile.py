"""The wall against a corpus of attacks: one run at 2 jobs, honest neighbours between them, the machine looked at before
and after. `python benchmarks/hostile.py` does the same level by level and writes the table."""

from __future__ import annotations

import ast
import csv
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from attacks import handins
from attacks.scene import HOSTILE, NEIGHBOUR_MARKS, VERDICTS, open_scene
from attacks.verdicts import read_verdicts, wrong

# Only names are needed to collect: what is expected at the level that this machine reaches, the fixture says.
ATTACKS = sorted(read_verdicts(VERDICTS, "full"))


@pytest.fixture(scope="module")
def scene():
    with open_scene() as scene:
        yield scene


@pytest.fixture(scope="module")
def report(scene, best_level):
    return scene.grade(str(best_level))


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_earns_nothing_learns_nothing_and_leaves_nothing(name, report, best_level):
    assert list(wrong(read_verdicts(VERDICTS, str(best_level))[name], report.attacks[name])) == []


def test_honest_neighbours_keep_their_marks(report):
    assert len(report.neighbours) >= 10
    changed = {
        name: graded.total
        for name, (kind, graded) in report.neighbours.items()
        if graded.total != NEIGHBOUR_MARKS[kind]
    }
    assert changed == {}


def test_nothing_is_left_and_nothing_gets_out_that_bears_no_attacks_name(report):
    assert report.residue == []
    assert report.leaks == []


def test_the_command_calls_all_this_a_normal_day(report):
    assert report.exit_code == 0, report.printed
    assert "Traceback" not in report.printed
    unprintable = [letter for letter in report.printed if not letter.isprintable() and letter != "\n"]
    assert unprintable == []


def test_every_attack_has_a_verdict_and_says_what_it_tries(report):
    assert set(report.attacks) == set(ATTACKS)
    for folder in HOSTILE.iterdir():
        module = next(folder / name for name in ("conv_inverse.py", "autoencoder.py") if (folder / name).exists())
        assert ast.get_docstring(ast.parse(module.read_text())), folder.name
    assert len(list(HOSTILE.iterdir())) >= 50


def test_no_cell_of_a_table_is_a_formula(report, scene):
    for name in ("marks.csv", "outcomes.csv"):
        with (scene.out / name).open(newline="", encoding="utf-8") as stream:
            cells = [cell for row in csv.reader(stream) for cell in row]
        assert [cell for cell in cells if cell.startswith(("=", "+", "@", "\t", "\r"))] == []
    assert f"'{handins.FORMULA}" in (scene.out / "marks.csv").read_text().replace('""', '"')


def test_a_pipelines_feedback_does_not_tell_what_hidden_tests_ask(report, scene, best_level):
    told = "\n".join(scene.messages_of_a_pipeline("tell_hidden_inputs", str(best_level)))
    assert "hidden-input-1-0" in told  # a public test's: the handout shows it
    assert told.count("hidden-input-") == 1
