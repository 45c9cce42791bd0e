"""How every export reaches the disk."""

from __future__ import annotations

import contextlib
import csv
import io
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from autograder.errors import UsageError

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # the last: full width


def csv_text(rows: Iterable[Sequence[object]]) -> str:
    """Rows as CSV text; numbers are written as short as they are exact."""
    return "".join(map(_line, rows))


def write_atomically(path: Path, text: str) -> None:
    """Write a file whole or not at all.

    Raises:
        UsageError: it cannot be written; a file that was there before is untouched.
    """
    unfinished = path.with_name(f".{path.name}.unfinished")  # one name, so that what a killed command left is taken up
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.unlink(missing_ok=True)
        # Made anew: in a student's own folder, a link of this name could lead anywhere.
        with unfinished.open("x", encoding="utf-8", newline="") as stream:
            stream.write(text)
        os.chmod(unfinished, 0o644)
        os.replace(unfinished, path)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror}. The marks are safe in marks.sqlite; "
            "make room, and run the same command again"
        ) from None
    finally:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)


def _line(row: Sequence[object]) -> str:
    """One row; its cells are quoted as for a line that ends in CR LF, or a CR in a cell would end the row."""
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\r\n").writerow([_cell(value) for value in row])
    return stream.getvalue().removesuffix("\r\n") + "\n"


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.10g}"
    text = str(value)
    if isinstance(value, int):
        return text
    return f"'{text}" if text.startswith(_FORMULA) else text
