"""How much memory grading takes, and whether it grows with the class (Linux only).

    python benchmarks/memory.py --submissions 60 --jobs 2

Grades a class of two submissions a job, which tells how long start-up takes, then the whole class, and samples the
PSS of all processes of the grader: each page is counted once, shared ones in shares, so that the sum is what
the machine really spends. Run it as the user who grades: /proc tells nobody else.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from compare import HERE, right_submissions, write_folders

BUDGET_MIB = 1536
GROWTH = 1.10  # the last third's peak may be this much of the first third's before we call it growth


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--submissions", type=int, default=60)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--interval", type=float, default=0.2, help="seconds between two samples")
    options = parser.parse_args()

    small = grade_and_sample(2 * options.jobs, options.jobs, options.interval)
    large = grade_and_sample(options.submissions, options.jobs, options.interval)
    start_up_seconds = small[-1][0]
    grading = [mib for seconds, mib in large if seconds > start_up_seconds]
    print(f"peak of {2 * options.jobs} submissions: {max(mib for _, mib in small):.0f} MiB ({len(small)} samples)")
    peak = max(mib for _, mib in large)
    print(f"peak of {options.submissions} submissions: {peak:.0f} MiB ({len(large)} samples)")
    print(f"within {BUDGET_MIB} MiB: {'yes' if peak <= BUDGET_MIB else 'NO'}")
    third = len(grading) // 3
    if third < 5:
        sys.exit("too few samples after start-up to compare thirds: grade more submissions")
    first, last = max(grading[:third]), max(grading[-third:])
    print(f"peak in the first third of the grading: {first:.0f} MiB, in the last: {last:.0f} MiB")
    print(f"grows with the class: {'YES' if last > GROWTH * first else 'no'} (more than {GROWTH - 1:.0%} is growth)")


def grade_and_sample(n: int, jobs: int, interval: float) -> list[tuple[float, float]]:
    """Grade `n` copies; (seconds since the start, MiB of all the grader's processes) for each sample."""
    samples = []
    with tempfile.TemporaryDirectory(prefix="memory-") as name:
        folder = Path(name)
        submissions = write_folders(folder / "class", right_submissions(n, jobs))
        grade = [sys.executable, "-m", "autograder", "grade", str(submissions), "--out", str(folder / "out")]
        start = time.perf_counter()
        with (folder / "output").open("w+") as output:
            command = [*grade, "--jobs", str(jobs), "--course", str(HERE / "course")]
            process = subprocess.Popen(command, cwd=HERE.parent, stdout=output, stderr=subprocess.STDOUT)
            while process.poll() is None:
                samples.append((time.perf_counter() - start, sum(map(pss_mib, family(process.pid)))))
                time.sleep(interval)
            if process.returncode != 0:
                output.seek(0)
                sys.exit(f"`autograder grade` ended with exit code {process.returncode}:\n{output.read()[-2000:]}")
    return samples


def family(ancestor: int) -> list[int]:
    """The process and all that descend from it, in whatever namespaces they live."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):  # it has ended since
            continue
        children.setdefault(parent, []).append(int(stat.parent.name))
    found = [ancestor]
    for pid in found:  # grows while we walk it
        found += children.get(pid, [])
    return found


def pss_mib(pid: int) -> float:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    except (FileNotFoundError, ProcessLookupError):  # it has ended since
        return 0.0
    return 0.0  # a zombie: it has no memory any more


if __name__ == "__main__":
    main()
