from __future__ import annotations

import csv
import subprocess

import pytest


@pytest.fixture
def audit(autograder, course, tmp_path):
    def run(*options):
        return autograder("audit", "--course", course, "--out", tmp_path / "out", "--jobs", "2", *options)

    return run


@pytest.fixture
def rows(tmp_path):
    def read():
        with (tmp_path / "out/audit.csv").open(newline="", encoding="utf-8") as stream:
            return {(row["kind"], row["submission"]): row for row in csv.DictReader(stream)}

    return read


def test_figures_matrix_and_page(audit, rows, tmp_path):
    done = audit()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "sandbox: full" in done.stdout or "sandbox: reduced" in done.stdout
    matrix = rows()
    assert matrix["wheat", "loops"]["right"] == matrix["wheat", "solutions"]["right"] == "yes"
    chaff = matrix["chaff", "unreversed"]
    assert (chaff["W1"], chaff["W2"], chaff["loses"], chaff["right"]) == ("0", "1", "W1", "yes")
    assert matrix["unfilled", "the stubs"]["loses"] == "W1 W2"
    assert matrix["unfilled", "words.count"]["loses"] == "W2"
    assert sum(kind == "mutant" for kind, _ in matrix) > 5
    page = (tmp_path / "out/audit.html").read_text()
    assert "unreversed" in page
    assert "http" not in page.replace("http://www.w3.org", "")
    # By the public test alone, which asks for one word, students cannot find everything out.
    assert "public tests alone" in page
    assert (tmp_path / "out/messages.csv").read_text().count("unreversed") == 2


def test_again_nothing_runs_and_the_bytes_are_the_same(audit, tmp_path, course):
    audit("--only", "chaff")
    before = {name: (tmp_path / "out" / name).read_bytes() for name in ("audit.csv", "audit.html", "messages.csv")}
    known = (tmp_path / "out/audit.sqlite").read_bytes()
    assert audit("--only", "chaff").returncode == 0
    assert {name: (tmp_path / "out" / name).read_bytes() for name in before} == before
    assert (tmp_path / "out/audit.sqlite").read_bytes() == known


def test_what_is_known_is_asked_for_again_when_a_test_changes(audit, course, tmp_path):
    audit("--only", "loops")
    tests = course / "tests/marked/test_words.py"
    tests.write_text(tests.read_text().replace("word[::-1]", '"never"'))
    done = audit("--only", "loops")
    assert done.returncode == 1
    assert "wheat loops (seed 0): W1 test_reverse_of_any_word: FAILED" in done.stdout


def test_messages_stand_in_the_configs_order_whichever_test_ran_last(audit, course, tmp_path):
    audit("--only", "chaff")
    before = (tmp_path / "out/messages.csv").read_text()
    tests = course / "tests/marked/public/test_words.py"
    tests.write_text(tests.read_text().replace("(student):\n", "(student):\n    assert True\n"))
    audit("--only", "chaff")
    assert (tmp_path / "out/messages.csv").read_text() == before


def test_a_chaff_that_keeps_its_marks_is_a_false_pass(audit, course):
    (course / "tests/marked/test_words.py").write_text(
        "def test_reverse_of_any_word(student):\n    pass\n\n\ndef test_count_of_any_word(student):\n    pass\n"
    )
    done = audit("--only", "chaff", "--only", "unfilled")
    assert done.returncode == 1
    assert "✗ MISSED" in done.stdout
    assert "unfilled words.count (seed 0): W2 full marks" in done.stdout


def test_every_seed_is_a_run_of_its_own(audit, tmp_path):
    assert audit("--only", "loops", "--seeds", "2").returncode == 0
    with (tmp_path / "out/audit.csv").open() as stream:
        assert [row["seed"] for row in csv.DictReader(stream)] == ["0", "1"]


def test_since_runs_only_what_a_change_affects(audit, course, rows):
    def git(*words):
        subprocess.run(
            ["git", "-c", "user.name=a", "-c", "user.email=a@b", *words], cwd=course, check=True, capture_output=True
        )

    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "before")
    assert audit("--since", "HEAD").returncode == 0
    assert rows() == {}
    tests = course / "tests/marked/test_words.py"
    tests.write_text(
        tests.read_text().replace(
            "test_count_of_any_word(student, word):\n", "test_count_of_any_word(student, word):\n    assert True\n"
        )
    )
    chaff = course / "tests/submissions/chaffs/unreversed/words.py"
    assert audit("--since", "HEAD").returncode == 0
    changed = rows()
    assert all(row["W1"] == "" and row["W2"] != "" for (kind, _), row in changed.items() if kind != "mutant")
    chaff.write_text(chaff.read_text() + "\n\nX = 1\n")
    assert audit("--since", "HEAD").returncode == 0
    assert rows()["chaff", "unreversed"]["W1"] == "0"
    assert rows()["wheat", "loops"]["W1"] == ""
    done = audit("--since", "nowhere")
    assert done.returncode == 2
    assert "--since: git says" in done.stderr


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("chaffs_verdicts.yaml", "{}", "no entry for the chaff unreversed"),
        ("chaffs_verdicts.yaml", "unreversed: {why: x, loses: [W9], least: 1}", "cannot lose W9"),
        ("chaffs_verdicts.yaml", "unreversed: {why: x, losses: [W1], least: 1}", "chaffs_verdicts.yaml: Object"),
        ("chaffs_verdicts.yaml", "{", "chaffs_verdicts.yaml"),
        ("unfilled_verdicts.yaml", "words.count: [W2]", "no entry for words.reverse"),
        ("equivalent_mutants.yaml", "- {in: words.reverse, line: a, becomes: b, why: c}", "no mutant"),
    ],
)
def test_a_wrong_verdicts_file_is_named(audit, course, file, text, said):
    (course / "tests/submissions" / file).write_text(text)
    done = audit()
    assert done.returncode == 2
    assert said in done.stderr


def test_a_misspelt_sample_is_named(audit):
    done = audit("--only", "unreversd")
    assert done.returncode == 2
    assert "did you mean 'unreversed'" in done.stderr


def test_an_error_of_ours_exits_with_3(audit, course):
    tests = course / "tests/marked/test_words.py"
    tests.write_text(tests.read_text().replace("expect_equal(student.words.count", "raise OSError  # "))
    assert audit("--only", "loops").returncode == 3
