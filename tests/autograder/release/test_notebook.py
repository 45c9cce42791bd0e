import ast
import json
from pathlib import Path

import nbformat
import pytest

from autograder.release.notebook import notebook
from autograder.release.stubs import is_given, stub

COURSE = Path(__file__).parents[3]
SOLUTIONS = sorted(
    path for path in (COURSE / "solutions").glob("*.py") if not is_given(path.read_text(encoding="utf-8"))
)

SOLUTION = '''"""A part.

More of it.
"""

import math

# ## The story
#
# ```python
#     x = 1
# ```


def double(x: float) -> float:
    """Return 2 x."""
    # Hint: add.
    return x + math.fabs(x)


# ## The story


def _private():
    return 1
'''


def cells_of(text: str) -> list[nbformat.NotebookNode]:
    made = nbformat.reads(text, as_version=4)
    nbformat.validate(made)
    return made.cells


def test_story_and_definitions_alternate() -> None:
    cells = cells_of(notebook(SOLUTION, "a.py"))
    assert [cell.cell_type for cell in cells] == ["markdown", "code", "markdown", "code", "markdown", "markdown"]
    assert cells[0].source == "# A part\n\nMore of it."
    assert cells[2].source == "## The story\n\n```python\n    x = 1\n```"
    assert cells[3].source.endswith('raise NotImplementedError("double is still to be written")')
    assert "fabs" not in json.dumps(cells)


def test_ids_are_readable_unique_and_the_same_every_time() -> None:
    text = notebook(SOLUTION, "a.py")
    assert text == notebook(SOLUTION, "a.py")
    assert [cell.id for cell in cells_of(text)] == [
        "a-part",
        "set-up",
        "the-story",
        "double",
        "the-story-2",
        "check-your-work",
    ]


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.name)
def test_the_notebook_holds_the_same_definitions_as_the_stub(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    code = [cell for cell in cells_of(notebook(source, path.name)) if cell.cell_type == "code"]
    in_notebook = [ast.dump(node) for cell in code for node in ast.parse(cell.source).body]
    in_stub = [ast.dump(node) for node in ast.parse(stub(source, path.name)).body[1:]]  # after the docstring
    assert in_notebook == in_stub


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.name)
def test_nothing_has_been_run(path: Path) -> None:
    for cell in cells_of(notebook(path.read_text(encoding="utf-8"), path.name)):
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None
