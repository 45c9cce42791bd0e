"""Where in a student's file a message points, for systems that show it beside the line."""

from __future__ import annotations

import re
from typing import NamedTuple

_PLACE = re.compile(r"\(line (\d{1,6}) of ([\w.-]+\.py)\)")


class Place(NamedTuple):
    """A line of a student's file; the first is 1."""

    file: str
    line: int


def place_in(message: str) -> Place | None:
    """The last place that a message names, "(line 12 of fcn.py)"; None if there is none, or it is in a notebook.

    A student's exception can name any file: it is a word in a comment, never a path to open.
    """
    found = _PLACE.findall(message)
    return Place(found[-1][1], int(found[-1][0])) if found else None
