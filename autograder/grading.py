"""Grades a class: what is not in the store yet runs on the pool, what is known is committed, views are written.

    submissions ─▶ (in the store already?) ─▶ pool of `jobs` pairs ─▶ store ─▶ CSVs and JSON

Interrupted at any point and run again, it goes on where it was: a result is committed as soon as it is known.
"""

from __future__ import annotations

import contextlib
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from autograder import config_file
from autograder.config import Config
from autograder.course import Course
from autograder.device import device_for, slots
from autograder.errors import GraderError, UsageError, ZygoteEndedError
from autograder.exports import feedback, tables
from autograder.exports.files import write_atomically
from autograder.grounds import grounds
from autograder.intake.class_list import MISSING
from autograder.intake.roster import RosterEntry
from autograder.marks.store import Store
from autograder.marks.tally import MarkSheet, Summary, mark_sheet, summarise
from autograder.pool import Pool
from autograder.records import Conditions, HistoryEntry, Outcome, PlannedTest, Submission, SubmissionResult, TestResult
from autograder.sandbox.policy import Level

# So often zygotes start in one run, where something outside kills them.
_STARTS = 3
_PRINTED = "printed more than "


@dataclass(frozen=True)
class Setup:
    """How submissions are run.

    Attributes:
        level: the wall to build.
        jobs: how many at a time.
        hidden: paths that no student may see, besides the course's own.
        trainings: a folder that keeps what trainings gave, "" for none.
    """

    level: Level
    jobs: int
    hidden: tuple[Path, ...] = ()
    trainings: str = ""


def grade(
    course: Course,
    submissions: Sequence[Submission],
    store: Store,
    setup: Setup,
    on_start: Callable[[int], None] = lambda pending: None,
    on_test: Callable[[str, str], None] = lambda student, test: None,
    on_result: Callable[[SubmissionResult], None] = lambda result: None,
) -> int:
    """Grade what the store does not hold yet; return how many were graded.

    Args:
        on_start: told once how many are left to grade.
        on_test: told of each student and test when it starts, from several threads.
        on_result: told of each result once it is committed.

    Raises:
        GraderError: the warm processes keep ending.
        UsageError: this machine has no GPU, and the config asks for one.
        ConfigError: the config and the tests do not fit each other.
    """
    resting = grounds(course)
    plan = course.config.plan()
    left = unsettled(course, submissions, store, setup.level, resting)
    pending = [submission for submission in submissions if left[submission.student]]
    known = {result.student: result for result, _ in store.results()}
    for submission in submissions:
        if not left[submission.student]:
            store.note_arrival(arrived(known[submission.student], submission))
    on_start(len(pending))

    def keep(result: SubmissionResult) -> None:
        run = {each.test for each in result.results}
        store.put(result, resting, str(setup.level), [test.name for test in plan if test.name not in run])
        on_result(result)

    mark_all(course, pending, lambda submission: left[submission.student], setup, keep, on_test)
    return len(pending)


def arrived(result: SubmissionResult, submission: Submission) -> SubmissionResult:
    """The result as one of this student's, with when and how the files arrived this time."""
    return replace(
        result,
        student=submission.student,
        flags=(*submission.flags, *(flag for flag in result.flags if flag.startswith(_PRINTED))),
        submitted_at=submission.submitted_at,
        lms_id=submission.lms_id,
    )


def renamed(submissions: Sequence[Submission], store: Store, people: Collection[str]) -> dict[str, list[str]]:
    """Keep under their new names those whose submission is known by another one, as a roster that came later has it.

    What was one name may be a group: each of its members then has what was decided on it, and its history.

    Args:
        people: whom the roster knew until now: who has left a group is nobody else's earlier name.

    Returns:
        Earlier name -> names now.
    """
    known = {result.student: result for result, _ in store.results()}
    there = {submission.student for submission in submissions}
    unclaimed = {
        (each.source, each.digest): each.student
        for each in known.values()
        if each.student not in there and each.student not in people
    }
    names: dict[str, list[str]] = defaultdict(list)
    for submission in submissions:
        before = unclaimed.get((submission.source, submission.digest), "")
        if before and submission.student not in known:
            names[before].append(submission.student)
    for before, now in names.items():
        store.rename(before, now)
    return names


