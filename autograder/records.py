"""The plain records that stages hand to each other: intake -> grader -> marks -> exports.

All are frozen and hold plain values, so that any stage can be tested, stored or replaced by itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from autograder.pictures import Picture
from autograder.sandbox.policy import Limits


class Outcome(StrEnum):
    """What became of one test of one submission. A student's fault and ours never share one."""

    PASSED = "PASSED"
    FAILED = "FAILED"  # it answered, or raised an exception, and that is not what was asked
    BLOCKED = "BLOCKED"  # it needs an item that failed
    CRASHED = "CRASHED"  # the module does not import, or the student's process ended by itself
    TIMED_OUT = "TIMED_OUT"
    OUT_OF_MEMORY = "OUT_OF_MEMORY"
    FORBIDDEN = "FORBIDDEN"  # it hit the wall: files, network or processes that are not the student's
    NOT_RUN = "NOT_RUN"  # this machine has no such device
    GRADER_ERROR = "GRADER_ERROR"  # our fault: costs the student nothing, and a person must look


@dataclass(frozen=True)
class Submission:
    """One student's files, read but never run.

    Attributes:
        student: the identity that every output uses.
        files: relative POSIX path -> contents; the root is the folder that holds the assignment's modules.
        source: where it was found, for messages.
        flags: what a person should know about how it arrived, in a fixed order.
        problem: why nothing could be read from it (a corrupt zip, say); it is then marked as empty.
        submitted_at: when it arrived, in ISO format with a time zone; "" if nobody says.
        lms_id: the student's number in the learning system, where the layout says it; "" elsewhere.
        origins: the files' paths as the student has them, by their names in `files`; {} if nobody asks.
    """

    student: str
    files: dict[str, bytes]
    source: str
    flags: tuple[str, ...] = ()
    problem: str = ""
    submitted_at: str = ""
    lms_id: str = ""
    origins: dict[str, str] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """SHA-256 of names and contents: two submissions with one digest get the same outcomes."""
        digest = hashlib.sha256()
        for name, content in sorted(self.files.items()):
            for part in (name.encode(), content):
                digest.update(len(part).to_bytes(8, "big"))
                digest.update(part)
        digest.update(self.problem.encode())
        return digest.hexdigest()


@dataclass(frozen=True)
class Conditions:
    """What submissions are marked under.

    Attributes:
        limits: what one process of a student's may use.
        device: the accelerator that is there for tests that ask for one: "" (none), "simulated" or "cuda".
        notebooks: what runs of a notebook, "definitions" or "everything".
        slots: a folder with a file for each worker that may use the GPU at a time, "" where there is none.
        trainings: a folder that keeps what trainings gave, "" for none; see `grader.training`.
        seed: what the tests' examples and the starts of trainings are drawn with; marks are given with 0.
    """

    limits: Limits
    device: str = ""
    notebooks: str = "definitions"
    slots: str = ""
    trainings: str = ""
    seed: int = 0


@dataclass(frozen=True)
class PlannedTest:
    """One marked test to run.

    Attributes:
        name: the test's own.
        item: what it earns marks for.
        module: the student's file, without .py, that the item is about.
        seconds: the time charged to it at most.
    """

    name: str
    item: str
    module: str
    seconds: float


@dataclass(frozen=True)
class TestResult:
    """What became of one marked test.

    Attributes:
        test: the test's name, unique in the course.
        message: one or two lines for the student; when passed empty, or a score.
        detail: for the TA alone (a traceback of ours, on GRADER_ERROR).
        share: the part of the marks that a test which did not pass earns all the same: where quality is marked, and
            where the fault is ours.
        device: the accelerator that the student's code found: "" (none), "simulated" or "cuda".
        wall_seconds: how long it took; kept in the store, never in a CSV.
        pictures: what the test showed of the student's model; read back from the store by itself, for it is large.
    """

    __test__ = False  # not a test class, whatever pytest thinks of its name

    test: str
    outcome: Outcome
    message: str = ""
    detail: str = ""
    wall_seconds: float = 0.0
    share: float = 0.0
    device: str = ""
    pictures: tuple[Picture, ...] = ()


def devices_of(results: Iterable[TestResult]) -> str:
    """What stands after the title of an item whose tests ran on a device: " (simulated)", say; "" for the others."""
    found = sorted({each.device for each in results if each.device})
    return f" ({', '.join(found)})" if found else ""


@dataclass(frozen=True)
class SubmissionResult:
    """All that is known of one graded submission; `marks.store` keeps it.

    Attributes:
        graded_at: when the store took it, UTC, in ISO format without a zone, as JUnit XML has it; nothing hangs on it.
    """

    student: str
    digest: str
    results: tuple[TestResult, ...]
    flags: tuple[str, ...] = ()
    source: str = ""
    wall_seconds: float = field(default=0.0, compare=False)
    submitted_at: str = ""
    lms_id: str = ""
    graded_at: str = field(default="", compare=False)


@dataclass(frozen=True)
class ClassFound:
    """Where `grade` found a class.

    Attributes:
        path: the folder or zip.
        layout: as `--layout` names it.
        feedback: what students read of hidden tests: "grade" or "pipeline", the names in the config's `feedback`.
    """

    path: str
    layout: str
    feedback: str


@dataclass(frozen=True)
class Override:
    """A person's decision on one item of one student, on top of what the tests earned.

    Attributes:
        marks: what the item earns instead.
        reason: why, in the words of whoever decided; shown wherever the mark is.
        by: the user who ran the command.
    """

    student: str
    item: str
    marks: float
    reason: str
    by: str


@dataclass(frozen=True)
class HistoryEntry:
    """What one student's marks became at some moment.

    Attributes:
        at: the moment, UTC, in ISO format.
        why: what changed them: "graded", "another submission", "other tests or weights", lateness or the config's rules
            for totals, or the decision.
        items: item id -> marks.
    """

    student: str
    at: str
    why: str
    total: float
    out_of: float
    items: dict[str, float]
