"""nbgrader: a course folder made with `generate_assignment` once, then `autograde`.

nbgrader has no parallel grading of its own (its issue 174); what its users do instead is several processes,
each with a gradebook of its own, since SQLite takes one writer. Merging those gradebooks is not timed.
"""

import json
import shutil
import subprocess
from pathlib import Path

import nbformat

TITLE = "nbgrader autograde, a process each"
TITLE_OF_SHARES = "nbgrader autograde, a process per job"
PACKAGES = ("nbgrader", "hypothesis", "ipykernel")
HOW = (
    "`nbgrader generate_assignment` once (not timed), then `nbgrader autograde a1 --student=ID --db=ITS_OWN`; "
    "'per job' gives each process a whole share of the class with a glob, so that it starts only once"
)

_SNIPPETS = {
    "conv": (2, 8, 60, 60),
    "conv_back": (2, 8, 64, 64),
    "padded": (2, 8, 64, 64),
    "padded_back": (2, 8, 64, 64),
    "strided": (2, 8, 30, 30),
    "strided_back": (2, 8, 63, 63),
    "strided_back_output_padding": (2, 8, 64, 64),
}
_CHECKS = {name: f'assert predict_shapes()["{name}"] == {shape}' for name, shape in _SNIPPETS.items()} | {
    "size_by_hand": "assert conv_output_size(64, kernel_size=5) == 60",
    "dilated_size_by_hand": "assert conv_output_size(28, kernel_size=3, stride=2, padding=1, dilation=2) == 13",
    "any_size": """\
### BEGIN HIDDEN TESTS
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F


@settings(max_examples=50, deadline=None, derandomize=True, database=None)
@given(
    n=st.integers(16, 48),
    kernel_size=st.integers(1, 5),
    stride=st.integers(1, 4),
    padding=st.integers(0, 4),
    dilation=st.integers(1, 3),
)
def test_any_size(n, kernel_size, stride, padding, dilation):
    image, kernel = torch.zeros(1, 1, n, n), torch.zeros(1, 1, kernel_size, kernel_size)
    expected = F.conv2d(image, kernel, stride=stride, padding=padding, dilation=dilation).shape[-1]
    assert conv_output_size(n, kernel_size, stride, padding, dilation) == expected


test_any_size()
### END HIDDEN TESTS""",
}
_READ_SCORE = """\
import sys
from nbgrader.api import Gradebook
with Gradebook(sys.argv[1]) as gradebook:
    print(gradebook.find_submission("a1", sys.argv[2]).score)
"""


def _cell(source: str, grade_id: str, **flags: object) -> nbformat.NotebookNode:
    flags = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3} | flags
    return nbformat.v4.new_code_cell(source, metadata={"nbgrader": {"grade_id": grade_id, **flags}})


def prepare(root: Path, python: str, submissions: dict[str, str]) -> None:
    source = root / "source" / "a1" / "conv_inverse.ipynb"
    source.parent.mkdir(parents=True)
    answer = _cell("### BEGIN SOLUTION\n### END SOLUTION", "answer", solution=True)
    tests = [_cell(check, name, grade=True, locked=True, points=1) for name, check in _CHECKS.items()]
    notebook = nbformat.v4.new_notebook(cells=[answer, *tests])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, source)
    (root / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'benchmark'\n")
    generate = [python, "-m", "nbgrader", "generate_assignment", "a1"]
    subprocess.run(generate, cwd=root, check=True, capture_output=True, text=True)
    released = json.loads((root / "release" / "a1" / "conv_inverse.ipynb").read_text())
    for student, text in submissions.items():
        released["cells"][0]["source"] = text
        submitted = root / "submitted" / student / "a1" / "conv_inverse.ipynb"
        submitted.parent.mkdir(parents=True)
        submitted.write_text(json.dumps(released))
        shutil.copy(root / "gradebook.db", root / f"{student}.db")
        shutil.copy(root / "gradebook.db", root / f"{student[:2]}.db")  # for a share of the class


def command(root: Path, python: str, student: str) -> tuple[list[str], Path]:
    gradebook = f"sqlite:///{root}/{student.rstrip('-*')}.db"
    return [python, "-m", "nbgrader", "autograde", "a1", "--force", f"--student={student}", f"--db={gradebook}"], root


def score(root: Path, python: str, student: str) -> float:
    read = [python, "-c", _READ_SCORE, f"sqlite:///{root}/{student}.db", student]
    return float(subprocess.run(read, check=True, capture_output=True, text=True).stdout)
