"""Writes the pages: `report.html`, and `feedback/<student>.html` for each student."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal

from autograder.course import Course
from autograder.exports.feedback import file_stem
from autograder.exports.files import write_atomically
from autograder.exports.similar import TABLE, nearly_the_same
from autograder.intake.roster import RosterEntry
from autograder.marks.tally import MarkSheet, summarise
from autograder.pictures import Picture


def write_pages(
    out: Path,
    sheets: Sequence[MarkSheet],
    course: Course,
    hidden: Literal["example", "hint"],
    roster: Mapping[str, RosterEntry],
    pictures_of: Callable[[str], Mapping[str, Sequence[Picture]]],
    on_page: Callable[[int], None] = lambda written: None,
) -> None:
    """Write every page anew.

    Args:
        hidden: what students see of hidden tests that failed.
        roster: names and sections; it may be empty.
        pictures_of: a student's pictures, by test; asked for one student at a time, for all would fill the memory.
        on_page: told how many students' pages are written.

    Raises:
        UsageError: a page cannot be written.
        ConfigError: a marked test's file cannot be read.
    """
    from autograder.reports.class_page import report_html  # plotly and jinja2 take a second to import
    from autograder.reports.student_page import feedback_html

    asked = course.asked()
    for written, sheet in enumerate(sheets, 1):
        page = feedback_html(sheet, course.config, asked, hidden, pictures_of(sheet.student), roster.get(sheet.student))
        write_atomically(out / "feedback" / f"{file_stem(sheet.student)}.html", page)
        on_page(written)
    summaries = summarise(sheets, course.config)
    alike = nearly_the_same(out / TABLE)
    write_atomically(out / "report.html", report_html(sheets, summaries, course.config, asked, roster, alike))
