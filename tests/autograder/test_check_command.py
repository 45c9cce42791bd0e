"""`autograder check` as a student runs it: from the handout and the wheel alone, in a folder of their own."""

from __future__ import annotations

import ast
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from autograder.config_file import load


@pytest.fixture(scope="module")
def built(repository, tmp_path_factory):
    """A wheel made from a copy of this repository, and the handout: all that a student gets."""
    folder = tmp_path_factory.mktemp("built")
    copy = folder / "source"
    tracked = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=repository,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in tracked.stdout.splitlines():
        if (repository / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).write_bytes((repository / name).read_bytes())
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", folder, copy], check=True)
    [wheel] = folder.glob("*.whl")
    subprocess.run([*pip, "install", "-q", "--no-deps", "--target", folder / "installed", wheel], check=True)
    subprocess.run([sys.executable, "-m", "autograder", "release", "--course", copy], check=True, cwd=folder)
    return wheel, copy / "dist/handout.zip", folder / "installed"


@pytest.fixture
def handout(built, tmp_path):
    with zipfile.ZipFile(built[1]) as archive:
        archive.extractall(tmp_path / "work")
    return tmp_path / "work"


@pytest.fixture
def check(built):
    def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-P", "-m", "autograder", "check", *arguments],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": str(built[2]), "COLUMNS": "200"},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def function_names(path: Path) -> set[str]:
    return {node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)}


def test_neither_wheel_nor_handout_holds_a_hidden_test_or_a_solution(built, repository):
    config = load(repository / "grading_config.yaml")
    hidden = {name for item in config.items for name in item.hidden}
    assert hidden
    solution = (repository / "solutions/conv_inverse.py").read_text()
    stub = (repository / "assignment/conv_inverse.py").read_text()
    solution_lines = {line.strip() for line in solution.splitlines() if len(line.strip()) > 25} - {
        line.strip() for line in stub.splitlines()
    }
    assert len(solution_lines) > 20
    for archive_path in built[:2]:
        with zipfile.ZipFile(archive_path) as archive:
            assert archive.namelist()
            for name in archive.namelist():
                text = archive.read(name).decode("utf-8", "replace")
                assert not any(test in text for test in hidden), name
                assert not solution_lines & {line.strip() for line in text.splitlines()}, name


