"""A solution's source in, the stub that students start from out: both as text, neither is run.

A module is cut into blocks along its top-level statements:

    "docstring"   the module's own: what this part is about
    "story"       comments that stand alone at the left margin, between blank lines
    "code"        imports, constants, and each function or class

Functions keep their decorators, signature, docstring and the comments that directly follow it ("# Hint: ...", the TODO
box); then they raise NotImplementedError. Methods likewise. Private functions, classes, methods and constants vanish
(`_reach`, not `__init__`), and so do statements marked `# solution`. What is marked `# given` stays as it is.
"""

from __future__ import annotations

import ast
import io
import tokenize
from dataclasses import dataclass
from typing import Literal

from autograder.errors import UsageError

GIVEN = "# given"
SOLUTION = "# solution"
BOX_WIDTH = 100

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Definition = _Function | ast.ClassDef


@dataclass(frozen=True)
class Block:
    """A piece of a stub.

    Attributes:
        kind: what the notebook makes of it.
        name: what it defines, "" where that is nothing.
        text: its source lines, comment signs included, without blank lines around.
    """

    kind: Literal["docstring", "story", "code"]
    name: str
    text: str


def is_given(source: str) -> bool:
    """Return whether the whole module is handed out as it stands."""
    return source.split("\n", 1)[0].strip() == GIVEN


def stub(source: str, name: str) -> str:
    """Return the stub of a solution; `name` is the file's, for messages.

    Raises:
        UsageError: the source does not parse, or is written in a way that cannot be hollowed out.
    """
    if is_given(source):
        return source.split("\n", 1)[1].lstrip("\n")
    parts: list[str] = []
    previous: Block | None = None
    for block in blocks(source, name):
        spacious = (block, previous) if previous else ()
        parts.append("\n\n" if any(_is_definition(one) for one in spacious) else "\n")
        parts.append(block.text + "\n")
        previous = block
    text = "".join(parts[1:])
    _parse(text, f"the stub made from {name}")
    return text


def definitions(source: str, name: str) -> list[str]:
    """Return the names of the functions and classes that students are to write."""
    return [node.name for node in _to_write(source, name)]


def unfilled(source: str, name: str, definition: str) -> str:
    """Return a solution in which one function or class is left as the stub has it.

    Raises:
        UsageError: the source does not parse.
    """
    lines = source.splitlines()
    [node] = [node for node in _to_write(source, name) if node.name == definition]
    lines[_first_line(node) - 1 : node.end_lineno] = _definition(node, lines, name)
    return "\n".join(lines) + "\n"


def blocks(source: str, name: str) -> list[Block]:
    """Return the stub's blocks in order."""
    tree = _parse(source, name)
    lines = source.splitlines()
    made: list[Block] = []
    done = 0  # lines handled so far
    for statement in tree.body:
        start = _first_line(statement) - 1
        start -= _attached_comments(lines[done:start])
        made += _stories(lines[done:start])
        done = statement.end_lineno or start
        made += _statement(statement, lines, start, name)
    made += _stories(lines[done:])
    return _joined(made)


def _to_write(source: str, name: str) -> list[_Definition]:
    lines = source.splitlines()
    return [
        node
        for node in _parse(source, name).body
        if isinstance(node, _Definition)
        and not _is_private(node.name)
        and not lines[node.lineno - 1].rstrip().endswith(GIVEN)
    ]


def _statement(statement: ast.stmt, lines: list[str], start: int, name: str) -> list[Block]:
    text = "\n".join(lines[start : statement.end_lineno])
    if _is_docstring(statement):
        return [Block("docstring", "", text)]
    if isinstance(statement, _Definition):
        if _is_private(statement.name):
            return []
        above = lines[start : _first_line(statement) - 1]
        return [Block("code", statement.name, "\n".join(above + _definition(statement, lines, name)))]
    if lines[(statement.end_lineno or 1) - 1].rstrip().endswith(SOLUTION):
        return []
    names = _assigned_names(statement)
    if names and all(_is_private(one) for one in names):
        return []
    return [Block("code", "", text)]


