"""The two zygotes: killed while they start, and what they leave."""

from __future__ import annotations

import contextlib
import os
import signal
import tempfile
import threading
import time
from pathlib import Path

import pytest

from autograder import pool
from autograder.course import Course
from autograder.errors import GraderError
from autograder.grader.processes import from_zygote
from autograder.grader.session import Session
from autograder.grading import Setup, mark_all
from autograder.records import Conditions, PlannedTest, Submission
from autograder.sandbox import Level, Limits


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """A folder of the test's own for temporary files, which workers, as other users, may pass through."""
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    folder.chmod(0o711)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    folder.rmdir()  # fails if anything is left in it


@pytest.fixture
def tests(tmp_path):
    (tmp_path / "test_nothing.py").write_text("def test_nothing(): pass\n")
    return [tmp_path]


def killing(monkeypatch, module, times):
    """Kill the first so many processes that run this module, as soon as they have started."""
    started, start = [], pool._start

    def start_and_kill(name, *arguments):
        process = start(name, *arguments)
        if name == module:
            started.append(process)
            if len(started) <= times:
                process.send_signal(signal.SIGKILL)
        return process

    monkeypatch.setattr(pool, "_start", start_and_kill)
    return started


@pytest.fixture
def mark(repository, tmp_path):
    """Grade one submission of the second course, as `grade` does."""
    course = Course(repository / "tests/autograder/second_course")
    anna = Submission("anna", {}, "anna", problem="nothing was handed in")

    def run(level=Level.NONE):
        found = []
        mark_all(course, [anna], lambda submission: course.config.plan(), Setup(level, 1), found.append)
        return [result.student for result in found]

    return run


@pytest.mark.parametrize("module", ["autograder.student_worker", "autograder.grader.zygote"])
def test_a_zygote_that_is_killed_while_it_starts_is_started_again(monkeypatch, temporary, mark, module):
    started = killing(monkeypatch, module, times=2)
    assert mark() == ["anna"]
    assert len(started) == 3


def test_a_zygote_that_is_killed_inside_its_namespaces_is_started_again(monkeypatch, temporary, mark, best_level):
    """At the full wall the zygote is the child of a process that ends as it does."""
    if best_level < Level.FULL:
        pytest.skip(f"this machine's wall reaches only {best_level}")
    started, start = [], pool._start

    def kill_inside(process):
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        while process.poll() is None:
            for child in children.read_text().split():
                with contextlib.suppress(OSError):  # one that has ended already
                    if os.stat(f"/proc/{child}/root").st_dev != os.stat("/").st_dev:  # it is behind the wall
                        os.kill(int(child), signal.SIGKILL)
            time.sleep(0.01)

    def start_and_kill_inside(name, *arguments):
        process = start(name, *arguments)
        if name == "autograder.student_worker":
            started.append(process)
            if len(started) == 1:
                threading.Thread(target=kill_inside, args=[process]).start()
        return process

    monkeypatch.setattr(pool, "_start", start_and_kill_inside)
    assert mark(Level.FULL) == ["anna"]
    assert len(started) == 2


def test_zygotes_that_are_killed_each_time_are_an_error(monkeypatch, temporary, mark):
    started = killing(monkeypatch, "autograder.student_worker", times=9)
    with pytest.raises(GraderError, match="ended 3 times; 0 submissions are graded and safe"):
        mark()
    assert len(started) == 3


def test_what_cannot_be_collected_is_not_tried_again(monkeypatch, temporary, tests):
    (tests[0] / "test_nothing.py").write_text("def broken(:\n")
    started = killing(monkeypatch, "autograder.grader.zygote", times=0)
    with pytest.raises(GraderError, match="cannot be collected"), pool.Pool(tests, [], Level.NONE, []):
        pass
    assert len(started) == 1


def test_a_student_zygote_that_is_killed_leaves_no_folders(temporary, tests, best_level):
    with pool.Pool(tests, [], min(best_level, Level.REDUCED), []) as running:
        session = Session({"probe.py": b"def run(): return 1\n"}, from_zygote(running._control), Conditions(Limits()))
        session.begin_test(60)
        assert session.call(["probe", "run"], "run", (), {}) == 1
        assert list(temporary.rglob("probe.py"))
        os.kill(running._processes[0].pid, signal.SIGKILL)
        session.close()


DRAWING = """
import torch
from autograder.grader import fail, fresh_process

def draw(student):
    fail(f"drawn: {torch.rand(1).item()}, {student.work.draw()}")

def test_first(student):
    draw(student)

def test_second(student):
    draw(student)

def test_two_processes(student):
    first = student.work.draw()
    fresh_process(student)
    assert student.work.draw() != first
"""


def test_what_a_test_draws_does_not_depend_on_what_ran_before_it(temporary, tests):
    (tests[0] / "test_drawing.py").write_text(DRAWING)
    files = {"work.py": b"import torch\ndef draw(): return torch.rand(1).item()\n"}
    first, second = (PlannedTest(name, "A1", "work", 60) for name in ("test_first", "test_second"))
    drawn = {}
    with pool.Pool(tests, [], Level.NONE, ["torch"]) as running:
        for name, plan, seed in (("both", [first, second], 0), ("alone", [second], 0), ("other", [second], 1)):
            results, _ = running.mark(files, Conditions(Limits(), seed=seed), plan)
            drawn[name] = results[-1].message
        [apart], _ = running.mark(files, Conditions(Limits()), [PlannedTest("test_two_processes", "A1", "work", 60)])
    assert "drawn: " in drawn["both"]
    assert drawn["alone"] == drawn["both"] != drawn["other"]
    assert apart.outcome == "PASSED"  # what no state dict holds would else cross by itself