def test_the_wheel_is_what_runs(built):
    done = subprocess.run(
        [sys.executable, "-P", "-c", "import autograder; print(autograder.__file__)"],
        env=os.environ | {"PYTHONPATH": str(built[2])},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip().startswith(str(built[2]))


def test_every_stub_fails_first(check, handout):
    done = check(handout)
    assert done.returncode == 1, done.stderr
    items = [item for item in load(handout / "grading_config.yaml").items if item.public and not item.trains]
    assert done.stdout.count("FAIL") == len(items) > 8
    assert "still to be written" in done.stdout
    assert f"0 of the {sum(sum(item.public.values()) for item in items):g} marks" in done.stdout


def fill_in(handout, repository):
    for module in load(handout / "grading_config.yaml").modules:
        (handout / f"{module}.py").write_bytes((repository / "solutions" / f"{module}.py").read_bytes())


def test_the_solution_passes(check, handout, repository):
    fill_in(handout, repository)
    done = check(handout)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "FAIL" not in done.stdout


def test_one_function_wrong_is_said_with_an_example(check, handout, repository):
    source = (repository / "solutions/conv_inverse.py").read_text()
    (handout / "conv_inverse.py").write_text(
        source
        + "\n\ndef conv_output_size(n, kernel_size, stride=1, padding=0, dilation=1):\n    return n - kernel_size\n"
    )
    done = check(handout)
    assert done.returncode == 1
    assert "conv_output_size(64, kernel_size=5): expected 60, got 59" in done.stdout


def test_a_filled_in_notebook_counts_when_the_stub_was_left_alone(check, handout, repository):
    import nbformat

    notebook = nbformat.v4.new_notebook()
    notebook.cells = [
        nbformat.v4.new_code_cell("%matplotlib inline"),
        nbformat.v4.new_code_cell((repository / "solutions/conv_inverse.py").read_text()),
    ]
    nbformat.write(notebook, handout / "conv_inverse.ipynb")
    done = check(handout, "--item", "A1", "--item", "A6")
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_endless_loop_costs_its_item_and_the_check_ends(check, handout, repository):
    config = handout / "grading_config.yaml"
    config.write_text(config.read_text().replace("seconds: 10", "seconds: 2"))
    fill_in(handout, repository)
    source = (repository / "solutions/conv_inverse.py").read_text()
    (handout / "conv_inverse.py").write_text(
        source + "\n\ndef crop_of(padding, output_padding):\n    while True:\n        pass\n"
    )
    done = check(handout)
    assert done.returncode == 1
    assert done.stdout.count("FAIL") == 1
    assert "TIMED_OUT: crop_of(1, 0): no answer within 2 seconds" in done.stdout


def test_it_needs_nothing_that_only_unix_has(handout, built):
    """As close to Windows as Linux gets: its missing modules and functions are missing for this package."""
    driver = """
import builtins, ctypes, os, selectors, sys
original = builtins.__import__
def guarded(name, globals=None, *rest, **named):
    if name in ("fcntl", "resource", "pwd", "grp", "termios") and str((globals or {}).get("__name__")).startswith("autograder"):
        raise ModuleNotFoundError(name)
    return original(name, globals, *rest, **named)
builtins.__import__ = guarded
import contextlib, dataclasses, enum, pathlib, random, shutil, socket, tempfile, typing
sys.platform = "win32"
import autograder.sandbox
sys.platform = "linux"
import autograder.__main__
for name in ("fork", "geteuid", "pidfd_open", "set_blocking", "sched_getaffinity"):
    delattr(os, name)
selectors.DefaultSelector = selectors.SelectSelector
sys.argv = ["autograder", "check"]
autograder.__main__.main()
"""
    done = subprocess.run(
        [sys.executable, "-P", "-c", driver],
        cwd=handout,
        env=os.environ | {"PYTHONPATH": str(built[2]), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "0 of the" in done.stdout


def test_outside_a_course_the_fix_is_named(check, tmp_path):
    done = check(tmp_path)
    assert done.returncode == 2
    assert "there is no grading_config.yaml here or above" in done.stderr


@pytest.mark.alone
def test_watching_answers_within_a_second_of_a_save(built, handout, repository):
    """The time is printed as a ratio to the first check of the same run, which has to start torch.

    The fastest of three saves counts: on a busy machine the spare process may not be ready for the first.
    """
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "autograder", "check", "--watch", "--item", "A2"],
        cwd=handout,
        env=os.environ | {"PYTHONPATH": str(built[2]), "COLUMNS": "200", "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stderr is not None
        start = time.monotonic()
        assert "FAIL  A2" in until(process.stdout, "marks that these")
        first = time.monotonic() - start
        until(process.stderr, "waiting for you to save")
        saved = (repository / "solutions/conv_inverse.py").read_bytes()
        seconds = []
        for number in range(3):
            time.sleep(first)  # as long as the spare process needs to import torch
            (handout / "conv_inverse.py").write_bytes(saved + b"\n" * number)
            start = time.monotonic()
            assert "pass  A2" in until(process.stdout, "marks that these")
            seconds.append(time.monotonic() - start)
            until(process.stderr, "waiting for you to save")
        again = min(seconds)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)
    print(f"first check {first:.2f} s, after a save {again:.2f} s")
    assert again < first / 2
    assert process.returncode == 0


def until(stream, words):
    """Read lines up to the one that holds these words."""
    lines = []
    for line in stream:
        lines.append(line)
        if words in line:
            break
    return "".join(lines)


def test_one_item_can_be_asked_for(check, handout):
    done = check(handout, "--item", "A8")
    assert done.stdout.count("FAIL") == 1
    assert "A8" in done.stdout
    done = check(handout, "--item", "A88")
    assert done.returncode == 2
    assert "did you mean 'A8'?" in done.stderr
