"""How long grading takes: this grader and what users would pick instead, on the same ten checks, in one run.

    python benchmarks/compare.py --submissions 12 --jobs 2 [--peers-python PATH]

The peers are no part of the install. Put them into an environment of their own and name its interpreter:

    python -m venv peers-venv && peers-venv/bin/pip install -r benchmarks/requirements-peers.txt
    python benchmarks/compare.py --peers-python peers-venv/bin/python

Every tool first grades one right and one wrong submission (10 and 7 of 10, or it is reported as failed), which
also warms the disk cache; then it is timed. A peer that is not installed is reported as such. The table is printed,
and written with the machine and the method to benchmarks/results/compare.md.
"""

from __future__ import annotations

import argparse
import csv
import datetime
import importlib
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType

HERE = Path(__file__).resolve().parent
PEERS = ("pytest", "gradescope", "nbgrader", "otter")
RIGHT, WRONG = 10, 7  # marks of the two submissions that every tool must tell apart
OURS, FURTHER, FLOOR = "this grader, whole run", "this grader, each further submission", "floor: no grader at all"
WITHOUT_GRAMMAR = ", without jsonschema's slow import"


@dataclass(frozen=True)
class Row:
    """One measured line of the table, or the reason why there is none."""

    what: str
    submissions: int = 0
    jobs: int = 0
    wall_seconds: float = 0.0
    problem: str = ""

    @property
    def each_seconds(self) -> float:
        return self.wall_seconds / self.submissions


