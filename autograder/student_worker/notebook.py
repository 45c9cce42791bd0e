"""A notebook as a module: definitions from any cell, in whatever order they were written.

Cells hold what a course needs (imports, functions, classes, constants) among what it does not (training, plots,
magics, half-finished tries). Loading keeps the first kind and runs none of the second:

1. IPython's own transformer turns magics into Python.
2. Of each cell's statements, imports, functions and classes are kept; an assignment only if a kept statement
   reads its name, and an `if` or `try` that makes nothing but such choices; everything else is left out.
3. Kept statements run in the order of the cells; one that needs a name not yet there is tried again after the
   others, so cells may stand out of order. One that fails costs what depends on it, and is remembered.
"""

from __future__ import annotations
import __future__

import ast
import json
import re
import symtable
import types
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any, NamedTuple

import nbformat
from IPython.core.inputtransformer2 import TransformerManager

# Cell magics whose body is ordinary Python of this notebook; any other cell magic's cell holds no definitions.
_PYTHON_CELL = re.compile(r"\A\s*%%(time|timeit|capture|prun|writefile\s+\S+\.py)\b[^\n]*\n")
_Definition = ast.Import | ast.ImportFrom | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


class Cell(NamedTuple):
    """A cell, and its kind: code, markdown or raw."""

    kind: str
    source: str


@dataclass
class _Statement:
    """A top-level statement, the number of its cell, and why it did not run."""

    cell: int
    node: ast.stmt
    problem: str = ""


@dataclass
class NotebookModule:
    """What came of loading: the namespace, and what failed in which cell."""

    namespace: dict[str, Any]
    problems: dict[int, str] = field(default_factory=dict)

    def hint_for(self, name: str, cells: list[Cell]) -> str:
        """Say in which cell the student probably meant to define `name`, if any."""
        pattern = re.compile(rf"\b(def|class)\s+{re.escape(name)}\b|^{re.escape(name)}\s*=", re.MULTILINE)
        sources = code_of(cells)
        for cell, problem in self.problems.items():
            if pattern.search(sources[cell]):
                return f"; code cell {cell}, which defines it, fails with {problem}"
        for cell, source in sources.items():
            if cell not in self.problems and (block := _block_that_defines(name, source)):
                return (
                    f"; code cell {cell} defines it inside `{block}`, and only what stands at the top level of a cell "
                    "is sure to be taken"
                )
        for number, (kind, source) in enumerate(cells, start=1):
            if kind != "code" and re.search(rf"^\s*(def|class)\s+{re.escape(name)}\b", source, re.MULTILINE):
                return f"; a {kind} cell, cell {number} of all, holds it: make it a code cell"
        return ""

    def first_problem(self) -> str:
        """Say which cell failed first, if any."""
        for cell, problem in self.problems.items():
            return f"; code cell {cell} fails with {problem}"
        return ""


def code_cells(text: str) -> dict[int, str]:
    """The notebook's code cells by number, counted from 1; see `read_cells`."""
    return code_of(read_cells(text))


def code_of(cells: list[Cell]) -> dict[int, str]:
    """The code cells among these by number, counted from 1."""
    return dict(enumerate((cell.source for cell in cells if cell.kind == "code"), start=1))


def read_cells(text: str) -> list[Cell]:
    """All cells of a notebook; outputs are ignored, old formats are upgraded.

    Raises:
        Exception: whatever nbformat raises on a file that is no notebook.
    """
    document = json.loads(text)
    if isinstance(document, dict):
        # Tools that write notebooks by hand leave out what nbformat insists on, and no definition depends on it.
        document.setdefault("metadata", {})
        for cell in document.get("cells", []):
            cell.setdefault("metadata", {})
    notebook = nbformat.reads(json.dumps(document), as_version=4)
    return [Cell(str(cell.cell_type), str(cell.source)) for cell in notebook.cells]


def load(cells: dict[int, str], module: types.ModuleType, *, everything: bool = False) -> NotebookModule:
    """Run the definitions of `cells`, or everything in them, in `module`'s namespace."""
    statements: list[_Statement] = []
    problems: dict[int, str] = {}
    for number, source in cells.items():
        try:
            statements += [_Statement(number, node) for node in _parse(source).body]
        except SyntaxError as error:
            problems[number] = f"SyntaxError: {error.msg} (line {error.lineno} of the cell)"
        except Exception as error:  # a null byte, a lone surrogate, brackets nested too deep for the parser
            problems[number] = f"{type(error).__name__}: {error}"
    flags = _future_flags(statements)
    pending = kept = statements if everything else _kept(statements)
    while pending:
        left = [statement for statement in pending if not _run(statement, module.__dict__, flags)]
        if len(left) == len(pending):
            break
        pending = left
    for statement in kept:
        if statement.problem:
            problems.setdefault(statement.cell, statement.problem)
    return NotebookModule(module.__dict__, dict(sorted(problems.items())))


