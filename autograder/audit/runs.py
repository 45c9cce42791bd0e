"""Runs the samples on the real grader, the wall up, and asks the cache first.

Each sample runs in two steps: the tests that train nothing, then those that may train a model for tens of seconds. A
mutant that has lost a mark in the first is done: it is told from the solution already.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from autograder.audit.cache import Cache
from autograder.audit.samples import Kind, Sample
from autograder.course import Course
from autograder.grading import Setup, mark_all
from autograder.grounds import settings_digest
from autograder.marked_tests import MarkedTests
from autograder.records import Outcome, PlannedTest, Submission, SubmissionResult, TestResult

# The packages that decide what comes of a test.
_HARNESS = ("grader", "student_worker", "wire")
_SEEDED = (Kind.WHEAT, Kind.CHAFF)


@dataclass
class Run:
    """One sample with one seed, and what came of its tests; those that were not run are missing."""

    sample: Sample
    seed: int
    results: dict[str, TestResult] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Unique among the runs of an audit."""
        return f"{self.sample.kind}/{self.sample.name}/{self.seed}"


def run(
    course: Course,
    samples: Sequence[Sample],
    seeds: int,
    setup: Setup,
    cache: Cache,
    trains: bool = True,
    wanted: Callable[[Sample, PlannedTest], bool] = lambda sample, test: True,
    on_start: Callable[[str, int, int], None] = lambda step, pending, runs: None,
    on_result: Callable[[], None] = lambda: None,
) -> list[Run]:
    """Run wheats and chaffs with so many seeds, the others with one.

    Args:
        seeds: other seeds mean other examples, and other starts of trainings.
        trains: whether to run tests that may train a model.
        wanted: which tests to run of which sample.
        setup: the wall, the jobs, and where trainings are kept.
        on_start: told at the start of each step its name, how many runs are left, and of how many.
        on_result: told when a run is done with a step.

    Raises:
        GraderError: the warm processes keep ending.
        ConfigError: the config and the tests do not fit each other.
    """
    marked = MarkedTests(course.marked)
    about = _conditions(course)
    runs = [Run(sample, seed) for sample in samples for seed in range(seeds if sample.kind in _SEEDED else 1)]
    plan = course.config.plan()
    digests = {test.name: marked.digest(test.name) for test in plan}
    for training in (False, True) if trains else (False,):
        step = [test for test in plan if marked.trains(test.name) is training]
        pending: dict[int, list[tuple[Run, dict[str, str], list[PlannedTest]]]] = {}
        count = 0
        for each in runs:
            if each.sample.kind is Kind.MUTANT and lost(each.results):
                continue
            tests = [test for test in step if test.item in each.sample.items and wanted(each.sample, test)]
            keys = {test.name: _key(each, test, digests[test.name], about) for test in tests}
            known = cache.get(keys.values())
            each.results.update({result.test: result for result in known.values()})
            left = [test for test in tests if keys[test.name] not in known]
            if left:
                pending.setdefault(each.seed, []).append((each, keys, left))
                count += 1
        on_start("tests that train" if training else "tests that train nothing", count, len(runs))
        for seed, work in sorted(pending.items()):
            _run_step(course, seed, work, setup, cache, on_result)
    for each in runs:  # what was known came first
        each.results = {test.name: each.results[test.name] for test in plan if test.name in each.results}
    return runs


def lost(results: Mapping[str, TestResult]) -> bool:
    """Whether any test has not passed."""
    return any(result.outcome not in (Outcome.PASSED, Outcome.GRADER_ERROR) for result in results.values())


def _run_step(
    course: Course,
    seed: int,
    work: Sequence[tuple[Run, Mapping[str, str], Sequence[PlannedTest]]],
    setup: Setup,
    cache: Cache,
    on_result: Callable[[], None],
) -> None:
    by_name = {each.name: (each, keys, plan) for each, keys, plan in work}

    def keep(result: SubmissionResult) -> None:
        each, keys, _ = by_name[result.student]
        each.results.update({test.test: test for test in result.results})
        cache.put({keys[test.test]: test for test in result.results})
        on_result()

    submissions = [Submission(name, dict(each.sample.files), name) for name, (each, _, _) in by_name.items()]
    mark_all(course, submissions, lambda submission: by_name[submission.student][2], setup, keep, seed=seed)


def _key(each: Run, test: PlannedTest, digest: str, about: str) -> str:
    """All that decides what comes of a test: the sample, the test, what it may use, the grader itself, the seed."""
    files = Submission("", dict(each.sample.files), "").digest
    return hashlib.sha256(f"{files} {test!r} {digest} {each.seed} {about}".encode()).hexdigest()


def _conditions(course: Course) -> str:
    """What all results rest on: besides what marks rest on the grader itself, which an audit is to find fault with."""
    digest = hashlib.sha256(settings_digest(course).encode())
    harness = Path(__file__).parents[1]
    for path in sorted(each for name in _HARNESS for each in (harness / name).rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
