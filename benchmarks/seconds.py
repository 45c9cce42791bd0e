"""Seconds per item and per submission: what grading the whole assignment costs, and how much of it is training.

    python benchmarks/seconds.py [FOLDER ...]

Grades, one at a time and each anew, the solution and the submissions in the folders that are named, and reads off the
store what each test took. The same trainings are also run in a bare Python process, in the same run, so that what the
grader adds is a ratio. Writes benchmarks/results/seconds.md.
"""

from __future__ import annotations

import os
import platform
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import torch

from autograder.config_file import load

REPOSITORY = Path(__file__).resolve().parents[1]
RESULT = REPOSITORY / "benchmarks" / "results" / "seconds.md"
PARTS = ("conv_inverse", "autoencoder", "fcn", "transfer")

# What the marked tests train, and nothing else: the floor of any grader's time.
BARE = """
import sys, time
sys.path.insert(0, {solutions!r})
import torch
torch.set_num_threads(1)
import torch._dynamo
from autoencoder import Autoencoder, train
from data import load_digits, training_scenes
import fcn
images, _ = load_digits()
for embedding_dim in (16, 2):
    start = time.perf_counter()
    train(Autoencoder(embedding_dim), images, epochs=10, seed=0)
    print("autoencoder", embedding_dim, time.perf_counter() - start)
scenes, masks = training_scenes()
start = time.perf_counter()
fcn.train(fcn.FCN(), scenes, masks, epochs=10, seed=0)
print("fcn", 0, time.perf_counter() - start)
"""


def grade(submissions: Path, out: Path) -> dict[str, dict[str, float]]:
    """Grade one after the other; return each student's seconds by test."""
    subprocess.run(
        [sys.executable, "-m", "autograder", "grade", submissions, "--out", out, "--jobs", "1"],
        cwd=REPOSITORY,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    seconds: dict[str, dict[str, float]] = {}
    with sqlite3.connect(out / "marks.sqlite") as store:
        for student, test, wall in store.execute("SELECT student, test, wall_seconds FROM outcomes"):
            seconds.setdefault(student, {})[test] = wall
    return seconds


def bare_trainings() -> list[tuple[str, float]]:
    """Seconds of each of the reference's trainings in a process without grader, wall or wire."""
    printed = subprocess.run(
        [sys.executable, "-c", BARE.format(solutions=str(REPOSITORY / "solutions"))],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    rows = [line.split() for line in printed.splitlines()]
    return [(f"{name} ({size} numbers)" if size != "0" else name, float(wall)) for name, size, wall in rows]


def main(folders: list[Path]) -> None:
    config = load(REPOSITORY / "grading_config.yaml")
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        (work / "class" / "solution").mkdir(parents=True)
        for part in PARTS:
            shutil.copy(REPOSITORY / "solutions" / f"{part}.py", work / "class" / "solution")
        for folder in folders:
            shutil.copytree(folder, work / "class" / folder.name)
        seconds = grade(work / "class", work / "out")
    bare = bare_trainings()
    reference = seconds["solution"]
    lines = [
        "# Seconds per item and per submission",
        "",
        "Made by `python benchmarks/seconds.py`. One job at a time, every process anew, full training; the time of an",
        f"item is that of its tests. {os.cpu_count()} cores ({platform.machine()}), one thread,",
        f"Python {platform.python_version()}, torch {torch.__version__}.",
        "",
        "| item | reference, seconds | slowest of the others | limit for one test |",
        "|---|---|---|---|",
    ]
    others = {name: tests for name, tests in seconds.items() if name != "solution"}
    for item in config.items:
        own = sum(reference.get(test, 0.0) for test in item.tests)
        rest = max((sum(tests.get(test, 0.0) for test in item.tests) for tests in others.values()), default=0.0)
        lines.append(f"| {item.id} | {own:.2f} | {rest:.2f} | {item.seconds or config.limits.seconds:g} |")
    lines += ["", "| submission | seconds | of the reference's |", "|---|---|---|"]
    whole = sum(reference.values())
    for name, tests in sorted(seconds.items(), key=lambda entry: entry[0] != "solution"):
        lines.append(f"| {name} | {sum(tests.values()):.1f} | {sum(tests.values()) / whole:.2f} |")
    trained = sum(wall for _, wall in bare)
    lines += [
        "",
        "The reference's full trainings in a bare process, in the same run: "
        + ", ".join(f"{name} {wall:.1f} s" for name, wall in bare)
        + f"; together {trained:.1f} s. Grading the reference took {whole / trained:.2f} times that,",
        "these trainings, the short ones of B5, B11, C8 and D3, and all other tests included.",
    ]
    RESULT.write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:]])
