"""A class from Quercus's zip to marks, pages and what Quercus and MarkUs read, unattended; seconds for each step.

    python benchmarks/whole_class.py --students 200

Each student hands in the four parts, each taken by chance (seeded) from this repository's wheats, chaffs, solutions and
stubs, or leaves a part out. Writes benchmarks/results/whole_class.md.
"""

from __future__ import annotations

import argparse
import csv
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
RESULT = Path(__file__).resolve().parent / "results" / "whole_class.md"
PARTS = ("conv_inverse", "autoencoder", "fcn", "transfer")
GRADE, PAGES = "grade, with a page for each student and the class's", "write the pages again"
# Of a part: how often it is right in the course's style, right in another, wrong, untouched, not handed in.
SOURCES = {"solutions": 4, "wheats": 6, "chaffs": 6, "assignment": 2, "": 2}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--students", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="class-") as name:
        folder = Path(name)
        begin = time.monotonic()
        write_class(folder, options.students)
        seconds = {"make the zip and the roster": time.monotonic() - begin}
        out, kept = folder / "out", folder / "trainings"
        grade = ("grade", folder / "submissions.zip", "--layout", "quercus", "--roster", folder / "roster.csv")
        steps = {
            GRADE: (*grade, "--out", out, "--jobs", options.jobs, "--trainings", kept),
            PAGES: ("report", out),
            "export quercus": ("export", "quercus", out, "--course", course_in_quercus(folder)),
            "export markus": ("export", "markus", out),
        }
        for step, words in steps.items():
            begin = time.monotonic()
            subprocess.run([sys.executable, "-m", "autograder", *map(str, words)], cwd=REPOSITORY, check=True)
            seconds[step] = time.monotonic() - begin
        with (out / "marks.csv").open(newline="", encoding="utf-8") as stream:
            totals = [float(row["total"]) for row in csv.DictReader(stream)]
        pages = list((out / "feedback").glob("*.html"))
        exported = [path for path in (out / "export").rglob("*") if path.is_file()]
        trained = len(list(kept.iterdir()))
    share = seconds[PAGES] / seconds[GRADE]
    lines = [
        f"# A class of {options.students}, from Quercus's zip to everything that leaves",
        "",
        f"Made by `python benchmarks/whole_class.py --students {options.students}`: {options.jobs} jobs, "
        f"{os.cpu_count()} cores",
        f"({platform.machine()}), Python {platform.python_version()}. Nothing was kept from earlier runs. Several",
        f"students may draw one sample: what trains the same code ran once (--trainings), {trained} times in all.",
        "",
        "| step | seconds | per student |",
        "|---|---|---|",
        *(f"| {step} | {spent:.1f} | {spent / options.students:.2f} |" for step, spent in seconds.items()),
        "",
        f"{len(totals)} rows of marks, from {min(totals):g} to {max(totals):g}; {len(pages)} pages of feedback; "
        f"exported: {len(exported)} files.",
        f"Pages took {share:.1%} of the time that grading took.",
    ]
    RESULT.write_text("\n".join(lines) + "\n")
    print("\n".join(lines))
    sys.exit(0 if len(totals) == len(pages) == options.students and share < 0.1 else 1)


def course_in_quercus(folder: Path) -> Path:
    """The course's config with a column in Quercus, which this repository has none of; an export needs no more."""
    before, after = 'quercus_assignment: ""', "quercus_assignment: Generative CNNs (123456)"
    config = (REPOSITORY / "grading_config.yaml").read_text(encoding="utf-8")
    if before not in config:
        raise ValueError(f"grading_config.yaml has no line {before}")
    (folder / "course").mkdir()
    (folder / "course" / "grading_config.yaml").write_text(config.replace(before, after), encoding="utf-8")
    return folder / "course"


def write_class(folder: Path, students: int) -> None:
    """Write submissions.zip as Quercus makes it, and roster.csv."""
    chance = random.Random(321)
    samples = {kind: [samples_of(kind, part) for part in PARTS] for kind in SOURCES if kind}
    with (
        zipfile.ZipFile(folder / "submissions.zip", "w", zipfile.ZIP_DEFLATED) as archive,
        (folder / "roster.csv").open("w", newline="", encoding="utf-8") as stream,
    ):
        rows = csv.writer(stream)
        rows.writerow(["student", "name", "email", "section"])
        for number in range(students):
            handed_in = 0
            for index, part in enumerate(PARTS):
                kind = chance.choices(list(SOURCES), list(SOURCES.values()))[0]
                if not kind and (handed_in or part != PARTS[-1]):
                    continue
                source = chance.choice(samples[kind or "assignment"][index])
                late = "LATE_" if chance.random() < 0.1 else ""
                archive.write(
                    source, f"student{number:03}_{late}{5000 + number}_{90000 + handed_in}_{part}{source.suffix}"
                )
                handed_in += 1
            rows.writerow(
                [5000 + number, f"Student {number:03}", f"student{number:03}@example.com", f"L{number % 3:04}"]
            )


def samples_of(kind: str, part: str) -> list[Path]:
    """The files of one kind for one part; of samples only those that are one file, since Quercus knows no folders."""
    if kind in ("solutions", "assignment"):
        return [REPOSITORY / kind / f"{part}.py"]
    folders = sorted(each for each in (REPOSITORY / "tests/submissions" / kind).iterdir() if each.is_dir())
    files = [list(folder.iterdir()) for folder in folders]
    return [only for only, *others in files if not others and only.stem == part]


if __name__ == "__main__":
    main()
