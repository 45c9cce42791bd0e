"""`autograder grade` as a TA runs it: the sample class, resuming, determinism, another course."""

from __future__ import annotations

import ast
import csv
import json
import shutil
from pathlib import Path

import nbformat
import pytest
import yaml

from autograder import sandbox
from autograder.commands.options import SandboxChoice, level_of
from autograder.config_file import load
from autograder.errors import SandboxError

CSVS = ("marks.csv", "outcomes.csv", "summary.csv")
# Those of the sample class that neither hang nor hog: a small class that is graded in seconds.
QUICK = ("amal", "chen", "divya", "farah", "goran", "omar", "quentin.zip", "rosa.py", "sven")
CONFIG = load(Path(__file__).parents[2] / "grading_config.yaml")
MARKS = {item.id: item.marks for item in CONFIG.items}


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def csv_bytes(out: Path) -> dict[str, bytes]:
    return {name: (out / name).read_bytes() for name in CSVS}


@pytest.fixture(scope="module")
def graded_class(autograder, repository, tmp_path_factory):
    out = tmp_path_factory.mktemp("class")
    trainings = repository / "out" / "trainings"  # those of the other samples are kept there, too
    done = autograder("grade", "tests/submissions/class", "--out", out, "--jobs", 2, "--trainings", trainings)
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="module")
def quick_class(repository, tmp_path_factory):
    folder = tmp_path_factory.mktemp("quick")
    for name in QUICK:
        source = repository / "tests/submissions/class" / name
        shutil.copytree(source, folder / name) if source.is_dir() else shutil.copy(source, folder / name)
    return folder


@pytest.fixture(scope="module")
def graded_quick(autograder, quick_class, tmp_path_factory):
    out = tmp_path_factory.mktemp("graded_quick")
    done = autograder("grade", quick_class, "--out", out, "--jobs", 1)
    assert done.returncode == 0, done.stderr
    return out


def test_every_submission_of_the_sample_class_gets_its_verdict(graded_class, repository):
    verdicts = yaml.safe_load((repository / "tests/submissions/class_verdicts.yaml").read_text())
    marks = {row["student"]: row for row in rows(graded_class / "marks.csv")}
    outcomes = rows(graded_class / "outcomes.csv")
    assert set(marks) == set(verdicts)
    wrong = []
    for student, verdict in verdicts.items():
        for item, out_of in MARKS.items():
            earned = float(marks[student][item])
            expected = {"full": earned == out_of, "zero": earned == 0, "partial": earned < out_of}
            kind = next((kind for kind in expected if item in verdict[kind]), "zero")
            if not expected[kind]:
                wrong.append(f"{student} {item}: {earned} of {out_of}, expected {kind}")
            wanted = verdict["outcomes"].get(item)
            if wanted and wanted not in {
                row["outcome"] for row in outcomes if (row["student"], row["item"]) == (student, item)
            }:
                wrong.append(f"{student} {item}: no test is {wanted}")
    assert wrong == []


def test_messages_are_short_and_show_nothing_of_the_grader(graded_class):
    for row in rows(graded_class / "outcomes.csv"):
        message = row["message"]
        score = "full marks at" in message  # what is said of a quality, passed or not
        assert (message == "") == (row["outcome"] == "PASSED") or score, row
        assert len(message.splitlines()) <= 2, row
        for inside in ("Traceback", "autograder/", "tests/marked", "hypothesis", "pytest", " at 0x"):
            assert inside not in message, row


