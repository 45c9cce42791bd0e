"""Runs the public tests in this process, for `check`: collected once, without a zygote, as often as asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import pytest
import torch

from autograder.course import Course
from autograder.errors import AutograderError, GraderError
from autograder.grader.marking import Marking, collect_arguments, configure_hypothesis
from autograder.grader.session import sessions
from autograder.grader.worker import StartProcess
from autograder.records import Conditions, PlannedTest, TestResult

Check: TypeAlias = Callable[[Mapping[str, bytes], StartProcess, Sequence[PlannedTest]], list[TestResult]]


class _Collected(Marking):
    """Where pytest would run the tests, hand `use` a function that runs them."""

    def __init__(self, course: Course, use: Callable[[Check], None]) -> None:
        super().__init__(course.config.data)
        self._course = course
        self._use = use
        self.error: AutograderError | None = None

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Lend the tests to `use`."""
        del session
        try:
            self._course.check_tests(self.names(), public_only=True)
            self._use(self._check)
        except AutograderError as error:  # pytest would print it as an internal error of its own
            self.error = error
        return True

    def _check(
        self, files: Mapping[str, bytes], start_process: StartProcess, plan: Sequence[PlannedTest]
    ) -> list[TestResult]:
        config = self._course.config
        device = "cuda" if torch.cuda.is_available() else "simulated"
        conditions = Conditions(config.limits.limits(), device, config.notebooks)
        session, accelerated = sessions(files, start_process, conditions)
        try:
            return list(self.run(session, accelerated, plan))
        finally:
            for each in (session, accelerated):
                if each is not None:
                    each.close()


def with_public_tests(course: Course, use: Callable[[Check], None]) -> None:
    """Collect the tests in the course's public folder, and call `use` with a function that marks one submission.

    Raises:
        ConfigError: the config and the tests do not fit each other.
        GraderError: the tests cannot be collected.
    """
    configure_hypothesis()
    collected = _Collected(course, use)
    pytest.main(collect_arguments([course.public]), plugins=[collected])
    if collected.collection_errors:
        raise GraderError("the public tests cannot be collected:\n" + "\n".join(collected.collection_errors))
    if collected.error is not None:
        raise collected.error
