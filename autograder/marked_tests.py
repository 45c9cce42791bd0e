"""What code a marked test depends on: read as text, nothing is imported.

A test depends on its own source, on every function, class and constant of tests/marked that it names, on what those
name, and on the fixtures that its arguments name. When in doubt a piece counts: names are followed wherever they are
defined, and statements that define nothing count for every test of their file.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class _Piece:
    """A top-level statement of one file: what it defines, what it names."""

    file: str
    text: str
    defines: frozenset[str]
    names: frozenset[str]
    trains: bool


class MarkedTests:
    """The marked tests of a folder, as text.

    Args:
        folder: tests/marked of a course, or a copy of it.
    """

    def __init__(self, folder: Path) -> None:
        self._pieces = [piece for path in sorted(folder.rglob("*.py")) for piece in _pieces_of(path, folder)]
        self._by_name: dict[str, list[_Piece]] = {}
        for piece in self._pieces:
            for name in piece.defines:
                self._by_name.setdefault(name, []).append(piece)
        self._loose: dict[str, list[_Piece]] = {}
        for piece in self._pieces:
            if not piece.defines:
                self._loose.setdefault(piece.file, []).append(piece)
        self._others = hashlib.sha256()
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.suffix not in (".py", ".pyc"):
                self._others.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes())

    def digest(self, test: str) -> str:
        """SHA-256 of all that the test depends on in this folder; "" for a test that is not there."""
        pieces = self._reached(test)
        if not pieces:
            return ""
        digest = self._others.copy()
        for text in sorted(f"{piece.file}\0{piece.text}\0" for piece in pieces):
            digest.update(text.encode())
        return digest.hexdigest()

    def trains(self, test: str) -> bool:
        """Whether the test may reach a function decorated with `training`: tens of seconds."""
        return any(piece.trains for piece in self._reached(test))

    def _reached(self, test: str) -> set[_Piece]:
        reached: set[_Piece] = set()
        waiting = list(self._by_name.get(test, ()))
        while waiting:
            piece = waiting.pop()
            if piece in reached:
                continue
            reached.add(piece)
            waiting += self._loose.get(piece.file, ())
            for name in piece.names:
                # Names are looked up in the piece's own file first: two test files may each have a helper of one name.
                found = self._by_name.get(name, ())
                waiting += [each for each in found if each.file == piece.file] or found
        return reached


def _pieces_of(path: Path, folder: Path) -> Iterator[_Piece]:
    file = str(path.relative_to(folder))
    for statement in ast.parse(path.read_bytes()).body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            continue
        nodes = list(ast.walk(statement))
        names = {node.id for node in nodes if isinstance(node, ast.Name)}
        names |= {node.attr for node in nodes if isinstance(node, ast.Attribute)}
        names |= {node.arg for node in nodes if isinstance(node, ast.arg)}  # fixtures
        yield _Piece(
            file, ast.dump(statement), frozenset(_defined(statement)), frozenset(names), _is_training(statement)
        )


def _defined(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, _Function | ast.ClassDef):
        yield statement.name
    elif isinstance(statement, ast.Assign | ast.AnnAssign):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        for target in targets:
            yield from (node.id for node in ast.walk(target) if isinstance(node, ast.Name))


def _is_training(statement: ast.stmt) -> bool:
    return isinstance(statement, _Function) and any(
        isinstance(node, ast.Name) and node.id == "training"
        for decorator in statement.decorator_list
        for node in ast.walk(decorator)
    )
