"""What code a marked test depends on: read as text, nothing is imported.

A test depends on its own source, on every function, class and constant of tests/marked that it names, on what those
name, on every `conftest.py`, and on what is no Python. When in doubt a piece counts: a name is followed wherever it is
defined, a text that is a name counts as one, and statements that define nothing count for every test that reaches
their file. A test that is not found depends on everything.
"""

from __future__ import annotations

import ast
import hashlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_CONFTEST = "conftest.py"  # fixtures and hooks, which pytest applies without being named


@dataclass(frozen=True)
class _Piece:
    """A top-level statement of one file, or one name of an import.

    Attributes:
        file: the file's path in the folder.
        text: the statement's tree, so that comments and layout do not count.
        defines: the names that lead to it; empty where it counts for its whole file.
        mentions: the names that it leads to.
        trains: whether it is decorated with `training`.
        imported: of an import, the module's last name.
    """

    file: str
    text: str
    defines: frozenset[str]
    mentions: frozenset[str]
    trains: bool = False
    imported: str = ""


class MarkedTests:
    """The marked tests of a folder, as text.

    Args:
        folder: tests/marked of a course, or a copy of it.
    """

    def __init__(self, folder: Path) -> None:
        self._pieces: list[_Piece] = []
        self._defining: dict[str, list[_Piece]] = defaultdict(list)
        self._whole_file: dict[str, list[_Piece]] = defaultdict(list)
        self._others = hashlib.sha256()  # data, which may be read from anywhere
        for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"):
            file = path.relative_to(folder).as_posix()
            if path.suffix == ".py":
                self._pieces += _pieces(file, path.read_bytes())
            else:
                self._others.update(f"{file}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\0".encode())
        for piece in self._pieces:
            for name in piece.defines:
                self._defining[name].append(piece)
            if not piece.defines:
                self._whole_file[piece.file].append(piece)

    def digest(self, test: str) -> str:
        """SHA-256 of all that the test depends on in this folder."""
        digest = self._others.copy()
        for text in sorted(f"{piece.file}\0{piece.text}\0" for piece in self._reached(test)):
            digest.update(text.encode(errors="surrogatepass"))
        return digest.hexdigest()

    def trains(self, test: str) -> bool:
        """Whether the test may reach a function decorated with `training`: tens of seconds."""
        return any(piece.trains for piece in self._reached(test))

    def _reached(self, test: str) -> set[_Piece]:
        waiting = [piece for piece in self._defining.get(test, ()) if not piece.file.endswith(_CONFTEST)]
        if not waiting:
            return set(self._pieces)
        waiting += [piece for piece in self._pieces if piece.file.rpartition("/")[2] == _CONFTEST]
        reached: set[_Piece] = set()
        while waiting:
            piece = waiting.pop()
            if piece in reached:
                continue
            reached.add(piece)
            waiting += self._whole_file.get(piece.file, ())
            for name in piece.mentions:
                found = self._defining.get(name, [])
                if piece.imported:
                    waiting += [each for each in found if _stem(each.file) == piece.imported]
                else:  # in its own file first: two files may each have a helper of one name
                    waiting += [each for each in found if each.file == piece.file] or found
        return reached


def _pieces(file: str, source: bytes) -> Iterator[_Piece]:
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError):  # collecting it will say so
        yield _Piece(file, hashlib.sha256(source).hexdigest(), frozenset(), frozenset())
        return
    for statement in body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            place = getattr(statement, "module", None) or ""
            for alias in statement.names:
                here = alias.asname or alias.name.partition(".")[0]
                text = f"{place} {alias.name} {here}"
                module = (place or alias.name).rpartition(".")[2]
                yield _Piece(file, text, frozenset({here}), frozenset({alias.name}), imported=module)
        else:
            yield _Piece(
                file,
                ast.dump(statement),
                frozenset(_defined(statement)),
                frozenset(_mentioned(statement)),
                trains=_is_training(statement),
            )


def _stem(file: str) -> str:
    return file.rpartition("/")[2].removesuffix(".py")


def _defined(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, _Function):
        yield statement.name
    elif isinstance(statement, ast.ClassDef):
        yield statement.name
        yield from (node.name for node in statement.body if isinstance(node, _Function))  # a class may hold tests
    elif isinstance(statement, ast.Assign | ast.AnnAssign):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        names = [node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)]
        yield from (name for name in names if name != "pytestmark")  # which pytest applies to the whole file


def _mentioned(statement: ast.stmt) -> Iterator[str]:
    for node in ast.walk(statement):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):  # a fixture is an argument's name
                yield name
            case ast.Constant(value=str(text)) if text.isidentifier():  # for getattr, or usefixtures
                yield text


def _is_training(statement: ast.stmt) -> bool:
    return isinstance(statement, _Function) and any(
        isinstance(node, ast.Name) and node.id == "training"
        for decorator in statement.decorator_list
        for node in ast.walk(decorator)
    )
