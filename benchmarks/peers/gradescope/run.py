"""gradescope-utils: its documented layout (source/, results/), one process per submission, no container."""

import json
import shutil
from pathlib import Path

TITLE = "gradescope-utils, a process each"
PACKAGES = ("gradescope-utils", "hypothesis")
HOW = "`python run_tests.py` (weights, `JSONTestRunner`) in a copy of Gradescope's layout, without its container"


def prepare(root: Path, python: str, submissions: dict[str, str]) -> None:
    here = Path(__file__).parent
    for student, source in submissions.items():
        folder = root / student / "source"
        shutil.copytree(here / "tests", folder / "tests", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(here / "run_tests.py", folder)
        (folder / "conv_inverse.py").write_text(source)
        (root / student / "results").mkdir()


def command(root: Path, python: str, student: str) -> tuple[list[str], Path]:
    return [python, "run_tests.py"], root / student / "source"


def score(root: Path, python: str, student: str) -> float:
    return json.loads((root / student / "results" / "results.json").read_text())["score"]