class WrongMarksError(Exception):
    """A tool ran, and its marks are not what these submissions must get."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--submissions", type=int, default=12, help="that every tool grades")
    parser.add_argument("--jobs", type=int, default=2, help="at one time, for every tool")
    parser.add_argument("--class-size", type=int, default=60, help="this grader also grades so many, and twice as many")
    parser.add_argument("--peers-python", default=sys.executable, help="the interpreter that has the peers")
    parser.add_argument("--only", nargs="*", default=PEERS, choices=PEERS, help="these peers alone")
    options = parser.parse_args()
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # one thread a process, for every tool
    peers_folder = str(Path(options.peers_python).absolute().parent)  # as if activated: nbgrader calls `alembic`
    os.environ["PATH"] = os.pathsep.join([peers_folder, os.environ.get("PATH", "")])
    load = round(os.getloadavg()[0], 1)
    with tempfile.TemporaryDirectory(prefix="compare-") as folder:
        rows = measure(Path(folder), options)
    report = table(rows)
    print("\n" + report)
    (HERE / "results").mkdir(exist_ok=True)
    (HERE / "results" / "compare.md").write_text(document(report, options, load))


def measure(folder: Path, options: argparse.Namespace) -> list[Row]:
    n, jobs = options.submissions, options.jobs
    rows = attempt(OURS, lambda: measure_ours(folder / "ours", n, jobs, options.class_size))
    for name in options.only:
        peer = importlib.import_module(f"peers.{name}.run")
        python = interpreter(name, options)
        missing = [package for package in peer.PACKAGES if version(python, package) is None]
        if missing:
            rows.append(Row(peer.TITLE, problem=f"not installed: {', '.join(missing)}"))
        else:
            rows += attempt(peer.TITLE, partial(measure_peer, peer, folder / name, n, jobs, python))
    return rows + attempt(FLOOR, lambda: measure_floor(folder / "floor", n, jobs))


def interpreter(name: str, options: argparse.Namespace) -> str:
    return sys.executable if name == "pytest" else options.peers_python  # pytest comes with this grader


def attempt(what: str, measurement: Callable[[], list[Row]]) -> list[Row]:
    print(f"measuring: {what} ...", file=sys.stderr, flush=True)
    try:
        rows = measurement()
    except subprocess.CalledProcessError as error:
        last = ((error.stderr or "").strip().splitlines() or ["no message"])[-1]
        return [Row(what, problem=f"failed with exit code {error.returncode}: {last[:200]}")]
    except (WrongMarksError, OSError, subprocess.TimeoutExpired) as error:
        return [Row(what, problem=f"failed: {error}")]
    for row in rows:  # at once, so that an interrupted run has told something
        print(f"  {row.what}: {row.submissions} in {row.wall_seconds:.2f} s", file=sys.stderr, flush=True)
    return rows


# --- what is graded ---------------------------------------------------------------------------------------------


def right_submissions(n: int, jobs: int) -> dict[str, str]:
    """Correct submissions, each with a last line of its own so that none is a copy of another; in `jobs` shares."""
    source = (HERE / "submission" / "conv_inverse.py").read_text()
    students = [f"s{i % jobs}-{i:03}" for i in range(n)]
    return {student: f"{source}\n# handed in by {student}\n" for student in students}


def right_and_wrong() -> dict[str, str]:
    source = (HERE / "submission" / "conv_inverse.py").read_text()
    wrong = source.replace("dilation * (kernel_size - 1) + 1\n", "kernel_size\n")
    wrong = wrong.replace('"strided_back": back(stride=2)', '"strided_back": back(stride=2, output_padding=1)')
    return {"s0-right": source, "s0-wrong": wrong}


def write_folders(folder: Path, submissions: dict[str, str]) -> Path:
    for student, source in submissions.items():
        (folder / student).mkdir(parents=True)
        (folder / student / "conv_inverse.py").write_text(source)
    return folder


def require(what: str, scores: dict[str, float], expected: dict[str, float]) -> None:
    if scores != expected:
        raise WrongMarksError(f"{what} gave {scores} where {expected} is right")


# --- how it is timed --------------------------------------------------------------------------------------------


def run(argv: list[str], cwd: Path, exit_codes: tuple[int, ...] = (0,)) -> str:
    done = subprocess.run(argv, cwd=cwd, capture_output=True, text=True, timeout=900)
    if done.returncode not in exit_codes:
        done.check_returncode()
    return done.stdout


def run_all(commands: list[tuple[list[str], Path]], jobs: int, exit_codes: tuple[int, ...] = (0,)) -> float:
    """Run the commands, `jobs` at a time; the wall seconds for all of them."""
    start = time.perf_counter()
    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(lambda command: run(*command, exit_codes), commands))
    return time.perf_counter() - start


def grade_with_ours(folder: Path, submissions: dict[str, str], jobs: int) -> tuple[float, dict[str, float]]:
    """Grade with the wall on; the wall seconds, from pressing enter to the prompt, and the marks."""
    class_folder, out = write_folders(folder / "class", submissions), folder / "out"
    grade = [sys.executable, "-m", "autograder", "grade", str(class_folder), "--out", str(out)]
    wall = run_all([([*grade, "--jobs", str(jobs), "--course", str(HERE / "course")], HERE.parent)], 1)
    with (out / "marks.csv").open(newline="") as stream:
        return wall, {row["student"]: float(row["total"]) for row in csv.DictReader(stream)}


def measure_ours(folder: Path, n: int, jobs: int, class_size: int) -> list[Row]:
    _, marks = grade_with_ours(folder / "check", right_and_wrong(), jobs)
    require("this grader", marks, {"s0-right": RIGHT, "s0-wrong": WRONG})
    walls = {}
    for size in dict.fromkeys((n, class_size, 2 * class_size)):
        submissions = right_submissions(size, jobs)
        walls[size], marks = grade_with_ours(folder / str(size), submissions, jobs)
        require("this grader", marks, dict.fromkeys(submissions, RIGHT))
    whole_runs = [Row(OURS, size, jobs, wall) for size, wall in walls.items()]
    return [*whole_runs, Row(FURTHER, class_size, jobs, walls[2 * class_size] - walls[class_size])]


def measure_peer(peer: ModuleType, folder: Path, n: int, jobs: int, python: str) -> list[Row]:
    def scores(root: Path, students: dict[str, str]) -> dict[str, float]:
        return {student: peer.score(root, python, student) for student in students}

    check, timed = folder / "check", folder / "timed"
    pair = right_and_wrong()
    peer.prepare(check, python, pair)
    run_all([peer.command(check, python, student) for student in pair], jobs, (0, 1))  # pytest: 1 when a test fails
    require(peer.TITLE, scores(check, pair), {"s0-right": RIGHT, "s0-wrong": WRONG})

    submissions = right_submissions(n, jobs)
    peer.prepare(timed, python, submissions)
    commands = [peer.command(timed, python, student) for student in submissions]
    rows = [Row(peer.TITLE, n, jobs, run_all(commands, jobs))]
    require(peer.TITLE, scores(timed, submissions), dict.fromkeys(submissions, RIGHT))
    if hasattr(peer, "TITLE_OF_SHARES"):
        commands = [peer.command(timed, python, f"s{job}-*") for job in range(jobs)]
        rows.append(Row(peer.TITLE_OF_SHARES, n, jobs, run_all(commands, jobs)))
    if version(python, "rfc3987-syntax") and "ipykernel" in peer.PACKAGES:
        os.environ["PYTHONPATH"] = str(HERE / "peers" / "without_iri_grammar")
        rows.append(Row(f"{rows[-1].what}{WITHOUT_GRAMMAR}", n, jobs, run_all(commands, jobs)))
        del os.environ["PYTHONPATH"]
    return rows


def measure_floor(folder: Path, n: int, jobs: int) -> list[Row]:
    """The checks themselves in `jobs` warm processes at once, each timing its own share after its imports."""
    submissions = right_submissions(n, jobs) | right_and_wrong()
    write_folders(folder, submissions)
    argv = [sys.executable, str(HERE / "peers" / "direct" / "run.py"), str(folder)]
    _, *earned = run([*argv, "s0-right", "s0-wrong"], folder).split()
    require(FLOOR, {"right": float(earned[0]), "wrong": float(earned[1])}, {"right": RIGHT, "wrong": WRONG})
    shares = [[s for s in right_submissions(n, jobs) if s.startswith(f"s{job}-")] for job in range(jobs)]
    with ThreadPoolExecutor(jobs) as pool:
        outputs = pool.map(lambda share: run([*argv, *share], folder), [share for share in shares if share])
    return [Row(FLOOR, n, jobs, max(float(output.split()[0]) for output in outputs))]


# --- what is reported -------------------------------------------------------------------------------------------


def table(rows: list[Row]) -> str:
    whole = next((row for row in rows if row.what == OURS and not row.problem), None)
    further = next((row for row in rows if row.what == FURTHER), None)
    lines = [
        "| what | submissions | jobs | wall seconds | seconds a submission | to our whole run | to our each further |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        if row.problem:
            lines.append(f"| {row.what} | {row.problem} | | | | | |")
            continue
        ratios = [f"{row.each_seconds / ours.each_seconds:.2f}" if ours else "" for ours in (whole, further)]
        cells = [row.submissions, row.jobs, f"{row.wall_seconds:.2f}", f"{row.each_seconds:.3f}", *ratios]
        lines.append(f"| {row.what} | {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


def document(report: str, options: argparse.Namespace, load: float) -> str:
    packages = {"torch": version(sys.executable, "torch"), "hypothesis": version(sys.executable, "hypothesis")}
    hows = []
    for name in options.only:
        peer = importlib.import_module(f"peers.{name}.run")
        packages |= {
            package: version(interpreter(name, options), package) or "not installed" for package in peer.PACKAGES
        }
        hows.append(f"- **{peer.TITLE}**: {peer.HOW}.")
    return f"""# Grading speed, measured