def _definition(node: _Definition, lines: list[str], name: str) -> list[str]:
    """Return the lines of a hollowed-out function or class."""
    first = _first_line(node) - 1
    if lines[node.lineno - 1].rstrip().endswith(GIVEN):
        kept = lines[first : node.end_lineno]
        kept[node.lineno - 1 - first] = kept[node.lineno - 1 - first].rstrip().removesuffix(GIVEN).rstrip()
        return kept
    if node.body[0].lineno == node.lineno:
        raise UsageError(f"{name}, line {node.lineno}: write the body of {node.name} on lines of its own.")
    if isinstance(node, ast.ClassDef):
        return _class(node, lines, name)
    return _function(node, lines)


def _function(node: _Function, lines: list[str]) -> list[str]:
    rest = node.body[1:] if _is_docstring(node.body[0]) else node.body
    header_end = _header_end(node, lines)
    docstring_end = node.body[0].end_lineno or header_end if rest is not node.body else header_end
    body_start = _first_line(rest[0]) - 1 if rest else docstring_end
    hints = [line for line in lines[docstring_end:body_start] if line.strip().startswith("#")]
    indent = " " * (node.col_offset + 4)
    title = f"# ----- TODO: {node.name} "
    box = [indent + title.ljust(BOX_WIDTH - len(indent), "-"), *hints]
    if hints:
        box.append(indent + "# ".ljust(BOX_WIDTH - len(indent), "-"))
    unfinished = f'{indent}raise NotImplementedError("{node.name} is still to be written")'
    return [*lines[_first_line(node) - 1 : docstring_end], *box, unfinished]


def _class(node: ast.ClassDef, lines: list[str], name: str) -> list[str]:
    """Keep the class's own lines, and hollow out its methods."""
    made = lines[_first_line(node) - 1 : _header_end(node, lines)]
    kept = False
    for statement in node.body:
        if isinstance(statement, _Definition):
            if _is_private(statement.name):
                continue
            made += ["", *_definition(statement, lines, name)] if kept else _definition(statement, lines, name)
        elif lines[(statement.end_lineno or 1) - 1].rstrip().endswith(SOLUTION):
            continue
        else:
            made += lines[statement.lineno - 1 : statement.end_lineno]
        kept = True
    return made if kept else [*made, " " * (node.col_offset + 4) + "pass"]


def _header_end(node: _Definition, lines: list[str]) -> int:
    """Return how many lines of the file end with the colon that opens the body."""
    depth = 0
    text = "\n".join(lines[node.lineno - 1 : node.end_lineno]) + "\n"
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.OP:
            depth += (token.string in "([{") - (token.string in ")]}")
            if token.string == ":" and depth == 0:
                return node.lineno - 1 + token.start[0]
    raise AssertionError(f"{node.name} has no colon")  # it parsed, so it has one


def _stories(lines: list[str]) -> list[Block]:
    """Return the comments among these lines, a block for each run of them."""
    runs: list[list[str]] = [[]]
    for line in lines:
        if line.startswith("#"):
            runs[-1].append(line)
        elif runs[-1]:
            runs.append([])
    return [Block("story", "", "\n".join(run)) for run in runs if run]


def _attached_comments(lines: list[str]) -> int:
    """Return how many comment lines stand directly above the statement that follows, without a blank line."""
    count = 0
    for line in reversed(lines):
        if not line.startswith("#"):
            break
        count += 1
    return count


def _joined(made: list[Block]) -> list[Block]:
    """Merge neighbouring code blocks that define nothing: the imports, say."""
    joined: list[Block] = []
    for block in made:
        last = joined[-1] if joined else None
        if last and last.kind == block.kind == "code" and not _is_definition(last) and not _is_definition(block):
            joined[-1] = Block("code", "", f"{last.text}\n{block.text}")
        else:
            joined.append(block)
    return joined


def _is_definition(block: Block) -> bool:
    return block.name != ""


def _is_docstring(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _is_private(name: str) -> bool:
    return name.startswith("_") and not (name.startswith("__") and name.endswith("__"))


def _assigned_names(statement: ast.stmt) -> list[str]:
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, ast.AnnAssign):
        targets = [statement.target]
    else:
        return []
    return [one.id for target in targets for one in ast.walk(target) if isinstance(one, ast.Name)]


def _first_line(statement: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(decorator.lineno for decorator in decorators)])


def _parse(source: str, name: str) -> ast.Module:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        where = f"{name}, line {line}" if line else name
        raise UsageError(f"{where} is not valid Python ({error}). Correct it, then release again.") from error
