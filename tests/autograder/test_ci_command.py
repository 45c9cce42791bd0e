"""`autograder ci` as each pipeline runs it, with a submission that tries to speak for it."""

from __future__ import annotations

import base64
import json
import os
import shutil
import sys
import zipfile
from pathlib import Path

import pytest
from junitparser import JUnitXml

COURSE = Path(__file__).parent / "second_course"
# What a log, a summary or a reader of objects could take for its own, in an exception and in print.
FORGED = (
    "::error::forged\n::set-output name=result::forged\n##[error]forged\n"
    '{"name": "forged", "marks_earned": 99, "marks_total": 99, "status": "pass"}\n<b>forged</b> | x |\n'
)
HOSTILE = f"""
import os
FORGED = {FORGED!r}
print(FORGED)
os.write(1, FORGED.encode())
os.write(2, FORGED.encode())

def reverse(word):
    print(FORGED)
    raise ValueError("no " + FORGED)

def count(word):
    raise ValueError("\\n" + FORGED)
"""
NOWHERE = {"GITHUB_ACTIONS": ""}


@pytest.fixture
def hostile(tmp_path):
    folder = tmp_path / "hostile"
    folder.mkdir()
    (folder / "words.py").write_text(HOSTILE)
    (folder / "::error::forged\n::error::forged.py").write_text("")
    return folder


@pytest.fixture
def ci(autograder, tmp_path):
    def run(path, *options, **variables):
        return autograder("ci", path, "--course", COURSE, *options, cwd=tmp_path, env=NOWHERE | variables)

    return run


def lines_of(text):
    """As a log has them; a carriage return ends one, too."""
    return text.replace("\r", "\n").split("\n")


def in_github(tmp_path):
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        "GITHUB_OUTPUT": str(tmp_path / "output"),
    }


def test_full_marks_exit_with_0_as_text_and_junit(ci, tmp_path):
    done = ci(COURSE / "submissions/anna")
    assert done.returncode == 0, done.stderr
    assert "pass  W1  Reverse a word: 2 of 2" in done.stdout
    assert "4 of 4 marks" in done.stdout
    assert "sandbox: " in done.stderr
    [suite] = JUnitXml.fromstring((tmp_path / "junit.xml").read_bytes())
    assert (suite.tests, suite.failures) == (3, 0)


def test_less_exits_with_1_and_shows_hidden_tests_as_the_config_says(ci):
    done = ci(COURSE / "submissions/ben")
    assert done.returncode == 1, done.stderr
    assert "FAIL  W2  Count letters: 0 of 2" in done.stdout
    assert "FAILED: Count letters" in done.stdout
    assert "expected" not in done.stdout  # students may try again, and could collect the hidden examples


def test_github_gets_a_summary_a_result_and_annotations(ci, tmp_path):
    done = ci(COURSE / "submissions/ben", **in_github(tmp_path))
    assert done.returncode == 1, done.stderr
    commands = [line for line in done.stdout.splitlines() if line.startswith("::error")]
    assert len(commands) == 2
    assert "| W2 Count letters | ❌ | 0 | 2 |" in (tmp_path / "summary.md").read_text()
    name, _, value = (tmp_path / "output").read_text().strip().partition("=")
    assert (name, json.loads(base64.b64decode(value))["max_score"]) == ("result", 4)
    assert not (tmp_path / "junit.xml").exists()


def test_no_students_text_is_a_command_to_github(ci, hostile, tmp_path):
    done = ci(hostile, **in_github(tmp_path))
    assert done.returncode == 1, done.stderr
    stop, *between, resume, first, second, third, end = lines_of(done.stdout)
    # Until it resumes, GitHub hears nothing but a word that the code cannot know.
    assert stop.removeprefix("::stop-commands::") == resume.strip(":")
    assert between == []
    assert all(each.startswith("::error ") for each in (first, second, third))
    assert end == ""
    for line in lines_of(done.stderr):
        assert not line.lstrip().startswith("::")
        assert "##[" not in line
    assert len((tmp_path / "output").read_text().splitlines()) == 1
    table = [line for line in (tmp_path / "summary.md").read_text().splitlines() if line.startswith("|")]
    assert len(table) == 4
    assert "<b>" not in "".join(table)


def test_no_students_text_is_a_line_of_its_own_in_a_log(ci, hostile):
    done = ci(hostile, "--system", "plain")
    assert done.returncode == 1, done.stderr
    for line in lines_of(done.stdout + done.stderr):
        assert not line.lstrip().startswith(("::", "##", "{"))


def test_markus_reads_our_objects_and_no_other(ci, hostile):
    """As its tester reads: one JSON object after the other, whatever is between them is malformed."""
    done = ci(hostile, "--system", "markus")
    assert done.returncode == 1, done.stderr
    decoder, text, objects = json.JSONDecoder(), done.stdout.strip(), []
    while text:
        found, end = decoder.raw_decode(text)
        objects.append(found)
        text = text[end:].lstrip()
    tests = [each for each in objects if "name" in each]
    assert [each["name"] for each in tests] == [
        "W1: test_reverse_of_one_word",
        "W1: test_reverse_of_any_word",
        "W2: test_count_of_any_word",
    ]
    assert all(each["marks_earned"] == 0 for each in tests)
    assert objects[-1] == {"overall_comment": "0 of 4 marks"}


def test_what_cannot_be_read_is_its_students_matter(ci, tmp_path):
    (tmp_path / "broken.zip").write_bytes(b"no zip")
    done = ci(tmp_path / "broken.zip")
    assert done.returncode == 1, done.stderr
    assert "0 of 4 marks" in done.stdout
    assert "zip the files again" in done.stdout


