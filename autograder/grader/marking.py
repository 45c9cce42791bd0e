"""The pytest plugin that runs marked tests against one submission at a time and says what became of each.

Collected once, the tests can be run again and again: `Marking.run` takes pytest's own items and a fresh `Session`.
"""

from __future__ import annotations

import os
import random
import re
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any, Literal

import hypothesis
import hypothesis.configuration
import numpy as np
import pytest
import torch
from hypothesis.errors import Flaky, HypothesisException

from autograder.grader.faults import StudentRaised, Undecided, Unusable
from autograder.grader.messages import Failed, last_call, take_pictures, take_remark
from autograder.grader.proxy import Student
from autograder.grader.session import Session
from autograder.grader.worker import WorkerLost
from autograder.records import Outcome, PlannedTest, TestResult

# Examples tried after a test has first failed: enough to shrink, and a count rather than a time, so that the
# smallest example is the same on a slow machine.
_SHRINKING_EXAMPLES = 300
_SEED = 321
_LONGEST_LINE = 600
_STUDENT_FAULTS = (Failed, AssertionError, StudentRaised, Unusable)

# `data:` of grading_config.yaml, for hooks of a course's conftest.py, which run before any submission is there.
COURSE_DATA: pytest.StashKey[Mapping[str, str]] = pytest.StashKey()

PYTEST_ARGUMENTS = (
    "--import-mode=importlib",
    "--capture=no",
    "-c",
    os.devnull,
    *(f"-pno:{name}" for name in ("cacheprovider", "logging", "terminal", "warnings", "faulthandler", "stepwise")),
    *(f"-pno:{name}" for name in ("junitxml", "doctest", "unittest", "nose", "setuponly", "setupplan", "debugging")),
    *(f"-pno:{name}" for name in ("pastebin", "recwarn", "threadexception", "unraisableexception", "tmpdir")),
)


class _OurFault(BaseException):
    """Carries an error of the grader's own past hypothesis, which would take it for a failing example."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


class _ShrunkEnough(BaseException):
    """Stops hypothesis after `_SHRINKING_EXAMPLES`; carries the smallest failure so far."""

    def __init__(self, failure: BaseException) -> None:
        super().__init__(str(failure))
        self.failure = failure


class Marking:
    """Collects marked tests and runs them on sessions.

    Args:
        data: the config's settings for the marked tests.

    Attributes:
        items: what was collected, in pytest's order.
        collection_errors: why some file could not be collected.
    """

    def __init__(self, data: Mapping[str, str]) -> None:
        self._data = data
        self.items: list[pytest.Function] = []
        self.collection_errors: list[str] = []
        self._session: Session | None = None
        self._accelerated: Session | None = None
        self._raised: BaseException | None = None
        self._seed = _SEED

    def names(self) -> list[tuple[str, str]]:
        """Each collected test's name and the file that holds it."""
        return [(item.name, str(item.path)) for item in self.items]

    def run(
        self,
        session: Session,
        accelerated: Session | None,
        plan: Sequence[PlannedTest],
        started: Callable[[str], None] = lambda name: None,
    ) -> Iterator[TestResult]:
        """Run the planned tests one after the other, in their order.

        Tests that ask for `student_on_device` run on `accelerated`; without one they are NOT_RUN.

        A test that runs out of time costs its item: the item's later tests do not run, or one endless loop would
        take the time limit once per test.
        """
        self._session = session
        self._accelerated = accelerated
        functions = {item.name: item for item in self.items}
        out_of_time: dict[str, str] = {}
        for test in plan:
            if test.item in out_of_time:
                yield TestResult(test.name, Outcome.BLOCKED, out_of_time[test.item])
                continue
            function = functions[test.name]
            marked = accelerated if "student_on_device" in function.fixturenames else session
            if absent := session.missing(test.module):
                yield TestResult(test.name, Outcome.FAILED, _shown(absent))  # it names files as the student did
                continue
            if marked is None:
                yield TestResult(test.name, Outcome.NOT_RUN, "not run: this machine has no such device")
                continue
            started(test.name)
            marked.begin_test(test.seconds)
            self._seed_generators()
            self._raised = None
            begin = time.monotonic()
            # Torn down whole: what runs next may be in another file, or never run.
            function.config.hook.pytest_runtest_protocol(item=function, nextitem=None)
            result = _result(test.name, self._raised, time.monotonic() - begin)
            result = replace(result, device=marked.device, pictures=take_pictures())
            if result.outcome is Outcome.TIMED_OUT:
                out_of_time[test.item] = (
                    f"not run, because another test of {test.item} ran out of time: {result.message}"
                )
            yield result

    @pytest.fixture(scope="session")
    def student(self) -> Student:
        """The submission being marked; its attributes are the student's modules."""
        assert self._session is not None
        return Student(self._session)

    @pytest.fixture(scope="session")
    def student_on_device(self) -> Student:
        """The same in a process that has an accelerator, a real or a simulated one; `on_device` sends tensors there."""
        assert self._accelerated is not None
        return Student(self._accelerated)

    def pytest_configure(self, config: pytest.Config) -> None:
        """Leave the settings where hooks find them."""
        config.stash[COURSE_DATA] = self._data

    @pytest.fixture(scope="session")
    def course_data(self) -> Mapping[str, str]:
        """`data:` of grading_config.yaml."""
        return self._data

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Remember a test file that does not import."""
        if report.failed:
            self.collection_errors.append(f"{report.nodeid}: {report.longreprtext}")

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep the tests, and bound the shrinking of those that hypothesis drives."""
        self.items = [item for item in items if isinstance(item, pytest.Function)]
        for item in self.items:
            handle = getattr(item.obj, "hypothesis", None)
            if handle is not None:
                handle.inner_test = _bounded(handle.inner_test)
        self.draw_with(0)

    def _seed_generators(self) -> None:
        """Each test draws anew, or it would depend on which tests ran before it, and on how far those came."""
        random.seed(self._seed)
        np.random.seed(self._seed)
        torch.manual_seed(self._seed)

    def draw_with(self, seed: int) -> None:
        """Have tests draw with this seed, and hypothesis, which would derive one from each test's source text."""
        self._seed = _SEED + seed
        for item in self.items:
            if getattr(item.obj, "hypothesis", None) is not None:
                hypothesis.seed(self._seed)(item.obj)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> pytest.TestReport:
        """Take the exception itself; pytest's own report would spend most of a failing test's time on its text."""
        if call.excinfo is not None and self._raised is None:
            self._raised = call.excinfo.value
        outcome: Literal["passed", "failed"] = "passed" if call.excinfo is None else "failed"
        assert call.when != "collect"
        return pytest.TestReport(item.nodeid, item.location, {}, outcome, None, call.when)


