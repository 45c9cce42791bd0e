"""The stories run from top to bottom: a student who has written every function of a notebook sees every picture.

IPython runs a solution's statements as cells, in order, in a folder that holds what the handout gives to students. That
its "Look at it" cells are those of the notebook, and need nothing that students do not have, is tested beside it.
Constants called EPOCHS, which stand in the stories for students to change, are set to 1, so that this takes seconds.
"""

import ast
import builtins
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from autograder.release.notebook import notebook

SOLUTIONS = Path(__file__).parents[2] / "solutions"
GIVEN = ("data.py", "digits.npz", "pictures.py")
LOOK_AT_IT = 'if __name__ == "__main__":\n'
STORIES = sorted(path for path in SOLUTIONS.glob("*.py") if f"\n{LOOK_AT_IT}" in path.read_text(encoding="utf-8"))

# Writes down how many pictures there are after each cell, and ends at the first cell that fails: IPython says why.
RUN_CELLS = """
import json, sys
import matplotlib.pyplot as plt
import torch
from IPython.core.interactiveshell import InteractiveShell

torch.set_num_threads(1)
shell = InteractiveShell.instance()
pictures = []
for cell in json.load(open("cells.json", encoding="utf-8")):
    if not shell.run_cell(cell).success:
        sys.exit(cell)
    pictures.append(len(plt.get_fignums()))
json.dump(pictures, open("pictures.json", "w"))
"""


def test_the_stories_are_found() -> None:
    """Part B has something to look at, or the tests below look for the wrong thing."""
    assert SOLUTIONS / "autoencoder.py" in STORIES


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_with_every_function_written_all_cells_run_and_all_pictures_appear(path: Path, tmp_path: Path) -> None:
    """Each cell to look at makes pictures, and no other does."""
    cells = [
        re.sub(r"^( *\w*EPOCHS) = \d+", r"\1 = 1", cell, flags=re.MULTILINE)
        for cell in _top_level_statements(path.read_text(encoding="utf-8"))
    ]
    for name in GIVEN:
        shutil.copy(SOLUTIONS / name, tmp_path)
    (tmp_path / "cells.json").write_text(json.dumps(cells), encoding="utf-8")
    settings = {"MPLBACKEND": "Agg", "IPYTHONDIR": str(tmp_path), "MPLCONFIGDIR": str(tmp_path), "OMP_NUM_THREADS": "1"}

    run = subprocess.run(
        [sys.executable, "-c", RUN_CELLS], cwd=tmp_path, env=os.environ | settings, capture_output=True, text=True
    )

    assert run.returncode == 0, run.stdout + run.stderr
    after = json.loads((tmp_path / "pictures.json").read_text(encoding="utf-8"))
    for cell, made in zip(cells, (now - before for before, now in zip([0, *after], after, strict=False)), strict=True):
        assert (made > 0) == cell.startswith(LOOK_AT_IT), f"{made} pictures from the cell\n{cell}"


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_the_notebook_has_the_same_cells_to_look_at(path: Path) -> None:
    """They are not hollowed out as functions are, and no two have run into one."""
    source = path.read_text(encoding="utf-8")
    written = [text for text in _top_level_statements(source) if text.startswith(LOOK_AT_IT)]
    assert [cell for cell in _notebook_cells(source) if cell.startswith(LOOK_AT_IT)] == written


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_what_students_look_with_is_in_the_notebook(path: Path) -> None:
    """Helpers with an underscore and statements marked `# solution` are not: no picture may need them."""
    cells = _notebook_cells(path.read_text(encoding="utf-8"))
    shown = [ast.parse(cell) for cell in cells if cell.startswith(LOOK_AT_IT)]
    read = {node.id for tree in shown for node in ast.walk(tree) if isinstance(node, ast.Name)}
    there = {name for cell in cells for name in _bound_names(ast.parse(cell))}
    assert read <= there | set(dir(builtins))


def _top_level_statements(source: str) -> list[str]:
    """Return the text of each statement, the decorators of a definition included."""
    lines = source.splitlines()
    texts = []
    for node in ast.parse(source).body:
        first = min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", []))])
        texts.append("\n".join(lines[first - 1 : node.end_lineno]))
    return texts


def _notebook_cells(source: str) -> list[str]:
    made = nbformat.reads(notebook(source, "the story"), as_version=4)
    return [cell.source for cell in made.cells if cell.cell_type == "code"]


def _bound_names(tree: ast.Module) -> set[str]:
    """Return the names that a cell defines, imports, assigns or takes as arguments."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.alias):
            names.add(node.asname or node.name.split(".")[0])
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    return names
