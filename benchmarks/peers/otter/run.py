"""otter-grader without a container: `otter generate` once, then `otter run` for each submission."""

import json
import subprocess
from pathlib import Path

import nbformat

TITLE = "otter run, a process each"
PACKAGES = ("otter-grader", "hypothesis", "ipykernel")
HOW = "`otter generate` once (not timed), then `otter run -a autograder.zip NOTEBOOK`, without its container"


def prepare(root: Path, python: str, submissions: dict[str, str]) -> None:
    root.mkdir(parents=True, exist_ok=True)
    (root / "otter_config.json").write_text(json.dumps({"show_hidden": True}))
    tests = Path(__file__).parent / "tests"
    generate = [python, "-m", "otter", "generate", "-t", str(tests), "-o", "autograder.zip", "-c", "otter_config.json"]
    subprocess.run(generate, cwd=root, check=True, capture_output=True, text=True)
    for student, source in submissions.items():
        (root / student).mkdir()
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
        notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(notebook, root / student / "conv_inverse.ipynb")


def command(root: Path, python: str, student: str) -> tuple[list[str], Path]:
    otter = [python, "-m", "otter", "run", "-a", "../autograder.zip", "-o", ".", "--no-logo", "conv_inverse.ipynb"]
    return otter, root / student


def score(root: Path, python: str, student: str) -> float:
    tests = json.loads((root / student / "results.json").read_text())["tests"]
    return sum(test.get("score", 0) for test in tests)