Written by `python benchmarks/compare.py --submissions {options.submissions} --jobs {options.jobs}`; do not edit.

{report}

- Date: {datetime.date.today().isoformat()}
- Machine: {os.cpu_count()} cores, {cpu_model()}, {platform.system()} {platform.machine()}; {load} processes were
  running or waiting on average in the minute before the run (above 0, others took a share of the cores)
- Python {platform.python_version()}; {", ".join(f"{name} {number}" for name, number in packages.items())}

## What was measured
Ten checks of `conv_inverse.py`: the lecture's seven snippets, two sizes by hand, and one hypothesis property of
`conv_output_size` against `nn.functional.conv2d` with 50 examples. All submissions are correct and all differ. Every
figure is wall time of this one run. Before it each tool graded a right submission (10 of 10) and a wrong one (7 of 10),
which warmed the disk cache; afterwards its marks were checked. All tools had one thread a process.

- **{OURS}**: `autograder grade` with the wall on, from pressing enter to the prompt, start-up included.
- **{FURTHER}**: the wall seconds of {2 * options.class_size} submissions minus those of {options.class_size}.
{chr(10).join(hows)}
- **...{WITHOUT_GRAMMAR}**: the line above once more, with the package `rfc3987-syntax` hidden. Jupyter's
  requirements bring it, and it builds a grammar at every import, which grading never uses (jsonschema's issue 1428).
- **{FLOOR}**: the checks called in warm processes, one per job; imports not counted, nothing isolated or recorded.

"to our whole run" divides the seconds a submission by those of our whole run with {options.submissions} submissions;
"to our each further" by those that a further submission costs us. A peer starts anew for each submission, so its
figure does not shrink with the class, unless it says "per job".
"""


def version(python: str, package: str) -> str | None:
    code = f"import importlib.metadata; print(importlib.metadata.version({package!r}))"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else None


def cpu_model() -> str:
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    return next(
        (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.processor()
    )


if __name__ == "__main__":
    main()
