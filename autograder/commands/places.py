"""Where the submissions of a class that is graded already are now: it may have come in several parts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.errors import UsageError
from autograder.terminal import ERR

if TYPE_CHECKING:
    from autograder.course import Course
    from autograder.intake.roster import RosterEntry
    from autograder.marks.store import Store
    from autograder.records import Submission


def submissions_of(
    course: Course, store: Store, marks: Path, people: dict[str, RosterEntry], given: Path | None
) -> tuple[list[Path], list[Submission]]:
    """The places to look in, and each student's submission there.

    Of a student who is in several places, the submission counts that was graded last, if it is there still, or else
    the one in the place that was named last.

    Args:
        given: look there, and nowhere else.

    Raises:
        UsageError: nothing is known of a place, or none is there any more.
        SubmissionError: what is there is no class.
    """
    from autograder.intake import find_submissions
    from autograder.intake.class_list import MISSING
    from autograder.intake.layouts import Layout

    layouts = {Path(each.path): Layout(each.layout) for each in store.classes_found()}
    if not layouts:
        raise UsageError(f"{marks} does not know where its class was; run `autograder grade` once more")
    places = [given] if given else _still_there(list(layouts))
    digests = {result.student: result.digest for result, _ in store.results()}
    found: dict[str, Submission] = {}
    for place in places:
        layout = layouts.get(place.resolve(), Layout.AUTO)
        for submission in find_submissions(
            place, course.config.modules, course.stub_digests(), marks.resolve(), layout, people
        ):
            before, graded = found.get(submission.student), digests.get(submission.student)
            newer = before is not None and before.digest != graded and MISSING not in submission.flags
            if before is None or MISSING in before.flags or newer:
                found[submission.student] = submission
    return places, [found[student] for student in sorted(found)]


def _still_there(places: Sequence[Path]) -> list[Path]:
    there = [place for place in places if place.exists()]
    if not there:
        raise UsageError(f"{places[-1]} is not there any more; name where the class is with --submissions")
    for gone in sorted(set(places) - set(there)):
        ERR.print(
            f"[yellow]{gone} is not there any more: who handed in there keeps what was graded[/]", highlight=False
        )
    return there
