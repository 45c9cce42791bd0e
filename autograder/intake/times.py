"""A CSV that says when each student handed in: columns student and submitted_at, where no layout says it."""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path

from autograder.errors import UsageError

COLUMNS = ("student", "submitted_at")
KEPT_AS = "times.csv"


def read_times(path: Path) -> dict[str, str]:
    """Read when each student handed in, in ISO format with a time zone.

    Raises:
        UsageError: it cannot be read, a time is none, or a student is there twice.
    """
    times: dict[str, str] = {}
    line = 1
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.DictReader(stream)
            for name in COLUMNS:
                if name not in (reader.fieldnames or ()):
                    raise UsageError(f"{path}, line 1: no column {name}; expected a first line student,submitted_at")
            for row in reader:
                line = reader.line_num
                student, moment = (str(row.get(name) or "").strip() for name in COLUMNS)
                if not student or student in times:
                    raise UsageError(f"{path}, line {line}: expected one line for each student, got {student!r}")
                if datetime.fromisoformat(moment).tzinfo is None:
                    raise UsageError(f"{path}, line {line}: {moment} has no time zone; write 2026-11-20T23:59:00-05:00")
                times[student] = moment
    except ValueError as error:  # a decoding error is one, too
        raise UsageError(f"{path}, line {line}: {error}; expected 2026-11-20T23:59:00-05:00") from None
    except FileNotFoundError:
        raise UsageError(f"{path} does not exist; name a CSV that says who handed in when") from None
    except (OSError, csv.Error) as error:
        raise UsageError(f"{path} cannot be read: {error}") from None
    if not times:
        raise UsageError(f"{path} says no time; expected a first line with student,submitted_at")
    return times
