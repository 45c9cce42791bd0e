"""A notebook as a module: definitions from any cell, in whatever order they were written.

Cells hold what a course needs (imports, functions, classes, constants) among what it does not (training, plots,
magics, half-finished tries). Loading keeps the first kind and runs none of the second:

1. IPython's own transformer turns magics into Python.
2. Of each cell's statements, imports, functions and classes are kept; an assignment only if a kept statement
   reads its name; everything else is left out.
3. Kept statements run in the order of the cells; one that needs a name not yet there is tried again after the
   others, so cells may stand out of order. One that fails costs what depends on it, and is remembered.
"""

from __future__ import annotations

import ast
import re
import types
from dataclasses import dataclass, field
from typing import Any

import nbformat
from IPython.core.inputtransformer2 import TransformerManager

# Cell magics whose body is ordinary Python of this notebook; any other cell magic's cell holds no definitions.
_PYTHON_CELL = re.compile(r"\A\s*%%(time|timeit|capture|prun|writefile\s+\S+\.py)\b[^\n]*\n")
_Definition = ast.Import | ast.ImportFrom | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass
class NotebookModule:
    """What came of loading: the namespace, and what failed in which cell."""

    namespace: dict[str, Any]
    problems: dict[int, str] = field(default_factory=dict)

    def hint_for(self, name: str, sources: dict[int, str]) -> str:
        """Say in which cell the student probably meant to define `name`, if any."""
        pattern = re.compile(rf"\b(def|class)\s+{re.escape(name)}\b|^{re.escape(name)}\s*=", re.MULTILINE)
        for cell, problem in self.problems.items():
            if pattern.search(sources[cell]):
                return f"; code cell {cell}, which defines it, fails with {problem}"
        if self.problems:
            cell, problem = next(iter(self.problems.items()))
            return f"; code cell {cell} fails with {problem}"
        return ""


def code_cells(text: str) -> dict[int, str]:
    """The notebook's code cells by number, counted from 1; outputs are ignored, old formats are upgraded.

    Raises:
        Exception: whatever nbformat raises on a file that is no notebook.
    """
    notebook = nbformat.reads(text, as_version=4)
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    return {number: str(source) for number, source in enumerate(code, start=1)}


def load(cells: dict[int, str], module: types.ModuleType) -> NotebookModule:
    """Run the definitions of `cells` in `module`'s namespace."""
    loaded = NotebookModule(module.__dict__)
    statements: list[tuple[int, ast.stmt]] = []
    for number, source in cells.items():
        try:
            statements += [(number, statement) for statement in _parse(source).body]
        except SyntaxError as error:
            loaded.problems[number] = f"SyntaxError: {error.msg} (line {error.lineno} of the cell)"
    pending = _kept(statements)
    while pending:
        left = [(number, statement) for number, statement in pending if not _run(number, statement, loaded)]
        if len(left) == len(pending):
            break
        pending = left
    return loaded


def _parse(source: str) -> ast.Module:
    if _PYTHON_CELL.match(source):
        source = _PYTHON_CELL.sub("\n", source)  # the line stays, so that line numbers do
    return ast.parse(TransformerManager().transform_cell(source))


def _kept(statements: list[tuple[int, ast.stmt]]) -> list[tuple[int, ast.stmt]]:
    """Definitions, and the assignments whose names they read, directly or through other assignments."""
    kept = {index for index, (_, statement) in enumerate(statements) if isinstance(statement, _Definition)}
    wanted = {name for index in kept for name in _names_read(statements[index][1])}
    grew = True
    while grew:
        grew = False
        for index, (_, statement) in enumerate(statements):
            if index not in kept and _names_bound(statement) & wanted:
                kept.add(index)
                wanted |= _names_read(statement)
                grew = True
    return [statements[index] for index in sorted(kept)]


def _names_read(statement: ast.stmt) -> set[str]:
    return {
        node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Store)
    }


def _names_bound(statement: ast.stmt) -> set[str]:
    """The names that a top-level assignment binds; empty for any other statement."""
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, ast.AnnAssign | ast.AugAssign):
        targets = [statement.target]
    else:
        return set()
    return {node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)}


def _run(number: int, statement: ast.stmt, loaded: NotebookModule) -> bool:
    """Run one statement; False when a name was missing, so that it may be tried again."""
    try:
        exec(compile(ast.Module([statement], []), f"<code cell {number}>", "exec"), loaded.namespace)
    except Exception as error:
        loaded.problems[number] = f"{type(error).__name__}: {error}"
        return not isinstance(error, NameError)
    loaded.problems.pop(number, None)
    return True
