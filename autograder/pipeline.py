"""One submission in a pipeline: grade it in place, and write what that pipeline's system reads.

    a student's folder ─▶ read ─▶ grade (as a class of one) ─▶ GitHub | Gradescope | MarkUs | JUnit and text

What can go wrong: the student's files are hostile, and so is whatever their code prints or raises. GitHub reads
commands from a log, MarkUs objects from standard output: nothing of a student's gets there but as escaped text.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from autograder.config import Config
from autograder.course import Course
from autograder.errors import SubmissionError, UsageError
from autograder.exports import github, gradescope, junit, markus
from autograder.exports.files import write_atomically
from autograder.exports.format import Pipeline
from autograder.exports.places import by_name
from autograder.exports.text import text
from autograder.grading import Setup, grade, mark_sheets
from autograder.intake import read_submission
from autograder.intake.tree import printable
from autograder.marks.store import open_store
from autograder.marks.tally import MarkSheet
from autograder.records import Submission
from autograder.sandbox.policy import Level

GRADESCOPE = Path("/autograder")


def recognised() -> Pipeline:
    """The system that runs this process; MarkUs's tester cannot be told from none."""
    if os.environ.get("GITHUB_ACTIONS") == "true":
        return Pipeline.GITHUB
    return Pipeline.GRADESCOPE if (GRADESCOPE / "submission").is_dir() else Pipeline.PLAIN


def read(path: Path, course: Course) -> Submission:
    """Read the submission; what is wrong with it is its student's matter, and marked as empty.

    Raises:
        SubmissionError: there is nothing at `path`.
    """
    if not path.exists():
        raise SubmissionError(f"{path} does not exist; name the student's folder or file")
    try:
        return read_submission(path, course.config.modules, course.stub_digests())
    except SubmissionError as error:
        return Submission(path.resolve().stem, {}, str(path), ("unreadable",), printable(str(error)))


def grade_one(course: Course, submission: Submission, level: Level, hidden: tuple[Path, ...]) -> MarkSheet:
    """Grade one submission from the start, and keep nothing.

    Args:
        hidden: paths that the student's code may not see, besides the course's own.
    """
    with tempfile.TemporaryDirectory() as folder, open_store(Path(folder)) as store:
        grade(course, [submission], store, Setup(level, 1, (Path(folder), *hidden)))
        [sheet] = mark_sheets(store, course.config)
    return sheet


def falls_short(sheet: MarkSheet) -> bool:
    """Whether marks are missing: of those that it is out of, or that its tests give, which in a handout are fewer."""
    return sheet.total < min(sheet.out_of, sum(test.out_of for test in sheet.tests))


@contextmanager
def quiet(system: Pipeline, show: Callable[[str], None]) -> Iterator[None]:
    """In a log that GitHub reads: no command is heard until this is over, whoever prints it."""
    word = secrets.token_hex(16)  # which no student's code can know
    if system is Pipeline.GITHUB:
        show(f"::stop-commands::{word}\n")
    try:
        yield
    finally:
        if system is Pipeline.GITHUB:
            show(f"::{word}::\n")


def paths_of(path: Path, submission: Submission) -> dict[str, str]:
    """The student's files by name, as paths from GitHub's workspace, where the submission is in one.

    A workflow that checks the student's repository out into the workspace itself annotates its lines. One that is in
    another repository cannot: there, the path from the workspace still says which file is meant.
    """
    origins = by_name(submission.origins)
    workspace = Path(os.environ.get("GITHUB_WORKSPACE") or os.curdir).resolve()
    folder = (path if path.is_dir() else path.parent).resolve()
    if path.suffix.lower() == ".zip" or not folder.is_relative_to(workspace):
        return origins
    return {name: (folder / origin).relative_to(workspace).as_posix() for name, origin in origins.items()}


def result_text(system: Pipeline, sheet: MarkSheet, config: Config, out: Path, paths: Mapping[str, str]) -> str:
    """Write the system's files, and return what belongs on standard output.

    Args:
        out: where files go; GitHub says itself where.
        paths: the student's files by name; see `paths_of`.

    Raises:
        UsageError: a file cannot be written, or GitHub does not say where.
    """
    hidden = config.feedback.pipeline
    match system:
        case Pipeline.GITHUB:
            _append("GITHUB_STEP_SUMMARY", github.summary(sheet, config, hidden))
            _append("GITHUB_OUTPUT", f"result={github.classroom_result(sheet, hidden, paths)}")
            return github.annotation_commands(sheet, hidden, paths)
        case Pipeline.GRADESCOPE:
            write_atomically(out / "results.json", gradescope.results_json(sheet, config, hidden))
            return ""
        case Pipeline.MARKUS:
            return markus.tester_lines(sheet, hidden, paths)
        case Pipeline.PLAIN:
            write_atomically(out / "junit.xml", junit.junit_xml([sheet], config, hidden))
            return text(sheet, config, hidden)


def _append(variable: str, content: str) -> None:
    name = os.environ.get(variable)
    if not name:
        raise UsageError(f"{variable} is not set; run this as a step of a workflow, or name another --system")
    try:
        with Path(name).open("a", encoding="utf-8") as stream:
            stream.write(content)
    except OSError as error:
        raise UsageError(f"{variable}: {name} cannot be written: {error.strerror}") from None
