"""Runs the public tests once, in this process, for `check`: collection and marking without a zygote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from autograder.course import Course
from autograder.errors import GraderError
from autograder.grader.marking import Marking, collect_arguments, configure_hypothesis
from autograder.grader.proxy import Session
from autograder.grader.worker import StartProcess
from autograder.records import PlannedTest, TestResult


class _Once(Marking):
    """Where pytest would run the tests, run them once and keep the results."""

    def __init__(self, course: Course, session: Session, plan: Sequence[PlannedTest]) -> None:
        super().__init__()
        self._course = course
        self._marked = session
        self._plan = plan
        self.results: list[TestResult] = []

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run the tests once."""
        del session
        self._course.check_tests(self.names(), public_only=True)
        self.results = list(self.run(self._marked, self._plan))
        return True


def run_public_tests(
    course: Course, files: Mapping[str, bytes], start_process: StartProcess, plan: Sequence[PlannedTest]
) -> list[TestResult]:
    """Mark one submission with the tests in the course's public folder.

    Raises:
        ConfigError: the config and the tests do not fit each other.
        GraderError: the tests cannot be collected.
    """
    configure_hypothesis()
    session = Session(files, start_process, course.config.limits.limits())
    run = _Once(course, session, plan)
    try:
        pytest.main(collect_arguments([course.public]), plugins=[run])
    finally:
        session.close()
    if run.collection_errors:
        raise GraderError("the public tests cannot be collected:\n" + "\n".join(run.collection_errors))
    return run.results
