"""The pieces of a solution that mutants are made of: its top-level functions, classes and constants."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from autograder.errors import UsageError
from autograder.release.stubs import GIVEN, SOLUTION


@dataclass(frozen=True)
class Piece:
    """One top-level definition of a solution.

    Attributes:
        name: what it defines (the first of several names).
        first: how many lines of the file stand before it.
        last: the number of its last line.
        text: its source.
        mentions: every name and attribute in it.
    """

    name: str
    first: int
    last: int
    text: str
    mentions: frozenset[str]


def pieces(source: str, name: str) -> list[Piece]:
    """Return the definitions of a solution, without what is handed out or not asked for; `name` is the file's.

    Raises:
        UsageError: the source does not parse.
    """
    lines = source.splitlines()
    try:
        body = ast.parse(source).body
    except SyntaxError as error:
        raise UsageError(f"{name}, line {error.lineno}: {error.msg}") from None
    made = []
    for statement in body:
        marks = (lines[statement.lineno - 1].rstrip(), lines[(statement.end_lineno or 1) - 1].rstrip())
        if marks[0].endswith(GIVEN) or marks[1].endswith(SOLUTION):
            continue
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            defined = statement.name
            first = min([statement.lineno, *(each.lineno for each in statement.decorator_list)]) - 1
        elif isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            defined, first = statement.targets[0].id, statement.lineno - 1
        else:
            continue  # imports, docstrings, what runs as a script only
        last = statement.end_lineno or first + 1
        mentions = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
        mentions |= {node.attr for node in ast.walk(statement) if isinstance(node, ast.Attribute)}
        made.append(Piece(defined, first, last, "\n".join(lines[first:last]) + "\n", frozenset(mentions)))
    return made
