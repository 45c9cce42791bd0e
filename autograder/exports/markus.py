"""What MarkUs reads: its tester's results for one submission, and two tables of marks for a class.

The tester's results: https://github.com/MarkUsProject/markus-autotesting (custom tester). The tables: a marks
spreadsheet's upload, and an assignment's criteria marks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, Literal

import msgspec

from autograder.config import Config
from autograder.errors import UsageError
from autograder.exports.files import csv_text
from autograder.exports.places import place_in
from autograder.exports.rows import Row, rows_of
from autograder.intake.class_list import GROUP
from autograder.intake.roster import RosterEntry
from autograder.marks.tally import MarkSheet


def tester_lines(sheet: MarkSheet, hidden: Literal["example", "hint"], paths: Mapping[str, str] | None) -> str:
    """One JSON object a line: each test, then annotations on the student's lines, then an overall comment.

    Args:
        paths: the student's files by name; see `places.place_in`. MarkUs looks a file up by its name without folders
            (app/models/test_run.rb), and breaks off, before it has set any mark, where the student has no such file.
    """
    rows = rows_of(sheet, hidden)
    objects: list[dict[str, Any]] = [
        {
            "name": f"{row.test.item.id}: {row.test.result.test}",
            "output": row.told,
            "marks_earned": row.earned,
            "marks_total": row.test.out_of,
            "status": _status(row),
            "time": int(1000 * row.test.result.wall_seconds) or None,
        }
        for row in rows
    ]
    annotations = [
        {
            "content": row.message,
            "filename": PurePosixPath(place.file).name,
            "line_start": place.line,
            "line_end": place.line,
        }
        for row in rows
        if (place := place_in(row.message, paths))
    ]
    if annotations:
        objects.append({"annotations": annotations})
    objects.append({"overall_comment": f"{sheet.total:g} of {sheet.out_of:g} marks"})
    return "".join(msgspec.json.encode(each).decode() + "\n" for each in objects)


def spreadsheet_csv(sheets: Sequence[MarkSheet], config: Config, roster: Mapping[str, RosterEntry]) -> str:
    """A marks spreadsheet: a column per part, with what it is out of in the second row.

    The first cell of a row is the student's MarkUs user name: their submission has to be named after it.

    Raises:
        UsageError: no user name is known of some.
    """
    _refuse_nameless(sheets, roster)
    totals = [sum(item.marks for item in part.items) for part in config.parts]
    rows: list[list[object]] = [[sheet.student, *(sheet.parts[part.id] for part in config.parts)] for sheet in sheets]
    return csv_text([["user_name", *(part.id for part in config.parts)], ["", *totals], *rows])


def criteria_csv(sheets: Sequence[MarkSheet], config: Config, roster: Mapping[str, RosterEntry]) -> str:
    """An assignment's criteria, which have to be named as the items are: a row per group.

    Raises:
        UsageError: members of a group have different marks, and MarkUs keeps one of each per group; or no user name is
            known of some.
    """
    _refuse_nameless(sheets, roster)
    items = [item.id for item in config.items]
    groups: dict[str, list[MarkSheet]] = defaultdict(list)
    for sheet in sheets:
        groups[_group(sheet, roster)].append(sheet)
    for group, members in groups.items():
        if differing := [item for item in items if len({member.items[item] for member in members}) > 1]:
            raise UsageError(
                f"MarkUs keeps one mark per group and item, and the members of {group} "
                f"({', '.join(member.student for member in members)}) differ in {', '.join(differing)}; give them the "
                "same with `autograder override`, or leave the group of who works alone empty in the roster"
            )
    rows = [[group, *map(members[0].items.get, items)] for group, members in groups.items()]
    return csv_text([["Group name", *items], *rows])


def _refuse_nameless(sheets: Sequence[MarkSheet], roster: Mapping[str, RosterEntry]) -> None:
    """Quercus's file names say no user name, and MarkUs would drop the row of a name made of theirs."""
    nameless = [sheet.student for sheet in sheets if sheet.lms_id and sheet.student not in roster]
    if nameless:
        more = f" and {len(nameless) - 1} more" if nameless[1:] else ""
        raise UsageError(
            f"nobody says the MarkUs user name of {nameless[0]}{more}: the submissions came from Quercus, whose file "
            "names have none. Grade again with --roster, a CSV with the columns student (the user name) and name"
        )


def _group(sheet: MarkSheet, roster: Mapping[str, RosterEntry]) -> str:
    """The group that the roster says, or that intake found; MarkUs names who works alone after the user."""
    if sheet.student in roster:
        return roster[sheet.student].group or sheet.student
    noted = (flag.removeprefix(GROUP) for flag in sheet.flags if flag.startswith(GROUP))
    return next(noted, sheet.student)


def _status(row: Row) -> str:
    if row.passed:
        return "pass"
    if row.ours:
        return "error"
    return "partial" if row.earned else "fail"