def test_summary_is_the_lectures_table(graded_class):
    table = {row["component"]: row for row in rows(graded_class / "summary.csv")}
    assert list(table) == [*MARKS, *(part.id for part in CONFIG.parts), "total"]
    totals = sorted(float(row["total"]) for row in rows(graded_class / "marks.csv"))
    assert float(table["total"]["median"]) == totals[len(totals) // 2]
    assert float(table["total"]["n"]) == len(totals)


def test_results_json_agrees_with_the_csv(graded_class):
    for row in rows(graded_class / "marks.csv"):
        result = json.loads((graded_class / "results" / f"{row['student']}.json").read_text())
        assert result["total"] == float(row["total"])
        assert {item["id"]: item["earned"] for part in result["parts"] for item in part["items"]} == {
            item: float(row[item]) for item in MARKS
        }


def test_the_same_bytes_whatever_the_jobs(autograder, quick_class, graded_quick, tmp_path):
    done = autograder("grade", quick_class, "--out", tmp_path, "--jobs", 2)
    assert done.returncode == 0, done.stderr
    assert csv_bytes(tmp_path) == csv_bytes(graded_quick)


@pytest.fixture(scope="module")
def references(repository, tmp_path_factory):
    """The whole assignment filled in, once as modules and once as notebooks."""
    folder = tmp_path_factory.mktemp("references")
    for name in ("modules", "notebooks"):
        (folder / name).mkdir()
    for module in CONFIG.modules:
        source = (repository / "solutions" / f"{module}.py").read_text()
        (folder / "modules" / f"{module}.py").write_text(source)
        cells = [ast.unparse(node) for node in ast.parse(source).body]
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        nbformat.write(notebook, folder / "notebooks" / f"{module}.ipynb")
    return folder


def test_the_reference_gets_every_mark_and_the_same_numbers_twice(autograder, references, tmp_path):
    """As modules and as notebooks, each trained anew, in two jobs: what is measured of them agrees to the last digit."""
    done = autograder("grade", references, "--out", tmp_path, "--jobs", 2)
    assert done.returncode == 0, done.stderr
    for row in rows(tmp_path / "marks.csv"):
        lost = {item: row[item] for item, full in MARKS.items() if float(row[item]) != full}
        assert lost == {}
        assert (row["total"], row["out_of"], row["D"]) == ("100", "100", "10")
    said = {"modules": [], "notebooks": []}
    for row in rows(tmp_path / "outcomes.csv"):
        said[row.pop("student")].append(row)
    assert any("the error on digits never seen" in row["message"] for row in said["modules"])
    assert said["modules"] == said["notebooks"]


def test_graded_again_nothing_runs_and_the_views_come_back(autograder, quick_class, graded_quick):
    before = csv_bytes(graded_quick)
    (graded_quick / "marks.csv").unlink()
    done = autograder("grade", quick_class, "--out", graded_quick)
    assert f"0 graded, {len(QUICK)} already known" in done.stdout
    assert csv_bytes(graded_quick) == before


def test_without_a_wall_every_output_says_so(autograder, repository, tmp_path):
    course = repository / "tests/autograder/second_course"
    done = autograder("grade", course / "submissions", "--course", course, "--out", tmp_path, "--sandbox", "none")
    assert done.returncode == 0, done.stderr
    assert "without a sandbox" in done.stderr
    assert all(row["flags"] == "sandbox:none" for row in rows(tmp_path / "marks.csv"))
    assert all(row["sandbox"] == "none" for row in rows(tmp_path / "outcomes.csv") + rows(tmp_path / "summary.csv"))
    assert json.loads((tmp_path / "results" / "anna.json").read_text())["sandbox"] == "none"


def test_another_course_is_graded_by_the_same_harness(autograder, repository, tmp_path):
    course = repository / "tests/autograder/second_course"
    done = autograder("grade", course / "submissions", "--course", course, "--out", tmp_path, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    marks = {row["student"]: row for row in rows(tmp_path / "marks.csv")}
    assert (marks["anna"]["W1"], marks["anna"]["W2"]) == ("2", "2")
    assert (marks["ben"]["W1"], marks["ben"]["W2"]) == ("1", "0")
    [message] = [
        row["message"] for row in rows(tmp_path / "outcomes.csv") if (row["student"], row["item"]) == ("ben", "W2")
    ]
    assert message == "count(''): expected {}, got {'a': 0, 'b': 0, 'c': 0}"


@pytest.fixture
def course(repository, tmp_path):
    """A copy of the second course, to break."""
    return Path(shutil.copytree(repository / "tests/autograder/second_course", tmp_path / "course"))


def test_a_test_of_ours_that_fails_costs_the_student_nothing(autograder, course, tmp_path):
    hidden = course / "tests/marked/test_words.py"
    hidden.write_text(hidden.read_text().replace("dict(Counter(word))", "dict(Counter(word), **None)"))
    done = autograder("grade", course / "submissions", "--course", course, "--out", tmp_path / "out")
    assert done.returncode == 3
    assert "TypeError" in done.stderr
    marks = {row["student"]: row for row in rows(tmp_path / "out/marks.csv")}
    assert marks["anna"]["W2"] == "2"
    assert marks["anna"]["status"] == "grader_error"


def test_a_test_of_ours_that_kills_the_grader_costs_only_itself(autograder, course, tmp_path):
    hidden = course / "tests/marked/test_words.py"
    hidden.write_text(
        hidden.read_text().replace(
            "    expect_equal(student.words.reverse(word)",
            "    import os; os._exit(1)\n    expect_equal(student.words.reverse(word)",
        )
    )
    done = autograder("grade", course / "submissions", "--course", course, "--out", tmp_path / "out")
    assert done.returncode == 3
    outcomes = {(row["student"], row["test"]): row["outcome"] for row in rows(tmp_path / "out/outcomes.csv")}
    assert outcomes["anna", "test_reverse_of_any_word"] == "GRADER_ERROR"
    assert outcomes["anna", "test_count_of_any_word"] == "PASSED"
    assert outcomes["ben", "test_count_of_any_word"] == "FAILED"


def test_hidden_examples_can_be_kept_from_students(autograder, course, tmp_path):
    arguments = ("grade", course / "submissions", "--course", course, "--out", tmp_path / "out")
    autograder(*arguments, "--pipeline")
    messages = {row["test"]: row["message"] for row in rows(tmp_path / "out/outcomes.csv") if row["student"] == "ben"}
    assert messages["test_count_of_any_word"] == "Count letters"
    assert "0 graded, 2 already known" in autograder(*arguments).stdout
    messages = {row["test"]: row["message"] for row in rows(tmp_path / "out/outcomes.csv") if row["student"] == "ben"}
    assert messages["test_count_of_any_word"].startswith("count('')")


@pytest.mark.parametrize(
    ("break_it", "sentence"),
    [
        (lambda course: (course / "submissions" / "anna.zip").write_bytes(b"PK"), "both claim the student 'anna'"),
        (lambda course: shutil.rmtree(course / "submissions"), "does not exist"),
        (lambda course: [shutil.rmtree(each) for each in (course / "submissions").iterdir()], "holds no submission"),
        (
            lambda course: (course / "grading_config.yaml").write_text("course: x\nout_off: 3\n"),
            "did you mean 'out_of'",
        ),
        (lambda course: (course / "grading_config.yaml").unlink(), "does not exist"),
        (lambda course: (course / "out").write_text("a file"), "cannot be used for output"),
        (
            lambda course: (course / "tests/marked/public/test_words.py").write_text("def test_new(student): pass\n"),
            "test_new belongs to no item",
        ),
    ],
    ids=[
        "two of one student",
        "no path",
        "empty",
        "misspelt key",
        "no config",
        "output is a file",
        "test without item",
    ],
)
def test_bad_input_is_a_sentence_and_exit_code_2(autograder, course, break_it, sentence):
    break_it(course)
    done = autograder("grade", course / "submissions", "--course", course, "--out", course / "out")
    assert done.returncode == 2, done.stderr
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_a_submission_that_cannot_be_read_costs_nobody_else(autograder, course, tmp_path):
    (course / "submissions" / "carol.zip").write_bytes(b"this is no zip")
    done = autograder("grade", course / "submissions", "--course", course, "--out", tmp_path / "out")
    assert done.returncode == 0
    assert "carol.zip is no readable zip" in done.stderr
    marks = {row["student"]: row for row in rows(tmp_path / "out/marks.csv")}
    assert (marks["carol"]["status"], marks["carol"]["total"]) == ("unreadable", "0")
    assert marks["anna"]["total"] == "4"


def test_a_wall_below_the_required_level_is_refused(monkeypatch):
    layers = [
        sandbox.Layer(name, name != "landlock", f"{name}, tried")
        for name in ("namespaces", "landlock", "seccomp", "limits")
    ]
    monkeypatch.setattr(sandbox, "probe", lambda: tuple(layers))
    with pytest.raises(SandboxError, match=r"landlock, tried.*--sandbox none"):
        level_of(SandboxChoice.AUTO, sandbox.Level.REDUCED)
    with pytest.raises(SandboxError, match="'full' is required"):
        level_of(SandboxChoice.FULL, sandbox.Level.REDUCED)
    assert level_of(SandboxChoice.NONE, sandbox.Level.REDUCED) is sandbox.Level.NONE
