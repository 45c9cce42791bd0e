"""The reference graded ten times, as modules and as notebooks, with one job and with two: full marks, the same bytes.

    python benchmarks/reference_runs.py --runs 10

Each run starts a grader of its own and trains everything anew. Writes benchmarks/results/reference_runs.md.
"""

from __future__ import annotations

import argparse
import ast
import csv
import hashlib
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
import torch

from autograder.config_file import load

REPOSITORY = Path(__file__).resolve().parents[1]
RESULT = Path(__file__).resolve().parent / "results" / "reference_runs.md"
CONFIG = load(REPOSITORY / "grading_config.yaml")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=10)
    options = parser.parse_args()
    rows, digests, lost = [], set(), set()
    with tempfile.TemporaryDirectory(prefix="reference-") as name:
        folder = Path(name)
        write_references(folder / "class")
        for run in range(options.runs):
            jobs = 1 + run % 2
            out = folder / f"run-{run}"
            begin = time.monotonic()
            words = ["grade", folder / "class", "--out", out, "--jobs", jobs]
            subprocess.run([sys.executable, "-m", "autograder", *map(str, words)], cwd=REPOSITORY, check=True)
            seconds = time.monotonic() - begin
            digest = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(out.glob("*.csv")))).hexdigest()
            digests.add(digest)
            totals, missing = marks_of(out / "marks.csv")
            lost |= missing
            rows.append(f"| {run + 1} | {jobs} | {seconds:.0f} | {totals} | `{digest[:16]}` |")
    lines = [
        f"# The reference, {options.runs} times",
        "",
        f"Made by `python benchmarks/reference_runs.py --runs {options.runs}`: a class of two, `solutions/` as modules",
        f"and in the handout's notebooks, trained anew in each run. {os.cpu_count()} cores ({platform.machine()}),",
        f"Python {platform.python_version()}, torch {torch.__version__}.",
        "",
        "| run | jobs | seconds | totals, Part D beside them | SHA-256 of all CSVs |",
        "|---|---|---|---|---|",
        *rows,
        "",
        f"Marks lost: {', '.join(sorted(lost)) or 'none'}. Different CSVs: {len(digests)}.",
    ]
    RESULT.write_text("\n".join(lines) + "\n")
    print("\n".join(lines))
    sys.exit(0 if not lost and len(digests) == 1 else 1)


def write_references(folder: Path) -> None:
    """Write the solutions as one student hands them in, and the handout's notebooks, filled in, as another does."""
    for student in ("modules", "notebooks"):
        (folder / student).mkdir(parents=True)
    for module in CONFIG.modules:
        source = (REPOSITORY / "solutions" / f"{module}.py").read_text(encoding="utf-8")
        (folder / "modules" / f"{module}.py").write_text(source, encoding="utf-8")
        notebook = nbformat.read(REPOSITORY / "assignment" / f"{module}.ipynb", as_version=4)
        fill_in(notebook, source)
        nbformat.write(notebook, folder / "notebooks" / f"{module}.ipynb")


def fill_in(notebook: nbformat.NotebookNode, solution: str) -> None:
    """Put the solution's definitions where the notebook has the stubs', and what else it has into the first cell."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    cell_of = {name: cell for cell in cells for node in ast.parse(cell.source).body for name in names_of(node)}
    for cell in cells:
        cell.source = ""
    for node in ast.parse(solution).body:
        cell = next((cell_of[name] for name in names_of(node) if name in cell_of), cells[0])
        cell.source += ast.unparse(node) + "\n\n\n"


def names_of(node: ast.stmt) -> list[str]:
    return [node.name] if isinstance(node, ast.FunctionDef | ast.ClassDef) else []


def marks_of(path: Path) -> tuple[str, set[str]]:
    """Return what marks.csv says of the totals and the bonus, and the items that lost something."""
    with path.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    full = {item.id: item.marks for item in CONFIG.items}
    lost = {f"{row['student']} {item}" for row in rows for item, marks in full.items() if float(row[item]) != marks}
    return " and ".join(f"{row['total']} of {row['out_of']} (D {row['D']})" for row in rows), lost


if __name__ == "__main__":
    main()
