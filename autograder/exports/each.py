"""Every system's files for a whole class, by the names that they get."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from autograder.config import Config
from autograder.exports import github, gradescope, junit, markus, quercus
from autograder.exports.feedback import file_stem
from autograder.exports.format import Format
from autograder.intake.roster import RosterEntry
from autograder.marks.tally import MarkSheet


def exported(
    which: Format,
    sheets: Sequence[MarkSheet],
    config: Config,
    roster: Mapping[str, RosterEntry],
    hidden: Literal["example", "hint"],
) -> dict[str, str]:
    """The files of one system: relative path -> text.

    Args:
        roster: names and sections, for systems that want them; it may be empty.
        hidden: what the messages of hidden tests that failed show.
    """
    by_stem = {file_stem(sheet.student): sheet for sheet in sheets}
    match which:
        case Format.MARKUS:
            tables = {
                "spreadsheet.csv": markus.spreadsheet_csv(sheets, config, roster),
                "criteria.csv": markus.criteria_csv(sheets, config, roster),
            }
            return tables | {
                f"tester/{stem}.jsonl": markus.tester_lines(sheet, hidden, None) for stem, sheet in by_stem.items()
            }
        case Format.QUERCUS:
            return {"gradebook.csv": quercus.gradebook_csv(sheets, config, roster)}
        case Format.GRADESCOPE:
            return {f"{stem}.json": gradescope.results_json(sheet, config, hidden) for stem, sheet in by_stem.items()}
        case Format.GITHUB:
            return {
                f"{stem}/{name}": text
                for stem, sheet in by_stem.items()
                for name, text in (
                    ("result.txt", github.classroom_result(sheet, hidden, None)),
                    ("summary.md", github.summary(sheet, config, hidden)),
                    ("annotations.txt", github.annotation_commands(sheet, hidden, None)),
                )
            }
        case Format.JUNIT:
            return {"junit.xml": junit.junit_xml(sheets, config, hidden)}
