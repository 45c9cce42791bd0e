"""A class of 1,000 on one pair of zygotes: memory and descriptors stay flat, nothing is left (Linux only).

    python benchmarks/soak.py --submissions 1000

Samples the grader and its two zygotes from /proc while they grade the second course's two submissions over and over;
writes benchmarks/results/soak.md. `memory.py` measures what grading takes in all; this, what grading leaves behind.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import os
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from kills import PR_SET_CHILD_SUBREAPER, committed, processes, require_nothing_left, start, write_class
from memory import family, pss_mib

RESULT = Path(__file__).resolve().parent / "results" / "soak.md"
KINDS = ("grader", "student zygote", "grader zygote")
# What the last third may have more of than the second: the grader itself keeps a row for each submission.
GROWTH_MIB = 16.0
GROWTH_DESCRIPTORS = 4


@dataclass(frozen=True)
class Sample:
    """One look at a process."""

    mib: float
    descriptors: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--submissions", type=int, default=1000)
    options = parser.parse_args()
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="soak-") as name:
        folder = Path(name)
        write_class(folder / "class", options.submissions)
        before = set(family(os.getpid()))
        samples, zombies = sample(start(folder / "class", folder / "out"))
        require_nothing_left(before)
        graded = len({student for student, *_ in committed(folder / "out")})
    minutes = (time.monotonic() - begin) / 60
    lines = [
        f"# {options.submissions:,} submissions in one run",
        "",
        f"Made by `python benchmarks/soak.py --submissions {options.submissions}`: two jobs, {os.cpu_count()} cores",
        f"({platform.machine()}), Python {platform.python_version()}; {graded:,} graded in {minutes:.1f} minutes.",
        "",
        "| process | most memory (PSS), MiB: first, second, last third | most descriptors: first, second, last third |",
        "|---|---|---|",
    ]
    flat = True
    for kind in KINDS:
        mib = [max(each.mib for each in third) for third in thirds(samples[kind])]
        descriptors = [max(each.descriptors for each in third) for third in thirds(samples[kind])]
        flat = flat and mib[2] <= mib[1] + GROWTH_MIB and descriptors[2] <= descriptors[1] + GROWTH_DESCRIPTORS
        lines.append(f"| {kind} | {', '.join(f'{each:.0f}' for each in mib)} | {', '.join(map(str, descriptors))} |")
    lines += ["", f"Flat: {'yes' if flat else 'NO'}. Most zombies at one time: {zombies}. Processes left: 0."]
    RESULT.write_text("\n".join(lines) + "\n")
    print("\n".join(lines))
    sys.exit(0 if flat and graded == options.submissions else 1)


def sample(grader: subprocess.Popen[bytes]) -> tuple[dict[str, list[Sample]], int]:
    """Look at the grader and its zygotes until they are done; and the most zombies seen at one time."""
    samples: dict[str, list[Sample]] = {kind: [] for kind in KINDS}
    zombies = 0
    while grader.poll() is None:
        kinds = processes(grader.pid)
        for kind in KINDS:
            for pid in kinds.get(kind, []):
                with contextlib.suppress(OSError):
                    samples[kind].append(Sample(pss_mib(pid), len(os.listdir(f"/proc/{pid}/fd"))))
        zombies = max(zombies, sum(map(_is_zombie, kinds["everything"])))
        time.sleep(0.5)
    if grader.returncode != 0:
        sys.exit(f"`autograder grade` ended with exit code {grader.returncode}")
    return samples, zombies


def thirds(samples: list[Sample]) -> list[list[Sample]]:
    third = len(samples) // 3
    return [samples[:third], samples[third : 2 * third], samples[2 * third :]]


def _is_zombie(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    return False


if __name__ == "__main__":
    main()
