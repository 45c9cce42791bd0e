"""kill -9 at random moments, of the grader, a zygote, a worker, or everything, over a class of 30 (Linux only).

    python benchmarks/kills.py --kills 200

After each kill of the grader the same command runs again, as a TA would; a class that is done begins anew until there
were enough kills. What must hold: every result that was committed stays, the final CSVs are those of an undisturbed run
byte for byte, no process is left, and no file that does not belong. Writes benchmarks/results/kills.md.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import difflib
import os
import platform
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from memory import family

REPOSITORY = Path(__file__).resolve().parent.parent
COURSE = REPOSITORY / "tests" / "autograder" / "second_course"
RESULT = REPOSITORY / "benchmarks" / "results" / "kills.md"
CSVS = ("marks.csv", "outcomes.csv", "summary.csv")
KINDS = ("grader", "student zygote", "grader zygote", "worker", "marking child", "everything")
PR_SET_CHILD_SUBREAPER = 36
_PATIENCE_SECONDS = 60.0  # a zygote without a grader ends as soon as it has imported torch, on a busy machine too


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--submissions", type=int, default=30)
    parser.add_argument("--seed", type=int, default=321)
    options = parser.parse_args()
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="kills-") as folder:
        kills, classes = disturb(Path(folder), options.submissions, options.kills, options.seed)
    lines = [
        "# Killed at random moments",
        "",
        f"Made by `python benchmarks/kills.py --kills {options.kills}`: a class of {options.submissions}, two jobs,",
        f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}, "
        f"in {(time.monotonic() - begin) / 60:.0f} minutes.",
        "",
        "| killed with SIGKILL | times |",
        "|---|---|",
        *(f"| {kind} | {kills[kind]} |" for kind in KINDS),
        f"| together | {kills.total()} |",
        "",
        f"{classes} classes were finished in spite of it. Lost or changed results that had been committed: 0; CSVs",
        "that differ from an undisturbed run's: 0; processes left: 0; files left: 0. (The script ends at the first.)",
    ]
    RESULT.write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


def disturb(folder: Path, submissions: int, kills: int, seed: int) -> tuple[Counter[str], int]:
    """Grade classes, killing as many times; what was killed, and how many classes were finished.

    Raises:
        AssertionError: something was lost, changed or left.
    """
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)  # whatever is left becomes a child of this process
    write_class(folder / "class", submissions)
    begin = time.monotonic()
    assert start(folder / "class", folder / "undisturbed").wait() == 0
    seconds = time.monotonic() - begin
    results = committed(folder / "undisturbed")
    chance = random.Random(seed)
    done: Counter[str] = Counter()
    classes = 0
    while done.total() < kills:
        out = folder / f"out_{classes}"
        _disturb_one(folder / "class", out, results, kills, seconds, chance, done)
        for name in CSVS:
            changes = difference(folder / "undisturbed" / name, out / name)
            assert not changes, f"{name} differs:\n{changes}\n{_log(out).read_text()}"
        files = {str(path.relative_to(out)) for path in out.rglob("*")}
        wanted = {str(path.relative_to(folder / "undisturbed")) for path in (folder / "undisturbed").rglob("*")}
        assert files == wanted, f"files left: {files ^ wanted}"
        classes += 1
    return done, classes


def _disturb_one(
    submissions: Path,
    out: Path,
    results: set[tuple[str, ...]],
    kills: int,
    seconds: float,
    chance: random.Random,
    done: Counter[str],
) -> None:
    """Grade one class to its end, whatever happens to it."""
    before = set(family(os.getpid()))
    kept: set[tuple[str, ...]] = set()
    exit_code = -1
    while exit_code != 0:
        grader = start(submissions, out)
        while done.total() < kills and _kill_one(
            grader, kind := chance.choice(KINDS), chance.uniform(0, seconds), chance
        ):
            done[kind] += 1
        exit_code = grader.wait()
        assert exit_code in (0, 3, -signal.SIGKILL), f"exit code {exit_code}: {_log(out).read_text()[-2000:]}"
        require_nothing_left(before)
        now = committed(out)
        assert kept <= now, f"lost: {kept - now}"
        assert now <= results, f"changed: {now - results}"
        kept = now


def _kill_one(grader: subprocess.Popen[bytes], kind: str, seconds: float, chance: random.Random) -> bool:
    """After so many seconds, kill what `kind` says as soon as there is one; False if the command ended before."""
    begin = time.monotonic()
    while grader.poll() is None:
        time.sleep(0.01)
        victims = processes(grader.pid).get(kind, [])
        if victims and time.monotonic() - begin >= seconds:
            for pid in victims if kind == "everything" else [chance.choice(victims)]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            return True
    return False


def processes(grader: int) -> dict[str, list[int]]:
    """The grader's processes by kind."""
    kinds = {"grader": [grader], "everything": family(grader)}
    for zygote in kinds["everything"][1:]:
        with contextlib.suppress(OSError):
            if _parent(zygote) == grader:
                ours = b"grader.zygote" in Path(f"/proc/{zygote}/cmdline").read_bytes()
                kinds["grader zygote" if ours else "student zygote"] = [zygote]
                kinds["marking child" if ours else "worker"] = family(zygote)[1:]
    return kinds


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def require_nothing_left(before: set[int]) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while left := set(family(os.getpid())) - before:
        for pid in left:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
        assert time.monotonic() < deadline, f"processes left: {left}"
        time.sleep(0.05)


def committed(out: Path) -> set[tuple[str, ...]]:
    """All outcomes of those submissions that have no error of ours, which run again the next time."""
    with contextlib.closing(sqlite3.connect(out / "marks.sqlite")) as connection:
        try:
            return set(
                connection.execute(
                    "SELECT student, test, outcome, message FROM outcomes WHERE student NOT IN"
                    " (SELECT student FROM outcomes WHERE outcome = 'GRADER_ERROR')"
                )
            )
        except sqlite3.OperationalError:  # killed before there was a table
            return set()


def start(submissions: Path, out: Path) -> subprocess.Popen[bytes]:
    """Start the command that grades them."""
    out.mkdir(exist_ok=True)
    return subprocess.Popen(
        [*(sys.executable, "-m", "autograder", "grade", submissions), "--out", out, "--course", COURSE, "--jobs", "2"],
        cwd=REPOSITORY,
        stdout=subprocess.DEVNULL,
        stderr=_log(out).open("a"),
    )


def difference(expected: Path, got: Path) -> str:
    """What two files differ in, byte by byte: nothing if they are the same."""
    texts = (path.read_bytes().decode("utf-8", "backslashreplace") for path in (expected, got))
    return "".join(difflib.unified_diff(*(text.splitlines(keepends=True) for text in texts), n=0))


def _log(out: Path) -> Path:
    return out.with_suffix(".log")


def write_class(folder: Path, submissions: int) -> None:
    """Copies of the second course's two students, each with a last line of its own."""
    sources = [(COURSE / "submissions" / name / "words.py").read_text() for name in ("anna", "ben")]
    for index in range(submissions):
        student = folder / f"student_{index:04}"
        student.mkdir(parents=True)
        (student / "words.py").write_text(f"{sources[index % 2]}\n# handed in by {student.name}\n")


if __name__ == "__main__":
    main()