def configure_hypothesis() -> None:
    """The same examples on every run and every machine; no clock decides anything, and nothing is kept."""
    hypothesis.configuration.set_hypothesis_home_dir(os.devnull)  # else it makes a folder wherever the command runs
    hypothesis.settings.register_profile(
        "marking",
        derandomize=True,
        database=None,
        deadline=None,
        max_examples=50,
        report_multiple_bugs=False,
        print_blob=False,
        suppress_health_check=list(hypothesis.HealthCheck),
        phases=(hypothesis.Phase.explicit, hypothesis.Phase.generate, hypothesis.Phase.shrink),
    )
    hypothesis.settings.load_profile("marking")


def collect_arguments(folders: Sequence[Path]) -> list[str]:
    """pytest's arguments to collect these folders' tests, and nothing that this machine's pytest is set up for."""
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os.environ.pop("PYTEST_ADDOPTS", None)
    return [*PYTEST_ARGUMENTS, f"--rootdir={folders[0]}", *map(str, folders)]


def _bounded(test: Callable[..., Any]) -> Callable[..., Any]:
    """Count the examples since the first failure, and stop when there were enough."""
    failure: BaseException | None = None
    examples = 0

    @wraps(test)
    def bounded(*arguments: Any, **keywords: Any) -> Any:
        nonlocal failure, examples
        if failure is not None:
            examples += 1
            if examples > _SHRINKING_EXAMPLES:
                raise _ShrunkEnough(failure)
        try:
            return test(*arguments, **keywords)
        except _STUDENT_FAULTS as error:
            failure = error
            raise
        except HypothesisException:  # how a test says that an example is not one
            raise
        except Exception as error:
            raise _OurFault(error) from error

    return bounded


def _result(name: str, raised: BaseException | None, seconds: float) -> TestResult:
    """Whose fault it was. Whatever is not plainly the student's is ours."""
    if isinstance(raised, _ShrunkEnough):
        raised = raised.failure
    if isinstance(raised, _OurFault):
        raised = raised.error
    match raised:
        case None:
            return TestResult(name, Outcome.PASSED, take_remark(), wall_seconds=seconds)
        case WorkerLost():
            return TestResult(name, raised.outcome, _shown(f"{last_call()}: {raised.message}"), wall_seconds=seconds)
        case StudentRaised() | Unusable():
            return TestResult(name, raised.outcome, _text(raised), wall_seconds=seconds)
        case AssertionError():
            share = raised.share if isinstance(raised, Failed) else 0.0
            return TestResult(name, Outcome.FAILED, _text(raised), wall_seconds=seconds, share=share)
        case Flaky():
            message = "your code gives different answers to the same call"
            return TestResult(name, Outcome.FAILED, message, wall_seconds=seconds)
        case Undecided():
            return TestResult(name, Outcome.GRADER_ERROR, _shown(f"{last_call()}: {raised}"), str(raised), seconds)
        case _:
            detail = f"{type(raised).__name__}: {''.join(traceback.format_exception(raised))}"
            message = "the grader failed here, not your code; a person will look at it"
            return TestResult(name, Outcome.GRADER_ERROR, message, detail, seconds, share=1.0)


def _text(error: BaseException) -> str:
    return _shown(str(error)) or type(error).__name__


def _shown(text: str) -> str:
    """Two lines at most, of bounded length, without control characters or what differs from run to run."""
    lines = [line[:_LONGEST_LINE] for line in text[: 4 * _LONGEST_LINE].splitlines() if line.strip()][:2]
    printable = "".join(character for character in "\n".join(lines) if character == "\n" or character.isprintable())
    return re.sub(r" at 0x[0-9a-fA-F]+", "", printable)