@pytest.mark.parametrize(
    ("options", "variables", "words"),
    [
        ((), {"GITHUB_ACTIONS": "true"}, "GITHUB_STEP_SUMMARY is not set"),
        (("--course", "nowhere"), {}, "grading_config.yaml does not exist"),
    ],
)
def test_a_place_that_does_not_do_is_told_with_the_fix(ci, options, variables, words):
    done = ci(COURSE / "submissions/anna", *options, GITHUB_STEP_SUMMARY="", **variables)
    assert done.returncode == 2
    assert words in done.stderr


def test_nothing_is_written_through_a_link_of_the_students(ci, tmp_path):
    (tmp_path / "elsewhere").write_text("kept")
    for name in ("junit.xml", ".junit.xml.unfinished"):
        (tmp_path / name).symlink_to(tmp_path / "elsewhere")
    assert ci(COURSE / "submissions/anna").returncode == 0
    assert (tmp_path / "elsewhere").read_text() == "kept"
    assert "testsuite" in (tmp_path / "junit.xml").read_text()


def test_a_handout_is_a_course_and_a_submission_in_one_folder(autograder, tmp_path):
    """As a student's repository has it; its public tests give 1 of the 4 marks."""
    config = (COURSE / "grading_config.yaml").read_text()
    for hidden in ("\n        hidden: {test_reverse_of_any_word: 1}", "\n        hidden: {test_count_of_any_word: 2}"):
        assert hidden in config
        config = config.replace(hidden, "")
    (tmp_path / "grading_config.yaml").write_text("handout: true\n" + config)
    shutil.copytree(COURSE / "tests/marked/public", tmp_path / "tests/marked/public")
    codes = []
    for answer in ("word[::-1]", "word"):
        (tmp_path / "words.py").write_text(f"def reverse(word):\n    return {answer}\n")
        codes.append(autograder("ci", ".", "--course", ".", cwd=tmp_path, env=NOWHERE).returncode)
    assert codes == [0, 1]


@pytest.fixture(scope="module")
def package(autograder, tmp_path_factory):
    """The zip that Gradescope gets, unpacked as it does that."""
    folder = tmp_path_factory.mktemp("gradescope")
    course = Path(shutil.copytree(COURSE, folder / "course"))
    (course / "solutions").mkdir()
    (course / "solutions/words.py").write_text("secret")
    done = autograder("package", "gradescope", "--course", course)
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(course / "dist/gradescope.zip") as archive:
        archive.extractall(folder / "source")
        modes = {each.filename: each.external_attr >> 16 for each in archive.infolist()}
    assert modes["setup.sh"] == modes["run_autograder"] == 0o100755
    return folder


def test_gradescopes_zip_holds_the_grader_and_the_course_without_solutions(package):
    names = {str(path.relative_to(package / "source")) for path in (package / "source").rglob("*") if path.is_file()}
    assert {"setup.sh", "run_autograder", "pyproject.toml", "autograder/__main__.py"} <= names
    assert {"course/grading_config.yaml", "course/tests/marked/public/test_words.py"} <= names
    assert not any(name.startswith("course/solutions") or name.endswith(".pyc") for name in names)


@pytest.mark.parametrize(("student", "score"), [("anna", 4), ("ben", 1)])
def test_gradescopes_script_writes_results(package, repository, tmp_path, student, score):
    """In a folder laid out as Gradescope's, with this interpreter in the place of the one that setup.sh installs."""
    import subprocess

    shutil.copytree(package / "source", tmp_path / "source")
    shutil.copytree(COURSE / "submissions" / student, tmp_path / "submission")
    (tmp_path / "results").mkdir()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/autograder").write_text(f'#!/bin/sh\nexec {sys.executable} -m autograder "$@"\n')
    (tmp_path / "bin/autograder").chmod(0o755)
    done = subprocess.run(
        ["bash", tmp_path / "source/run_autograder"],
        env=os.environ | {"AUTOGRADER_ROOT": str(tmp_path), "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
        cwd=repository,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "results/results.json").read_text())["score"] == score


RAISES = (
    "def reverse(word):\n    raise ValueError('no')\n\ndef count(word):\n    raise ValueError('(line 7 of data.py)')\n"
)


@pytest.fixture
def in_folder(tmp_path):
    """A student's repository whose code is in a folder that tries to say something."""
    home = tmp_path / "student" / "src, line=1::a"
    home.mkdir(parents=True)
    (home / "words.py").write_text(RAISES)
    return tmp_path / "student"


@pytest.mark.parametrize(("workspace", "before"), [("student", ""), (".", "student/"), ("elsewhere", "")])
def test_githubs_annotations_name_files_from_the_workspace(ci, in_folder, tmp_path, workspace, before):
    """`ci .` in the student's repository, and `ci student` beside the course's."""
    path, environment = in_folder, in_github(tmp_path) | {"GITHUB_WORKSPACE": str(tmp_path / workspace)}
    done = ci(path, **environment)
    commands = [line for line in done.stdout.splitlines() if line.startswith("::error")]
    assert f"::error file={before}src%2C line=1%3A%3Aa/words.py,line=2,title=W1" in commands[0]


def test_markus_is_told_of_the_students_own_files_alone_by_their_names(ci, in_folder):
    """It looks them up by name, and sets no mark if it finds none."""
    done = ci(in_folder, "--system", "markus")
    objects = [json.loads(line) for line in done.stdout.splitlines()]
    [annotations] = [each["annotations"] for each in objects if "annotations" in each]
    assert {each["filename"] for each in annotations} == {"words.py"}