def _parse(source: str) -> ast.Module:
    magic = _PYTHON_CELL.match(source)
    if magic:
        source = "\n" * magic.group().count("\n") + source[magic.end() :]
    # IPython drops empty lines at the beginning; line numbers are to be those of the cell.
    empty = len(list(takewhile(str.isspace, source.splitlines(keepends=True))))
    return ast.parse("\n" * empty + TransformerManager().transform_cell(source))


def _block_that_defines(name: str, source: str) -> str:
    """The first word of the block at the top level of a cell that holds the definition of `name`: "if", say."""
    for statement in _parse(source).body:
        inside = [] if isinstance(statement, _Definition) else list(ast.walk(statement))[1:]
        if any(isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name for node in inside):
            return ast.unparse(statement).split()[0].rstrip(":")
    return ""


def _future_flags(statements: list[_Statement]) -> int:
    """The compiler's flags for all cells: in Jupyter too, `from __future__ import` holds for those that follow."""
    return sum(
        {
            getattr(__future__, alias.name).compiler_flag
            for statement in statements
            if isinstance(statement.node, ast.ImportFrom) and statement.node.module == "__future__"
            for alias in statement.node.names
            if alias.name in __future__.all_feature_names
        }
    )


def _kept(statements: list[_Statement]) -> list[_Statement]:
    """Definitions, and the assignments whose names they read, directly or through other assignments."""
    kept = {index for index, statement in enumerate(statements) if isinstance(statement.node, _Definition)}
    wanted = {name for index in kept for name in _names_read(statements[index].node)}
    grew = True
    while grew:
        grew = False
        for index, statement in enumerate(statements):
            if index not in kept and _names_bound(statement.node) & wanted:
                kept.add(index)
                wanted |= _names_read(statement.node)
                grew = True
    return [statements[index] for index in sorted(kept)]


def _names_read(statement: ast.stmt) -> set[str]:
    """The notebook's own names that a statement reads, now or when it is called; not a function's local ones."""
    try:
        tables = [symtable.symtable(ast.unparse(statement), "<code cell>", "exec")]
    except (SyntaxError, RecursionError):
        return set()
    names: set[str] = set()
    for table in tables:  # it grows
        everywhere = table.get_type() in ("module", "class")
        names |= {
            symbol.get_name()
            for symbol in table.get_symbols()
            if symbol.is_referenced() and (everywhere or symbol.is_global())
        }
        tables += table.get_children()
    return names


def _names_bound(statement: ast.stmt) -> set[str]:
    """The names that a statement binds; empty for one that does anything else as well."""
    match statement:
        case ast.Assign():
            return {node.id for target in statement.targets for node in ast.walk(target) if isinstance(node, ast.Name)}
        case ast.AnnAssign() | ast.AugAssign():
            return {node.id for node in ast.walk(statement.target) if isinstance(node, ast.Name)}
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return {statement.name}
        case ast.Import() | ast.ImportFrom():
            return {(alias.asname or alias.name).split(".")[0] for alias in statement.names}
        case ast.If():
            return _names_bound_in([*statement.body, *statement.orelse])
        case ast.Try():
            handled = [each for handler in statement.handlers for each in handler.body]
            return _names_bound_in([*statement.body, *handled, *statement.orelse, *statement.finalbody])
        case _:
            return set()


def _names_bound_in(block: list[ast.stmt]) -> set[str]:
    """The same for the inside of `if` and `try`, where a choice may also be printed."""
    bound = [
        _names_bound(each)
        for each in block
        if not isinstance(each, ast.Pass) and not ast.unparse(each).startswith("print(")
    ]
    return set().union(*bound) if all(bound) else set()


def _run(statement: _Statement, namespace: dict[str, Any], flags: int) -> bool:
    """Run one statement; False when a name was missing, so that it may be tried again."""
    try:
        code = compile(
            ast.Module([statement.node], []), f"<code cell {statement.cell}>", "exec", flags, dont_inherit=True
        )
        exec(code, namespace)
    except Exception as error:
        statement.problem = f"{type(error).__name__}: {error}"
        return not isinstance(error, NameError)
    statement.problem = ""
    return True
