"""Finds what the grader names in the student's files: modules, their functions, objects kept from earlier calls."""

from __future__ import annotations

import difflib
import importlib
import json
import sys
import traceback
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autograder.student_worker.notebook import Cell, NotebookModule


class Absent(Exception):
    """The submission has no such module, or the module no such name."""


class NoNotebook(Exception):
    """A file is called .ipynb and holds no notebook; its words are for the student."""


class ImportFailed(Exception):
    """The module exists but does not import; `__cause__` is what it raised."""


class Modules:
    """The student's modules, imported from `box` when they are first asked for."""

    def __init__(self, box: Path) -> None:
        self._box = box
        self._modules: dict[str, types.ModuleType] = {}
        self._hints: dict[str, tuple[NotebookModule, list[Cell]]] = {}
        self._failures: dict[str, BaseException] = {}
        self.everything_in_notebooks = False

    def attribute(self, module_name: str, name: str) -> Any:
        """What the module defines under this name.

        Raises:
            Absent, ImportFailed.
        """
        module = self.load(module_name)
        if hasattr(module, name):
            return getattr(module, name)
        near = _near(name, module)
        hint = f"; did you mean `{near}`?" if near else ""
        if module_name in self._hints:
            loaded, cells = self._hints[module_name]
            hint = loaded.hint_for(name, cells) or hint or loaded.first_problem()
        raise Absent(f"your {module_name} defines no `{name}`{hint}")

    def load(self, name: str) -> types.ModuleType:
        """Import a module, once.

        Raises:
            Absent, ImportFailed.
        """
        if name in self._failures:
            raise ImportFailed(name) from self._failures[name]
        if name not in self._modules:
            try:
                self._modules[name] = self._import(name)
            except Absent:
                raise
            except BaseException as error:
                self._failures[name] = error
                raise ImportFailed(name) from error
        return self._modules[name]

    def _import(self, name: str) -> types.ModuleType:
        if (self._box / f"{name}.py").exists():
            return importlib.import_module(name)
        path = self._box / f"{name}.ipynb"
        if path.exists():
            from autograder.student_worker import notebook  # IPython costs a student's check 0.3 s otherwise

            module = types.ModuleType(name)
            sys.modules[name] = module  # dataclasses and typing look their module up there
            cells = _cells_of(path)
            loaded = notebook.load(notebook.code_of(cells), module, everything=self.everything_in_notebooks)
            self._hints[name] = (loaded, cells)
            return module
        there = ", ".join(sorted(entry.name for entry in self._box.iterdir())[:8]) or "nothing"
        raise Absent(f"there is no {name}.py or {name}.ipynb in your submission (found: {there})")


def _cells_of(path: Path) -> list[Cell]:
    from autograder.student_worker.notebook import read_cells

    try:
        return read_cells(path.read_text(encoding="utf-8-sig"))
    except MemoryError:
        raise
    except Exception as error:  # whatever nbformat raises
        if isinstance(error, json.JSONDecodeError):
            why = f"it is not JSON (line {error.lineno}: {error.msg})"
        elif isinstance(error, UnicodeDecodeError):
            why = "it is not UTF-8 text"
        else:
            why = "it is JSON, but not of a notebook"
        raise NoNotebook(
            f"{path.name} is no notebook: {why}; save it again in Jupyter, or hand in {path.stem}.py"
        ) from None


def _near(name: str, module: types.ModuleType) -> str:
    """What the student probably called `name`, "" if nothing is near: `ConvOutputSize` or `conv_out_size`, say."""
    there = [each for each, value in vars(module).items() if callable(value) and not each.startswith("_")]
    alike = [each for each in there if each.replace("_", "").lower() == name.replace("_", "").lower()]
    # Nearer than Encoder and Decoder, or conv_output_size and conv_transpose_output_size, are to each other.
    return next(iter(alike or difflib.get_close_matches(name, there, n=1, cutoff=0.8)), "")


def place_of(error: BaseException, box: Path) -> str:
    """Where in the student's own files an exception was raised: "line 12", or "" if nowhere."""
    if isinstance(error, SyntaxError) and error.filename and str(box) in error.filename:
        return f"line {error.lineno} of {Path(error.filename).name}"
    for frame, line in reversed(list(traceback.walk_tb(error.__traceback__))):
        filename = frame.f_code.co_filename
        if filename.startswith(str(box)):
            return f"line {line} of {Path(filename).name}"
        if filename.startswith("<code cell"):
            return f"line {line} of {filename.strip('<>')}"
    return ""
