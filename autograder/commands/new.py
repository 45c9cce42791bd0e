"""`autograder new`: another course."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from autograder.terminal import OUT


def new(folder: Annotated[Path, typer.Argument(metavar="DIR", help="a new folder, or an empty one")]) -> None:
    """Instructors: make a course with one item that grades at once, to be changed into yours."""
    from autograder.new_course import new_course

    new_course(folder)
    OUT.print(f"{escape(str(folder))} holds a course of one item. Try it, in that folder:", highlight=False)
    OUT.print("    autograder grade tests/submissions/class --out out/class", highlight=False)
    OUT.print("    autograder audit --out out/audit", highlight=False)
