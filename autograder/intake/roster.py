"""`roster.csv`: who is in the class. Columns student, and any of name, email, section, group, in any order."""

from __future__ import annotations

import csv
from dataclasses import dataclass, fields
from pathlib import Path

from autograder.config_file import nearest
from autograder.errors import UsageError

KEPT_AS = "roster.csv"


@dataclass(frozen=True)
class RosterEntry:
    """One row.

    Attributes:
        student: the name that submissions and marks go by.
        group: whose submission counts for all of its members; "" for a student who works alone.
    """

    student: str
    name: str = ""
    email: str = ""
    section: str = ""
    group: str = ""


def read_roster(path: Path) -> dict[str, RosterEntry]:
    """Read a roster, by student in the order of the file; columns of other names are left alone.

    Raises:
        UsageError: it cannot be read, has no column `student`, or names a student twice (small letters or capitals).
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:  # spreadsheets begin UTF-8 with a mark
            reader = csv.DictReader(stream, strict=True)  # or a quote never closed takes the rest
            columns = list(reader.fieldnames or ())
            # Spreadsheets leave rows of nothing but separators.
            rows = [
                (reader.line_num, row) for row in reader if any("".join(cell or ()).strip() for cell in row.values())
            ]
    except FileNotFoundError:
        raise UsageError(f"{path} does not exist; name a CSV that says who is in the class") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{path} cannot be read: {error}; it should be a CSV in UTF-8") from None
    known = [field.name for field in fields(RosterEntry)]
    if "student" not in columns:
        if len(columns) == 1 and (found := [mark for mark in ";\t|" if mark in columns[0]]):
            raise UsageError(f"{path}, line 1: columns are apart by {found[0]!r}; save it as a CSV with commas")
        raise UsageError(
            f"{path}, line 1: no column student{nearest('student', columns)}; expected the columns {', '.join(known)}, "
            "written like this"
        )
    entries: dict[str, RosterEntry] = {}
    lines: dict[str, int] = {}
    for line, row in rows:
        if any("\n" in cell for cell in row.values() if isinstance(cell, str)):
            raise UsageError(f"{path}, line {line}: a cell holds a line break; is a quote never closed?")
        entry = RosterEntry(
            **{name: (row[name] or "").strip() for name in known if name in row and name != "student"}
            | {"student": (row["student"] or "").strip()}
        )
        if not entry.student:
            raise UsageError(f"{path}, line {line}: no student; expected the columns {', '.join(known)}")
        if earlier := lines.get(entry.student.casefold()):
            raise UsageError(f"{path}, line {line}: {entry.student!r} is in line {earlier}, too; keep one")
        lines[entry.student.casefold()] = line
        entries[entry.student] = entry
    if not entries:
        raise UsageError(f"{path} names no student; expected a first line with {', '.join(known)}")
    return entries