def beside_what_is_known(submissions: Sequence[Submission], store: Store) -> list[Submission]:
    """The class as it was found now, with what only an earlier run has seen: nothing that was graded is lost.

    Who has handed in nothing *here* and has a graded submission is left out, and keeps it: a second batch, or a folder
    with one remark request, says nothing of the others. A time, or a number in the learning system, that is not said
    now is the one that was known.
    """
    known = {result.student: result for result, _ in store.results()}
    found = []
    for submission in submissions:
        before = known.get(submission.student)
        if before is not None and MISSING in submission.flags and MISSING not in before.flags:
            continue
        if before is not None:
            moment, lms_id = submission.submitted_at or before.submitted_at, submission.lms_id or before.lms_id
            submission = replace(submission, submitted_at=moment, lms_id=lms_id)
        found.append(submission)
    return found


def unsettled(
    course: Course, submissions: Sequence[Submission], store: Store, level: Level, resting: Mapping[str, str]
) -> dict[str, list[PlannedTest]]:
    """By student: the tests of all items in which something is not in the store, or rests on other grounds there.

    Those who share a submission have the same tests, since it is run once for all.
    """
    plan = course.config.plan()
    items: dict[tuple[str, str], set[str]] = defaultdict(set)
    for submission in submissions:
        standing = store.standing(submission.student, submission.digest, str(level))
        items[submission.source, submission.digest] |= {
            test.item for test in plan if standing.get(test.name) != resting[test.name]
        }
    return {
        submission.student: [test for test in plan if test.item in items[submission.source, submission.digest]]
        for submission in submissions
    }


def mark_all(
    course: Course,
    submissions: Sequence[Submission],
    plan_of: Callable[[Submission], Sequence[PlannedTest]],
    setup: Setup,
    keep: Callable[[SubmissionResult], None],
    on_test: Callable[[str, str], None] = lambda student, test: None,
    seed: int = 0,
) -> None:
    """Run each submission's own plan on the pool, and hand over each result as soon as it is known.

    Args:
        keep: takes the results, one after the other, in the thread that called.
        on_test: told of each student and test when it starts, from several threads.
        seed: other examples and other starts of trainings; marks are given with 0.

    Raises:
        GraderError: the warm processes keep ending.
        UsageError: this machine has no GPU, and the config asks for one.
        ConfigError: the config and the tests do not fit each other.
    """
    config = course.config
    device = device_for(config.device)
    given = course.given()
    pending = list(submissions)
    with slots(config.device.workers) as folder:
        conditions = Conditions(config.limits.limits(), device, config.notebooks, folder, setup.trainings, seed)
        for _ in range(_STARTS):
            if not pending:
                break
            hidden = (*course.hidden_paths, *setup.hidden)
            # Killed while they start: nothing is lost, and the next ones may do better.
            with (
                contextlib.suppress(ZygoteEndedError),
                Pool([course.marked], config.preload, setup.level, hidden, config.data) as pool,
            ):
                course.check_tests(pool.tests)

                def grade_one(submission: Submission, pool: Pool = pool) -> SubmissionResult | None:
                    return _grade_one(pool, conditions, given, submission, plan_of(submission), on_test)

                pending = _grade_on(grade_one, pending, setup.jobs, keep)
    if pending:
        raise GraderError(
            f"the warm processes ended {_STARTS} times; {len(submissions) - len(pending)} submissions are graded and "
            "safe. Is the machine out of memory? Run the same command again to go on, with fewer --jobs"
        )


def _grade_on(
    grade_one: Callable[[Submission], SubmissionResult | None],
    submissions: Sequence[Submission],
    jobs: int,
    keep: Callable[[SubmissionResult], None],
) -> list[Submission]:
    """Grade on one pool, once for all who share a submission; return those left to grade because the pool broke."""
    left: list[Submission] = []
    sharing: dict[tuple[str, str], list[Submission]] = defaultdict(list)
    for submission in submissions:
        sharing[submission.source, submission.digest].append(submission)
    executor = ThreadPoolExecutor(jobs)
    try:
        futures: dict[Future[SubmissionResult | None], list[Submission]] = {
            executor.submit(grade_one, members[0]): members for members in sharing.values()
        }
        for future in as_completed(futures):
            result = future.result()
            if result is None:
                left += futures[future]
            else:
                for member in futures[future]:
                    keep(arrived(result, member))
    finally:
        executor.shutdown(wait=False, cancel_futures=True)
    return sorted(left, key=lambda submission: submission.student)


