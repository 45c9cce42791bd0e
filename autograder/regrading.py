"""After a remark request, a changed test or a changed weight: who would move, from what to what, and why.

    the class ─▶ what is unsettled (submission, tests) ─▶ run, and kept here ─▶ moves ─▶ (a person agrees) ─▶ store

Nothing is written before a person has agreed. A changed weight runs nothing: marks are added up from outcomes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from autograder.config import Config
from autograder.course import Course
from autograder.grading import Setup, arrived, mark_all, unsettled
from autograder.grounds import grounds
from autograder.marks.store import TOTALS, Store
from autograder.marks.tally import MarkSheet, mark_sheet
from autograder.records import Submission, SubmissionResult

TOTAL, OUT_OF = "total", "out_of"


@dataclass(frozen=True)
class Move:
    """One mark that would change.

    Attributes:
        what: the item, "total" or "out_of".
        before: None for a student who had no marks.
    """

    student: str
    what: str
    before: float | None
    after: float
    why: str


@dataclass(frozen=True)
class Regrade:
    """What was run, and what it would change.

    Attributes:
        results: of the tests that were run.
        standing: what stands, with how its files arrived this time.
        kept: by student: the tests whose earlier outcomes stand beside them.
        resting: what each test's outcome rests on.
    """

    results: tuple[SubmissionResult, ...]
    standing: tuple[SubmissionResult, ...]
    kept: Mapping[str, Sequence[str]]
    resting: Mapping[str, str]
    moves: tuple[Move, ...]

    def commit(self, store: Store, setup: Setup) -> None:
        """Put all of it into the store.

        Raises:
            UsageError: the disk is full, or no longer writable; what was committed before is safe.
        """
        for result in self.results:
            store.put(result, self.resting, str(setup.level), self.kept[result.student])
        for result in self.standing:
            store.note_arrival(result)


def regrade(
    course: Course,
    submissions: Sequence[Submission],
    store: Store,
    setup: Setup,
    item: str = "",
    on_start: Callable[[int], None] = lambda pending: None,
    on_test: Callable[[str, str], None] = lambda student, test: None,
) -> Regrade:
    """Run what has changed, and say who would move. Changes nothing.

    Args:
        item: of submissions that are the same, only this item; one that is another is run as a whole.

    Raises:
        GraderError, UsageError, ConfigError: as `grading.mark_all` does.
    """
    config = course.config
    resting = grounds(course)
    known = {result.student: result for result, _ in store.results()}
    changed = {each.student for each in submissions if each.student in known and _is_another(each, known)}
    plan = {
        student: [test for test in tests if not item or test.item == item or student not in known or student in changed]
        for student, tests in unsettled(course, submissions, store, setup.level, resting).items()
    }
    pending = [submission for submission in submissions if plan[submission.student]]
    on_start(len(pending))
    results: list[SubmissionResult] = []
    if pending:
        mark_all(course, pending, lambda submission: plan[submission.student], setup, results.append, on_test)
    kept = {
        result.student: []
        if result.student in changed
        else [test.name for test in config.plan() if test.name not in {each.test for each in result.results}]
        for result in results
    }
    standing = [
        arrived(known[each.student], each) for each in submissions if each.student in known and not plan[each.student]
    ]
    sheets = _sheets(store, config, setup, results, standing, kept)
    run = {student: {test.item for test in tests} for student, tests in plan.items()}
    moves = [move for sheet in sheets for move in _moves(store, sheet, changed, run.get(sheet.student, set()))]
    return Regrade(tuple(results), tuple(standing), kept, resting, tuple(moves))


def _is_another(submission: Submission, known: Mapping[str, SubmissionResult]) -> bool:
    return known[submission.student].digest != submission.digest


def _sheets(
    store: Store,
    config: Config,
    setup: Setup,
    results: Sequence[SubmissionResult],
    standing: Sequence[SubmissionResult],
    kept: Mapping[str, Sequence[str]],
) -> list[MarkSheet]:
    """Everybody's marks as they would be."""
    together = {result.student: (result, wall) for result, wall in store.results()}
    for result in results:
        earlier = together[result.student][0].results if result.student in together else ()
        stays = tuple(each for each in earlier if each.test in kept[result.student])
        together[result.student] = (replace(result, results=(*stays, *result.results)), str(setup.level))
    together |= {result.student: (result, together[result.student][1]) for result in standing}
    decided = store.overrides()
    return [
        mark_sheet(result, wall, config, decided.get(student, {}))
        for student, (result, wall) in sorted(together.items())
    ]


def _moves(store: Store, sheet: MarkSheet, changed: set[str], run: set[str]) -> list[Move]:
    """What differs from the last marks in the student's history."""
    history = store.history(sheet.student)
    items: Mapping[str, float] = history[-1].items if history else {}
    other = "another submission" if sheet.student in changed else "" if history else "not graded before"
    moves = [
        Move(sheet.student, item, items.get(item), mark, other or ("other tests" if item in run else "other weights"))
        for item, mark in sheet.items.items()
        if items.get(item) != mark
    ]
    why = other or "; ".join(dict.fromkeys(move.why for move in moves)) or TOTALS
    last = history[-1] if history else None
    for what, before, after in (
        (TOTAL, last.total if last else None, sheet.total),
        (OUT_OF, last.out_of if last else sheet.out_of, sheet.out_of),
    ):
        if before != after:
            moves.append(Move(sheet.student, what, before, after, why))
    return moves
