"""A class of 500, made of records without grading, and Chromium to look at its pages."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from autograder.course import Course
from autograder.grading import write_views
from autograder.intake.class_list import MISSING, STRANGER
from autograder.intake.roster import RosterEntry
from autograder.marks.store import open_store
from autograder.pictures import Curve, Images, Picture, Points, Scale
from autograder.records import Outcome, Override, SubmissionResult, TestResult
from autograder.reports.pages import write_pages

REPOSITORY = Path(__file__).resolve().parents[3]
HOSTILE = {
    "script": "<script>document.title='taken'</script>",
    "image": "<img src=x onerror=\"document.title='taken'\">",
    "formula": '=HYPERLINK("http://example.com")',
    "right_to_left": "\u202eslaet\u202c אבגד",
    "long": "x" * 200,
    "template": "{{ 7 * 7 }}{% for a in b %}",
    "closing": "</script></style></title>-->",
}
STUDENTS = {"plain": "student 042", "pictured": "student 000", "overridden": "student 001"} | HOSTILE


def pictures() -> tuple[Picture, ...]:
    """One of each kind, with titles that a student cannot choose and labels that are digits."""
    generator = np.random.default_rng(0)
    return (
        Images("Digits", ("digits", "reconstructions"), 10, (28, 28, 1), generator.bytes(20 * 28 * 28)),
        Images("Scenes", ("scenes",), 4, (57, 75, 3), generator.bytes(4 * 57 * 75 * 3)),
        Curve("Loss", "epoch", "mean loss", (0.3, 0.2, 0.15)),
        Points("Embedding", tuple(map(tuple, generator.normal(size=(500, 2)).tolist())), tuple("0123456789" * 50)),
        Scale("the error", 0.9, 1.8, 0.7, {"PCA": 1.0}),
    )


def results_of(course: Course, chance: random.Random, message: str = "") -> tuple[TestResult, ...]:
    """A result for each planned test; the weaker the student, the more fail."""
    skill = chance.random()
    return tuple(
        TestResult(test.name, Outcome.PASSED)
        if chance.random() < 0.4 + 0.6 * skill
        else TestResult(test.name, Outcome.FAILED, message or f"f({chance.randrange(9)}): expected 3, got 4")
        for test in course.config.plan()
    )


def students_of(course: Course) -> Sequence[SubmissionResult]:
    """500 submissions: hostile names and messages, one of each outcome that needs a person, some missing."""
    chance = random.Random(0)
    plain = course.config.plan()[0].name
    picture_test = "test_held_out_error"
    made = []
    for number in range(500 - len(HOSTILE)):
        name = f"student {number:03}"
        flags: tuple[str, ...] = (STRANGER,) if number == 5 else ()
        results = results_of(course, chance)
        if number % 50 == 7:
            results, flags = tuple(TestResult(each.test, Outcome.FAILED, "nothing") for each in results), (MISSING,)
        for at, outcome in ((2, Outcome.GRADER_ERROR), (3, Outcome.FORBIDDEN)):
            if number == at:
                results = tuple(
                    TestResult(plain, outcome, "ours", "Traceback\nValueError: why", share=1.0)
                    if each.test == plain
                    else each
                    for each in results
                )
        if name == STUDENTS["pictured"]:
            results = tuple(
                TestResult(each.test, each.outcome, each.message, pictures=pictures())
                if each.test == picture_test
                else each
                for each in results
            )
        digest = "the same" if number in (11, 12) else name
        made.append(SubmissionResult(name, digest, results, flags))
    made += [
        SubmissionResult(name, name, results_of(course, chance, name), (f"earlier versions: {name}",))
        for name in HOSTILE.values()
    ]
    return made


@pytest.fixture(scope="session")
def students() -> dict[str, str]:
    """Some names in the class of 500, by what is special about them."""
    return STUDENTS


@pytest.fixture(scope="session")
def course() -> Course:
    return Course(REPOSITORY)


@pytest.fixture(scope="session")
def class_folder(course: Course, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages of 500 students."""
    folder = tmp_path_factory.mktemp("class of 500")
    with open_store(folder) as store:
        for result in students_of(course):
            store.put(result, dict.fromkeys((each.test for each in result.results), "course"), "full")
        store.override(Override(STUDENTS["overridden"], "B6", 3.5, "a <b>good</b> reason", "the TA"))
        sheets, _ = write_views(store, course.config, folder, {})
        roster = {
            sheet.student: RosterEntry(sheet.student, name=f"Name of {sheet.student[:20]}", section="L0101")
            for sheet in sheets
        }
        write_pages(folder, sheets, course, "example", roster, store.pictures)
    return folder