def _grade_one(
    pool: Pool,
    conditions: Conditions,
    given: Mapping[str, bytes],
    submission: Submission,
    plan: Sequence[PlannedTest],
    on_test: Callable[[str, str], None],
) -> SubmissionResult | None:
    """Grade one submission; None if the pool broke meanwhile, so that nothing of it can be trusted."""
    begin = time.monotonic()
    flags: tuple[str, ...] = ()  # besides the submission's own
    if submission.problem:
        results = [TestResult(test.name, Outcome.FAILED, submission.problem) for test in plan]
    else:
        files = {**given, **submission.files}
        try:
            results, flooded = pool.mark(files, conditions, plan, partial(on_test, submission.student))
            if any(result.outcome is Outcome.OUT_OF_MEMORY for result in results):
                # The machine's shortage may be another process's doing, as a kill may be: what is theirs comes again.
                results, flooded = pool.mark(files, conditions, plan, partial(on_test, submission.student))
        except GraderError:
            return None
        if not pool.alive() or any(result.detail.startswith(ZygoteEndedError.__name__) for result in results):
            return None
        if flooded:
            flags = (f"{_PRINTED}{conditions.limits.output_bytes >> 10} KB",)
    return SubmissionResult(
        submission.student, submission.digest, tuple(results), flags, submission.source, time.monotonic() - begin
    )


def mark_sheets(store: Store, config: Config) -> list[MarkSheet]:
    """Everybody's marks, with people's decisions on top, sorted by student."""
    decided = store.overrides()
    return [mark_sheet(result, sandbox, config, decided.get(result.student, {})) for result, sandbox in store.results()]


def settled_sheets(store: Store, config: Config, out: Path) -> list[MarkSheet]:
    """Everybody's marks, where they are those that `out` shows.

    Raises:
        UsageError: they would be others now: the config has changed since, and nobody has agreed to that.
    """
    sheets, last = mark_sheets(store, config), store.last_marks()
    moved = [each.student for each in sheets if last.get(each.student) != (each.total, each.out_of, each.items)]
    if moved:
        more = f" and {len(moved) - 1} more" if moved[1:] else ""
        raise UsageError(
            f"{out} does not show the marks that {config_file.FILE_NAME} gives now (those of {moved[0]}{more}): it has "
            f"changed, or a run was cut off; `autograder regrade {out}` shows who moves, and asks"
        )
    return sheets


def hidden_of(store: Store, config: Config) -> Literal["example", "hint"]:
    """What this class's students read of hidden tests that failed, as `grade` was told."""
    found = store.classes_found()
    return config.feedback.pipeline if found and found[-1].feedback == "pipeline" else config.feedback.grade


def write_views(
    store: Store,
    config: Config,
    out: Path,
    roster: Mapping[str, RosterEntry],
    why: Mapping[str, str] = MappingProxyType({}),
) -> tuple[list[MarkSheet], list[Summary]]:
    """Write every CSV and JSON from the store alone, and note in its history whose marks have changed.

    Args:
        roster: whose names and sections stand beside the marks; it may be empty.
        why: by student, what the history says of marks that have changed, where it does not follow from the submission.

    Raises:
        UsageError: a file cannot be written.
    """
    sheets, hidden = mark_sheets(store, config), hidden_of(store, config)
    store.remember(
        [
            HistoryEntry(sheet.student, "", why.get(sheet.student, ""), sheet.total, sheet.out_of, sheet.items)
            for sheet in sheets
        ],
        {sheet.student: sheet.digest for sheet in sheets},
    )
    summaries = summarise(sheets, config)
    write_atomically(out / "marks.csv", tables.marks_csv(sheets, config, roster))
    write_atomically(out / "outcomes.csv", tables.outcomes_csv(sheets, hidden))
    write_atomically(out / "summary.csv", tables.summary_csv(summaries, sheets))
    for sheet in sheets:
        write_atomically(
            out / "results" / f"{feedback.file_stem(sheet.student)}.json", feedback.results_json(sheet, config, hidden)
        )
    return sheets, summaries


def errors_of_ours(sheets: Iterable[MarkSheet]) -> list[str]:
    """Students whose marks a person must look at, because the grader failed."""
    return [sheet.student for sheet in sheets if sheet.status == "grader_error"]
