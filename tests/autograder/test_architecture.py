"""What the folders promise, checked: trust is a folder, modules are short, nothing unpickles."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "autograder"
MODULES = sorted(PACKAGE.rglob("*.py"))


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize(("side", "other"), [("grader", "student_worker"), ("student_worker", "grader")])
def test_the_two_sides_never_import_each_other(side, other):
    for path in (PACKAGE / side).rglob("*.py"):
        crossing = [name for name in imported(path) if name.startswith(f"autograder.{other}")]
        assert crossing == [], path


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_nothing_unpickles_or_evaluates(path):
    assert not imported(path) & {"pickle", "cloudpickle", "dill", "shelve", "marshal", "joblib"}
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert called not in {"eval", "torch.load", "numpy.load", "np.load"}, path
            # Only the student's side runs students' definitions.
            assert called != "exec" or path.parent.name == "student_worker", path


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_modules_are_short(path):
    assert len(path.read_text().splitlines()) <= 400


def test_only_the_command_line_prints_and_exits():
    for path in MODULES:
        if path.name == "__main__.py" or path.parent.name == "student_worker":
            continue
        calls = {ast.unparse(node.func) for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)}
        assert "print" not in calls, path
        assert "sys.exit" not in calls or path.name == "zygote.py", path
