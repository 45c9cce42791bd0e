"""What a change since a git revision can affect: changed tests for all samples, all tests for changed samples."""

from __future__ import annotations

import io
import subprocess
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path

from autograder.audit.samples import CHAFFS, SOLUTIONS, WHEATS, Kind, Sample
from autograder.config_file import FILE_NAME, load
from autograder.course import Course
from autograder.errors import ConfigError, UsageError
from autograder.marked_tests import MarkedTests
from autograder.records import PlannedTest

Wanted = Callable[[Sample, PlannedTest], bool]
_MARKED = "tests/marked"
# Whatever else changes in this repository's harness, or in what students are given, may change every verdict.
_EVERYTHING = ("autograder/", "assignment/")


def affected_since(course: Course, revision: str) -> Wanted:
    """Which tests of which samples may come out otherwise than at a revision, as the working tree is now.

    Raises:
        UsageError: the course lies in no git repository, or that has no such revision.
    """
    changed = _git(course.folder, "diff", "--name-only", "--relative", revision).decode().splitlines()
    changed += _git(course.folder, "ls-files", "--others", "--exclude-standard").decode().splitlines()
    if any(path.startswith(_EVERYTHING) for path in changed):
        return lambda sample, test: True
    tests = _changed_tests(course, revision)
    folders = {Kind.WHEAT: WHEATS, Kind.CHAFF: CHAFFS}

    def wanted(sample: Sample, test: PlannedTest) -> bool:
        if test.name in tests:
            return True
        if sample.kind not in folders or sample.name == str(SOLUTIONS):
            return any(path == f"{SOLUTIONS}/{name}" for path in changed for name in sample.files)
        own = f"{folders[sample.kind].as_posix()}/{sample.name}"  # a folder, or one file: .py, .ipynb, .zip
        return any(path.startswith((f"{own}/", f"{own}.")) for path in changed)

    return wanted


def _changed_tests(course: Course, revision: str) -> set[str]:
    """The tests whose code, limits or place in the config differ from the revision's."""
    plan = {test.name: test for test in course.config.plan()}
    with tempfile.TemporaryDirectory() as folder:
        before = Path(folder)
        archive = _git(course.folder, "archive", revision, "--", f"./{_MARKED}", f"./{FILE_NAME}")
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            tar.extractall(before, filter="data")
        marked, marked_before = MarkedTests(course.marked), MarkedTests(before / _MARKED)
        try:
            config_before = load(before / FILE_NAME)
        except ConfigError:
            return set(plan)  # of another version: nothing can be compared
        plan_before = {test.name: test for test in config_before.plan()}
        if config_before.limits != course.config.limits or config_before.data != course.config.data:
            return set(plan)
        return {
            name
            for name, test in plan.items()
            if plan_before.get(name) != test or marked.digest(name) != marked_before.digest(name)
        }


def _git(folder: Path, *words: str) -> bytes:
    try:
        return subprocess.run(["git", "-C", str(folder), *words], capture_output=True, check=True).stdout
    except FileNotFoundError:
        raise UsageError("--since asks git, which is not installed; leave --since out to run everything") from None
    except subprocess.CalledProcessError as error:
        lines = error.stderr.decode(errors="replace").strip().splitlines() or [""]
        raise UsageError(
            f"--since: git says: {lines[0]}; name a revision of the repository that holds the course"
        ) from None
