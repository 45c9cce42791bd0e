"""The gradebook CSV that Quercus (Canvas) imports.

The rules: https://community.canvaslms.com, "How do I import grades in the Gradebook?", and Canvas's own
lib/gradebook_importer.rb. The columns of the student are positional, and a row is matched by ID, SIS User ID, SIS Login
ID and name, in that order.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from autograder.config import Config
from autograder.errors import UsageError
from autograder.exports.files import csv_text
from autograder.intake.layouts import UNCERTAIN
from autograder.intake.roster import RosterEntry
from autograder.marks.tally import MarkSheet

# Canvas leaves out each column whose title has one of these anywhere in it.
_RESERVED = tuple(
    f"{when} {what}" for when in ("Current", "Final", "Override") for what in ("Score", "Points", "Grade", "Status")
)
_STUDENT = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]


def gradebook_csv(sheets: Sequence[MarkSheet], config: Config, roster: Mapping[str, RosterEntry]) -> str:
    """A row per student, whose mark is out of `lms_out_of`.

    The submission's name is the SIS Login ID, but for a student whom no roster knows and whose number stands in
    Quercus's own file names: that name is made of theirs, and the number finds them.

    Left out are marks that a person has still to look at, which keep what they are there, and, where a roster says who
    is in the class, students whom it lacks: Quercus could match them with nobody. So are, without a roster, those whose
    file names do not say for certain whose they are: Quercus could match them with somebody else.

    Raises:
        UsageError: see `title_and_id`.
    """
    title, _ = title_and_id(config)
    rows: list[list[object]] = []
    for sheet in sheets:
        if sheet.status == "grader_error" or left_out(sheet, roster):
            continue
        entry = roster.get(sheet.student)
        name, section = (entry.name or sheet.student, entry.section) if entry else (sheet.student, "")
        login = "" if sheet.lms_id and entry is None else sheet.student
        rows.append([name, sheet.lms_id, "", login, section, sheet.lms_mark])
    points = ["    Points Possible", "", "", "", "", config.lms_out_of or config.out_of]
    return csv_text([[*_STUDENT, title], points, *rows])


def left_out(sheet: MarkSheet, roster: Mapping[str, RosterEntry]) -> bool:
    """Whether nobody says for certain who this is in Quercus."""
    return sheet.student not in roster if roster else UNCERTAIN in sheet.flags


def title_and_id(config: Config) -> tuple[str, int]:
    """The title of the gradebook's column, which ends in the assignment's id, and that id.

    Raises:
        UsageError: Quercus would make a new column under this title, or leave it out.
    """
    title = config.quercus_assignment.strip()
    named = re.fullmatch(r".*\S\s\((\d+)\)", title)
    if named is None:
        raise UsageError(
            f"grading_config.yaml, quercus_assignment: {title!r} does not end in the assignment's id, and Quercus "
            "would make a new column; write its title and id as the gradebook's own export has it: "
            "Assignment 3 (123456)"
        )
    if reserved := [each for each in _RESERVED if each in title]:
        raise UsageError(
            f"grading_config.yaml, quercus_assignment: {title!r} has {reserved[0]!r} in it, and Quercus leaves such "
            "columns out; rename the assignment there, then here"
        )
    return title, int(named[1])
