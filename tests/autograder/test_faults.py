"""What the machine, the course or a TA can do to a run: a clear error, nothing lost, nothing left behind."""

from __future__ import annotations

import importlib
import os
import re
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from autograder.errors import UsageError
from autograder.marks.store import FILE_NAME, open_store
from autograder.records import Outcome, SubmissionResult, TestResult

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))
kills = importlib.import_module("kills")

SUBMISSIONS = 8


@pytest.fixture(scope="module")
def submissions(tmp_path_factory):
    folder = tmp_path_factory.mktemp("faults") / "class"
    kills.write_class(folder, SUBMISSIONS)
    return folder


@pytest.fixture(scope="module")
def undisturbed(submissions, tmp_path_factory):
    out = tmp_path_factory.mktemp("undisturbed")
    assert kills.start(submissions, out).wait() == 0
    return csv_bytes(out)


@pytest.fixture
def course(repository, tmp_path):
    """A copy of the second course, to break."""
    return Path(shutil.copytree(repository / "tests/autograder/second_course", tmp_path / "course"))


@pytest.fixture
def small_disk(tmp_path):
    """A folder with room for the marks and the pages, and little more."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or not shutil.which("mount") or subprocess.run(mount, check=False).returncode != 0:
        pytest.skip("no file system may be mounted here")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def csv_bytes(out):
    return [(out / name).read_bytes() for name in kills.CSVS]


def grade(autograder, submissions, out, *more):
    return autograder("grade", submissions, "--course", kills.COURSE, "--out", out, *more)


def test_killed_at_random_moments_nothing_is_lost_changed_or_left(tmp_path):
    done, _ = kills.disturb(tmp_path, SUBMISSIONS, 3, seed=3)
    assert done.total() == 3


def test_a_disk_that_fills_is_a_sentence_and_with_room_it_goes_on(autograder, submissions, undisturbed, small_disk):
    running = kills.start(submissions, small_disk)
    while not (small_disk / FILE_NAME).exists() or not kills.committed(small_disk):
        assert running.poll() is None
        time.sleep(0.01)
    ballast = small_disk / "ballast"
    subprocess.run(["dd", "if=/dev/zero", f"of={ballast}"], check=False, stderr=subprocess.DEVNULL)  # to the last byte
    assert running.wait() == 2
    said = small_disk.with_suffix(".log").read_text()
    assert "cannot be written" in said
    assert "run the same command again" in said
    assert "Traceback" not in said
    kept = kills.committed(small_disk)
    assert kept
    ballast.unlink()
    done = grade(autograder, submissions, small_disk)
    assert done.returncode == 0, done.stderr
    assert kept <= kills.committed(small_disk)
    assert csv_bytes(small_disk) == undisturbed
    assert {path.name for path in small_disk.iterdir()} == {
        *kills.CSVS,
        FILE_NAME,
        "results",
        "feedback",
        "report.html",
    }


def test_a_folder_that_cannot_be_written_any_more_is_a_sentence_and_keeps_what_it_had(tmp_path):
    """Moved away in the middle: what else takes a folder from root?"""
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"

    def graded(student: str) -> SubmissionResult:
        return SubmissionResult(student, "d", (TestResult("test", Outcome.PASSED),))

    with open_store(out) as store:
        store.put(graded("amal"), {"test": "course"}, "full")
        out.rename(elsewhere)
        with pytest.raises(UsageError, match="What was graded before is safe"):
            store.put(graded("bo"), {"test": "course"}, "full")
    with open_store(elsewhere) as store:
        assert [result.student for result, _ in store.results()] == ["amal"]


@pytest.mark.skipif(sys.platform != "linux", reason="nowhere else can a process's memory be bounded from outside")
def test_memory_that_runs_out_is_a_sentence_and_with_more_it_goes_on(autograder, submissions, undisturbed, tmp_path):
    out = tmp_path / "out"
    running = kills.start(submissions, out)
    while not (out / FILE_NAME).exists() or not kills.committed(out):
        assert running.poll() is None
        time.sleep(0.01)
    taken = int(Path(f"/proc/{running.pid}/statm").read_text().split()[0]) * resource.getpagesize()
    # Enough for a thread's stack, and too little for the libraries that the pages need.
    resource.prlimit(running.pid, resource.RLIMIT_AS, (taken + (16 << 20),) * 2)
    assert running.wait() == 2
    said = out.with_suffix(".log").read_text()
    assert "the memory ran out. What was graded is safe" in said
    assert "Traceback" not in said
    kept = kills.committed(out)
    done = grade(autograder, submissions, out)
    assert done.returncode == 0, done.stderr
    assert kept <= kills.committed(out)
    assert csv_bytes(out) == undisturbed


def test_two_commands_on_one_folder_the_second_is_told_to_wait(autograder, submissions, undisturbed, tmp_path):
    first = kills.start(submissions, tmp_path / "out")
    while not (tmp_path / "out" / FILE_NAME).exists():
        assert first.poll() is None
        time.sleep(0.05)
    second = grade(autograder, submissions, tmp_path / "out")
    assert second.returncode == 2
    assert "another command is writing to" in second.stderr
    assert first.wait() == 0
    assert csv_bytes(tmp_path / "out") == undisturbed


def test_no_clock_that_can_jump_decides_anything(repository):
    jumping = re.compile(r"time\.time\(|datetime\.(now|utcnow|today)|date\.today|CLOCK_REALTIME")
    found = [path.name for path in (repository / "autograder").rglob("*.py") if jumping.search(path.read_text())]
    assert found == ["deadline.py"]  # whether a TA's deadline has passed, which no student's time hangs on


def test_a_loaded_machine_gives_the_same_marks(autograder, submissions, undisturbed, tmp_path):
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(4)]
    try:
        done = grade(autograder, submissions, tmp_path)
    finally:
        for process in busy:
            process.kill()
            process.wait()
    assert done.returncode == 0, done.stderr
    assert csv_bytes(tmp_path) == undisturbed


def test_a_process_that_something_outside_kills_once_costs_nothing(autograder, course, tmp_path):
    """Without a wall, so that the student's code can play the one who kills."""
    flag = tmp_path / "killed"
    once = f"import os\nif not os.path.exists({str(flag)!r}):\n    open({str(flag)!r}, 'w').close()\n    os.kill(os.getpid(), 9)\n"
    for name, kill in (("anna", once), ("ben", "import os\nos.kill(os.getpid(), 9)\n")):
        words = course / "submissions" / name / "words.py"
        words.write_text(kill + words.read_text())
    done = autograder(
        "grade", course / "submissions", "--course", course, "--out", tmp_path / "out", "--sandbox", "none", "--jobs", 1
    )
    assert done.returncode == 0, done.stderr
    outcomes = {(student, outcome) for student, _, outcome, _ in kills.committed(tmp_path / "out")}
    assert outcomes == {("anna", "PASSED"), ("ben", "OUT_OF_MEMORY")}


