"""A stub as a notebook: the story in Markdown, each definition in a code cell, nothing run and no outputs.

Cell ids come from what a cell holds (`conv-output-size`, `padding`), so that the same stub gives the same bytes and a
corrected sentence changes one cell.
"""

from __future__ import annotations

import ast
import re
from typing import Any

import nbformat

from autograder.release import stubs
from autograder.release.stubs import Block

_nbformat: Any = nbformat  # it ships without annotations
_v4: Any = nbformat.v4

_CLOSING = """## Check your work

Save this notebook, then run `autograder check` in its folder: it runs the public tests on what you have written and
says what is missing. Hand in this notebook or the `.py` file of the same name, not both."""


def notebook(source: str, name: str) -> str:
    """Return the notebook, as JSON text, of a solution; `name` is the file's, for messages."""
    taken: set[str] = set()
    cells = [_cell(block, taken) for block in stubs.blocks(source, name)]
    cells.append(_v4.new_markdown_cell(_CLOSING, id=_identifier("check your work", taken)))
    metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    made = _v4.new_notebook(cells=cells, metadata=metadata)
    _nbformat.validate(made)
    return str(_nbformat.writes(made)).rstrip("\n") + "\n"


def _cell(block: Block, taken: set[str]) -> Any:
    if block.kind == "code":
        return _v4.new_code_cell(block.text, id=_identifier(block.name or "set-up", taken))
    text = _markdown(block)
    return _v4.new_markdown_cell(text, id=_identifier(text.split("\n", 1)[0], taken))


def _markdown(block: Block) -> str:
    """Return a story without its comment signs, or the module's docstring with its first line as the title."""
    if block.kind == "story":
        return "\n".join(line.removeprefix("#").removeprefix(" ") for line in block.text.splitlines())
    title, _, rest = str(ast.literal_eval(block.text)).strip().partition("\n")
    return f"# {title.rstrip('.')}\n{rest}".strip()


def _identifier(text: str, taken: set[str]) -> str:
    """Return a cell id that no other cell has: letters, digits and hyphens, 64 at most."""
    slug = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:50] or "cell"
    identifier, count = slug, 1
    while identifier in taken:
        count += 1
        identifier = f"{slug}-{count}"
    taken.add(identifier)
    return identifier
