"""Bare pytest: the tests and one submission in a folder, one process for each."""

import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

TITLE = "pytest, a process each"
PACKAGES = ("pytest", "hypothesis")
HOW = "`python -m pytest --junitxml=...` in a folder that holds the tests and one submission"


def prepare(root: Path, python: str, submissions: dict[str, str]) -> None:
    for student, source in submissions.items():
        folder = root / student
        folder.mkdir(parents=True)
        (folder / "conv_inverse.py").write_text(source)
        shutil.copy(Path(__file__).parent / "test_conv_inverse.py", folder)


def command(root: Path, python: str, student: str) -> tuple[list[str], Path]:
    return [python, "-m", "pytest", "-q", "--rootdir=.", "--junitxml=results.xml"], root / student


def score(root: Path, python: str, student: str) -> float:
    cases = list(ET.parse(root / student / "results.xml").getroot().iter("testcase"))
    return sum(len(case) == 0 for case in cases)  # a passed case has no <failure> or <error> within