LEAK = """
import subprocess, threading, time

def leak():
    kept.append(bytearray(50 << 20))
    kept.extend(open(os.devnull) for _ in range(300))
    threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
    subprocess.Popen(["sleep", "98765"])

"""


def test_tests_of_ours_that_raise_hang_or_leak_cost_no_student_anything(autograder, course, tmp_path):
    config = course / "grading_config.yaml"
    config.write_text(config.read_text().replace("seconds: 5", "seconds: 0.1"))
    public, hidden = course / "tests/marked/public/test_words.py", course / "tests/marked/test_words.py"
    public.write_text(
        "import os\nkept = []\n" + LEAK + public.read_text().replace("    expect", "    leak()\n    expect")
    )
    hidden.write_text(
        hidden.read_text()
        .replace(
            "    expect_equal(student.words.reverse", "    while True: pass\n    expect_equal(student.words.reverse"
        )
        .replace("dict(Counter(word))", "bytearray(1 << 60)")
    )
    done = autograder("grade", course / "submissions", "--course", course, "--out", tmp_path / "out", "--jobs", 2)
    assert done.returncode == 3
    assert "test_reverse_of_any_word" in done.stderr
    assert 'test_words.py", line' in done.stderr.split("Fatal Python error: Aborted")[1]
    assert re.search(r"test_count_of_any_word:\nMemoryError: Traceback", done.stderr)
    marks = (tmp_path / "out/marks.csv").read_text().splitlines()
    assert marks[1].startswith("anna,2,2,4,4")
    assert subprocess.run(["pgrep", "-f", "sleep 98765"], check=False).returncode == 1
