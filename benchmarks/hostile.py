"""Run the corpus of attacks at each level of the wall, and write `benchmarks/results/hostile.md`.

    python benchmarks/hostile.py                   # full, reduced and none; as root, as an ordinary user too
    python benchmarks/hostile.py --level reduced   # one of them

Each run grades every attack of `tests/submissions/hostile` between honest neighbours, at 2 jobs, and looks at the
machine before and after. At `none` there is no wall: that an attack succeeds there shows that it is one.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "tests/autograder"))

from attacks.scene import NEIGHBOUR_MARKS, VERDICTS, Report, open_scene  # noqa: E402
from attacks.verdicts import Graded, read_verdicts, wrong  # noqa: E402

from autograder.sandbox import level_of, probe  # noqa: E402

RESULTS = REPOSITORY / "benchmarks/results/hostile.md"
ORDINARY_USER = 54321  # owns nothing and is in no group
# Without a wall, root mounts for the whole machine.
HARMFUL_WITHOUT_A_WALL = ("door_mount",)
HEADER = ("attack", "level", "outcome", "marks", "leaks", "residue")


@dataclass(frozen=True)
class Run:
    """One run of the corpus."""

    level: str
    user: str
    report: Report
    seconds: float

    @property
    def name(self) -> str:
        return f"{self.level}, as {self.user}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--level", choices=("full", "reduced", "none"), help="only this one")
    wanted = parser.parse_args().level
    levels = [wanted] if wanted else ["full", "reduced", "none"]
    users = users_here()
    runs = []
    for level in levels:
        for user, number in users.items():
            if level == "none" and user != next(iter(users)):
                continue  # once is enough to see which attacks are some
            begin = time.monotonic()
            with open_scene(number) as scene:
                report = scene.grade(level, HARMFUL_WITHOUT_A_WALL if level == "none" else ())
            if report.exit_code != 0:
                sys.exit(f"{level}, as {user}: the command ended with {report.exit_code}\n{report.printed}")
            runs.append(Run(level, user, report, time.monotonic() - begin))
            print(table(runs[-1]), end="\n\n", flush=True)
    counts = [count(run) for run in runs]
    print("\n".join(counts))
    if not wanted:
        RESULTS.write_text(document(runs, counts))
    return int(any(problems(run) for run in runs if run.level != "none"))


def users_here() -> dict[str, int | None]:
    """Who can run it: whoever does, and for root an ordinary user as well, if that user can reach this Python."""
    if os.geteuid() != 0:
        return {"an ordinary user": None}
    try:
        subprocess.run([sys.executable, "-c", "import autograder"], user=ORDINARY_USER, check=True, cwd="/")
    except (OSError, subprocess.CalledProcessError):
        print("not as an ordinary user: this Python, or this checkout, lies where only root can go", file=sys.stderr)
        return {"root": None}
    return {"root": None, "an ordinary user": ORDINARY_USER}


def problems(run: Run) -> list[str]:
    """What was not as it must be."""
    verdicts = read_verdicts(VERDICTS, run.level)
    found = [
        f"{name}: {each}" for name, verdict in verdicts.items() for each in wrong(verdict, run.report.attacks[name])
    ]
    found += [
        f"{name}: {graded.total:g} marks for an honest neighbour"
        for name, (kind, graded) in run.report.neighbours.items()
        if graded.total != NEIGHBOUR_MARKS[kind]
    ]
    return found + run.report.residue + run.report.leaks


def succeeded(run: Run) -> list[str]:
    """The attacks that earned, learnt or left something."""
    verdicts = read_verdicts(VERDICTS, run.level)
    return [
        name
        for name, graded in sorted(run.report.attacks.items())
        if graded.leaks or graded.residue or graded.total > sum(verdicts[name].marks.values())
    ]


def outcome(graded: Graded) -> str:
    """The rarest outcome of its tests, which is what the attack met."""
    counted = Counter(each for outcomes in graded.outcomes.values() for each in outcomes)
    telling = [each for each in counted if each not in ("FAILED", "BLOCKED", "PASSED")]
    return min(telling or ["FAILED"], key=lambda each: counted[each])


def rows(run: Run) -> list[tuple[str, ...]]:
    return [
        (name, run.name, outcome(graded), f"{graded.total:g}", ", ".join(graded.leaks), f"{len(graded.residue) or ''}")
        for name, graded in sorted(run.report.attacks.items())
    ]


def table(run: Run) -> str:
    """The run as a table in Markdown."""
    lines = [HEADER, *rows(run)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADER))]
    lines.insert(1, tuple("-" * width for width in widths))
    return "\n".join(
        f"| {' | '.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))} |" for line in lines
    )


def count(run: Run) -> str:
    """The run in a line."""
    report, attacks = run.report, run.report.attacks.values()
    unlike = "" if run.level == "none" else f"; {len(problems(run))} not as the verdicts say"
    return (
        f"{run.name}: {len(attacks)} attacks between {len(report.neighbours)} neighbours, {run.seconds:.0f} s; "
        f"{len(succeeded(run))} succeeded ({sum(bool(graded.leaks) for graded in attacks)} leaks, "
        f"{sum(bool(graded.residue) for graded in attacks)} left something){unlike}"
    )


def document(runs: list[Run], counts: list[str]) -> str:
    """The results in Markdown."""
    layers = "; ".join(f"{layer.name}: {layer.detail}" for layer in probe())
    known = {name: each.known for name, each in read_verdicts(VERDICTS, "reduced").items() if each.known}
    parts = [
        "# The corpus of attacks at each level of the wall",
        "Made by `python benchmarks/hostile.py`. What each attack tries says the docstring of its module in "
        "`tests/submissions/hostile`, or of its function in `tests/autograder/attacks/handins.py`; what it must get, "
        "`tests/submissions/hostile_verdicts.yaml`.",
        f"Linux {platform.release().split('-')[0]}, Python {platform.python_version()}; this machine reaches level "
        f"{level_of(probe())} ({layers}).",
        "\n".join(f"- {line}" for line in counts),
        "A mark is one that it earned honestly, by a right answer beside the attack. A leak is a canary that the "
        "attack got out, or its word that it did what no attack can do behind the wall.",
        "What level reduced is known not to stop:\n\n" + "\n".join(f"- `{name}`: {why}" for name, why in known.items()),
    ]
    for run in runs:
        if run.level == "none":
            names = ", ".join(f"`{name}`" for name in succeeded(run))
            parts.append(
                "## What succeeds without a wall\n\nThe others meet what needs no wall: tests and marks are in another "
                f"process, and plain values come from this one. Not tried: {', '.join(HARMFUL_WITHOUT_A_WALL)}.\n\n"
                f"{names}"
            )
        found = "\n".join(f"- {each}" for each in problems(run)) if run.level != "none" else ""
        parts.append(f"## {run.name}\n\n{f'{found}{chr(10)}{chr(10)}' if found else ''}{table(run)}")
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    sys.exit(main())
