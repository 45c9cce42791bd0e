"""Where in a student's file a message points, for systems that show it beside the line.

A message has a file's name alone; each system has its own paths for the student's files.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import NamedTuple

_PLACE = re.compile(r"\(line (\d{1,6}) of ([\w.-]+\.py)\)")


class Place(NamedTuple):
    """A line of a student's file; the first is 1."""

    file: str
    line: int


def place_in(message: str, paths: Mapping[str, str] | None = None) -> Place | None:
    """The last place that a message names, "(line 12 of fcn.py)"; None if there is none, or it is in a notebook.

    A student's exception can name any file: it is a word in a comment, never a path to open.

    Args:
        paths: by file name what the system calls the student's files, so that no other is named; None where nobody
            knows, and the name stands for itself.
    """
    found = _PLACE.findall(message)
    if not found:
        return None
    line, name = found[-1]
    path = name if paths is None else paths.get(name)
    return Place(path, int(line)) if path else None


def by_name(origins: Mapping[str, str]) -> dict[str, str]:
    """The paths of files by their name alone; of several that share one, the outermost's."""
    inwards = sorted(origins, key=lambda name: name.count("/"))
    return {PurePosixPath(name).name: origins[name] for name in reversed(inwards)}
