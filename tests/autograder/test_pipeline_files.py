"""The ready files in `pipelines/`, as far as they can be checked without the systems that run them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

PIPELINES = Path(__file__).parents[2] / "pipelines"
PAGES = PIPELINES.parent / "docs" / "pipelines"
WORKFLOWS = sorted(PIPELINES.glob("github*/*.yml"))
COURSE = Path(__file__).parent / "second_course"


def fits(schema, path):
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_fit_githubs_schema(path):
    fits("vendor.github-workflows", path)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_leave_no_token_beside_the_students_code_and_run_nothing_that_is_given(path):
    workflow = yaml.safe_load(path.read_text())
    for job in workflow["jobs"].values():
        for step in job["steps"]:
            assert "${{" not in step.get("run", "")
            if "checkout" in step.get("uses", ""):
                assert step["with"]["persist-credentials"] is False


def test_the_gitlab_file_fits_its_schema():
    fits("vendor.gitlab-ci", PIPELINES / "gitlab/.gitlab-ci.yml")


@pytest.mark.parametrize("path", sorted(PIPELINES.glob("*/*")), ids=lambda path: path.name)
def test_each_file_has_a_page_that_names_it(path):
    assert path.name in (PAGES / f"{path.parent.name}.md").read_text()


@pytest.mark.parametrize("path", sorted(PIPELINES.glob("*/*")), ids=lambda path: path.name)
def test_scripts_are_scripts(path):
    if path.read_bytes().startswith(b"#!"):
        assert os.access(path, os.X_OK)
        assert subprocess.run(["bash", "-n", path], check=False).returncode == 0


@pytest.fixture
def installed(tmp_path):
    """A PATH with the command on it."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/autograder").write_text(f'#!/bin/sh\nexec {sys.executable} -m autograder "$@"\n')
    (tmp_path / "bin/autograder").chmod(0o755)
    return {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "GITHUB_ACTIONS": ""}


def test_the_markus_script_speaks_for_the_folder_it_is_in(installed, tmp_path):
    (tmp_path / "box").mkdir()
    (tmp_path / "box/words.py").write_text((COURSE / "submissions/ben/words.py").read_text())
    done = subprocess.run(
        [PIPELINES / "markus/run_tests.sh"],
        cwd=tmp_path / "box",
        env=os.environ | installed | {"AUTOGRADER_COURSE": str(COURSE)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert done.stdout.splitlines()[-1] == '{"overall_comment":"1 of 4 marks"}'


def test_the_makefile_fails_unless_all_marks_are_earned(installed, tmp_path):
    codes = [
        subprocess.run(
            [
                "make",
                "--file",
                PIPELINES / "plain/Makefile",
                f"SUBMISSION={COURSE / 'submissions' / name}",
                f"COURSE={COURSE}",
            ],
            cwd=tmp_path,
            env=os.environ | installed,
            capture_output=True,
            check=False,
        ).returncode
        for name in ("anna", "ben")
    ]
    assert codes == [0, 2]  # make's own for a command that failed
