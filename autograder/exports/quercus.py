"""The gradebook CSV that Quercus (Canvas) imports.

The rules: https://community.canvaslms.com, "How do I import grades in the Gradebook?". The columns of the student are
positional, and a row is matched by ID, SIS User ID, SIS Login ID and name, in that order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from autograder.config import Config
from autograder.exports.files import csv_text
from autograder.intake.roster import RosterEntry
from autograder.marks.tally import MarkSheet

_STUDENT = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]


def gradebook_csv(sheets: Sequence[MarkSheet], config: Config, roster: Mapping[str, RosterEntry]) -> str:
    """A row per student, whose mark is out of `lms_out_of`; the submission's name is the SIS Login ID.

    The title is `quercus_assignment` of the config, which ends in "(id)": under another title Quercus would make a new
    assignment. Marks that a person has still to look at are left out, and keep what they are there.
    """
    rows: list[list[object]] = []
    for sheet in sheets:
        if sheet.status == "grader_error":
            continue
        entry = roster.get(sheet.student)
        name, section = (entry.name or sheet.student, entry.section) if entry else (sheet.student, "")
        rows.append([name, "", "", sheet.student, section, sheet.lms_mark])
    points = ["    Points Possible", "", "", "", "", config.lms_out_of or config.out_of]
    return csv_text([[*_STUDENT, config.quercus_assignment or config.course], points, *rows])
