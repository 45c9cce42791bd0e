"""Quercus (Canvas): one grade per student, in the assignment that `quercus_assignment` names.

Who a mark is of, Quercus's own file names say by the user's number; where marks came from elsewhere, a user's login_id
or sis_user_id is the name that they go by. https://developerdocs.instructure.com/services/canvas
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from canvasapi.course import Course
from canvasapi.requester import Requester
from canvasapi.submission import Submission

from autograder.config import Config
from autograder.errors import UploadError, UsageError
from autograder.exports.quercus import title_and_id
from autograder.intake.layouts import UNCERTAIN
from autograder.marks.tally import MarkSheet
from autograder.push.connection import Account, account, session
from autograder.push.plan import Change, Plan

SYSTEM = "quercus"


def plan(sheets: Sequence[MarkSheet], config: Config) -> Plan:
    """Compare everybody's mark with the one in Quercus.

    Left alone are students who are excused there, and those whose marks a person has still to look at.

    Raises:
        UsageError: the config or the environment does not say where, or the marks are out of another number there.
        UploadError: Quercus does not answer, or refuses.
    """
    course_id, assignment_id = _ids(config)
    where = account(SYSTEM)
    out_of = config.lms_out_of or config.out_of
    with where.told(f"course {course_id}, assignment {assignment_id}"):
        requester = Requester(where.url, where.token)
        requester._session = session()  # its own waits for ever
        course = Course(requester, {"id": course_id})
        assignment = course.get_assignment(assignment_id)
        if round(float(assignment.points_possible or 0), 2) != round(out_of, 2):
            raise UsageError(
                f"{assignment.name} is out of {assignment.points_possible} in Quercus, and marks here are out of "
                f"{out_of:g}; set lms_out_of in grading_config.yaml, or its points there"
            )
        users = _by_word(course.get_users(enrollment_type=["student"]))
        submissions = {each.user_id: each for each in assignment.get_submissions()}
    changes: list[Change] = []
    left_out: dict[str, str] = {}
    agreeing = 0
    for sheet in sheets:
        user = int(sheet.lms_id) if sheet.lms_id else users.get(sheet.student.casefold())
        submission = submissions.get(user)
        if sheet.status == "grader_error":
            left_out[sheet.student] = "a person has to look first"
        elif UNCERTAIN in sheet.flags:
            left_out[sheet.student] = "its file's name does not say for certain whose it is; enter the mark by hand"
        elif submission is None:
            left_out[sheet.student] = "nobody in Quercus has this number, SIS Login ID or SIS User ID"
        elif getattr(submission, "excused", False):
            left_out[sheet.student] = "excused in Quercus"
        elif (now := _mark(submission)) is not None and round(now, 2) == sheet.lms_mark:
            agreeing += 1
        else:
            send = partial(_send, where, submission, sheet.lms_mark)
            changes.append(Change(sheet.student, {"mark": now}, {"mark": sheet.lms_mark}, send))
    return Plan(f"{assignment.name}, course {course_id}", tuple(changes), agreeing, left_out)


def _ids(config: Config) -> tuple[int, int]:
    if config.quercus_course is None:
        raise UsageError(
            "grading_config.yaml does not say where in Quercus: set quercus_course to the number in its course's "
            "address, /courses/123"
        )
    return config.quercus_course, title_and_id(config)[1]


def _by_word(users: Sequence[object]) -> dict[str, int]:
    """Ids by login and SIS id, which the institution gives; never by name or address, which students choose."""
    found: dict[str, set[int]] = {}
    for user in users:
        for word in (getattr(user, "login_id", None), getattr(user, "sis_user_id", None)):
            if word:
                found.setdefault(str(word).casefold(), set()).add(getattr(user, "id", 0))
    return {word: next(iter(ids)) for word, ids in found.items() if len(ids) == 1}


def _mark(submission: Submission) -> float | None:
    """The mark before what Quercus itself may take off for lateness, which is not ours to compare with."""
    entered = getattr(submission, "entered_score", None)
    mark = submission.score if entered is None else entered
    return None if mark is None else float(mark)


def _send(where: Account, submission: Submission, mark: float) -> None:
    with where.told("the grade"):
        submission.edit(submission={"posted_grade": f"{mark:g}"})
    if (kept := _mark(submission)) is None or round(kept, 2) != mark:
        raise UploadError(f"quercus, the grade: it keeps {kept} instead; is the assignment graded in points?")
