"""Whose code is alike: copydetect's fingerprints, over a class and against earlier ones. Never a mark.

A fingerprint is what is left of code when comments, layout and names are taken out, in overlapping pieces. What the
handout holds is left out. Notebooks count by their code cells. Code is read as text, and nothing of it is run.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, combinations, product
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import numpy.typing as npt
from copydetect import CodeFingerprint, compare_files
from copydetect.utils import get_token_coverage

from autograder.course import Course
from autograder.intake.tree import printable
from autograder.records import Submission
from autograder.student_worker.notebook import code_cells

ALIKE = 0.6  # the share of one's own code, found in the other's, from which a pair is listed
_WORTH_A_LOOK = 0.2  # the share of the pieces in common below which two are never alike; it is quickly found out
_PIECE = 25  # characters of a piece: shorter ones are any Python's
_LEAST = 100  # characters that are not the handout's: of less, alikeness says nothing
_LONGEST = 100_000  # more characters are no homework, and would keep the machine busy
_LARGEST_NOTEBOOK = 16 << 20  # bytes, outputs included


@dataclass(frozen=True)
class Side:
    """One of two that are alike.

    Attributes:
        name: the student's, after an earlier class's folder if it is from one.
        share: how much of this one's own code is in the other's.
        code: all of it; see `code_of`.
        shared: where the code begins, and where it ends, that is in the other's: two rows.
    """

    name: str
    share: float
    code: str
    shared: npt.NDArray[np.int_]

    @property
    def pieces(self) -> list[tuple[str, bool]]:
        """The whole code in order, cut where what is in the other's begins and ends, and whether a piece is."""
        found = []
        done = 0
        for start, end in sorted(self.shared.T.tolist()):
            start = max(start, done)
            if start < end:
                found += [(self.code[done:start], False), (self.code[start:end], True)]
                done = end
        return [*found, (self.code[done:], False)]


@dataclass(frozen=True)
class Pair:
    """Two that are alike; the first is of this class."""

    one: Side
    other: Side

    @property
    def share(self) -> float:
        """How alike they are: one may have copied all of the other's, and added to it."""
        return max(self.one.share, self.other.share)


def code_of(submission: Submission) -> str:
    """All Python of a submission as one text in which no character is invisible."""
    return _python_in(submission.files)[:_LONGEST]


def handout_code(course: Course) -> str:
    """All Python that students are given: their own copies of it are no sign of anything."""
    folder = course.folder if course.config.handout else course.folder / "assignment"
    return _python_in({path.name: path.read_bytes() for path in (*folder.glob("*.py"), *folder.glob("*.ipynb"))})


def pairs(
    own: Mapping[str, str],
    earlier: Mapping[str, str],
    handout: str,
    on_start: Callable[[int], None] = lambda count: None,
    on_compared: Callable[[], None] = lambda: None,
) -> list[Pair]:
    """The pairs that are alike, most alike first: all of the class, and each of it with all earlier ones.

    Args:
        own: the class's code, by student.
        earlier: code of other classes, by folder and student.
        handout: the code that all were given.
        on_start: told how many comparisons there are.
        on_compared: told when one is done.
    """
    common = _fingerprint(handout).hashes
    ours, theirs = (
        {name: made for name, text in texts.items() if (made := _fingerprint(text, common)).token_coverage >= _LEAST}
        for texts in (own, earlier)
    )
    to_compare: Sequence[tuple[Any, Any]] = list(
        chain(combinations(ours.items(), 2), product(ours.items(), theirs.items()))
    )
    on_start(len(to_compare))
    found = []
    for (one, its), (other, others) in to_compare:
        if len(its.hashes & others.hashes) >= _WORTH_A_LOOK * min(len(its.hashes), len(others.hashes)):
            _, shares, slices = compare_files(its, others)
            if max(shares) >= ALIKE:
                found.append(Pair(*map(_side, (one, other), (its, others), shares, slices)))
        on_compared()
    return sorted(found, key=lambda pair: (-pair.share, pair.one.name, pair.other.name))


def _python_in(files: Mapping[str, bytes]) -> str:
    paths = {PurePosixPath(name): content for name, content in sorted(files.items())}
    texts = {_text(path, content): path for path, content in paths.items() if path.suffix in (".py", ".ipynb")}
    joined = "\n".join(f"# {printable(str(path))}\n{text}" for text, path in texts.items())
    lines = joined.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(letter if letter.isprintable() or letter in "\n\t" else "\ufffd" for letter in lines)


def _text(path: PurePosixPath, content: bytes) -> str:
    if path.suffix == ".py":
        return content.decode("utf-8-sig", errors="replace")
    if len(content) > _LARGEST_NOTEBOOK:
        return ""
    try:
        with warnings.catch_warnings(action="ignore"):  # of a notebook that is not quite one
            return "\n\n".join(code_cells(content.decode("utf-8-sig")).values())
    except Exception:  # whatever nbformat raises on a file that is no notebook; grading says so
        return ""


def _fingerprint(text: str, common: Iterable[int] = ()) -> Any:
    made: Any = CodeFingerprint("", _PIECE, 1, language="python", fp=io.StringIO(text))
    # copydetect's own way of leaving out boilerplate also drops what a submission repeats.
    made.hashes -= set(common)
    made.hash_idx = {piece: places for piece, places in made.hash_idx.items() if piece in made.hashes}
    made.token_coverage = get_token_coverage(made.hash_idx, _PIECE, len(made.filtered_code))
    # At a class's name it forgets what was left out before: the marked code would start anywhere.
    made.offsets[:, 1] = np.maximum.accumulate(made.offsets[:, 1])
    return made


def _side(name: str, made: Any, share: float, shared: Any) -> Side:
    return Side(name, min(float(share), 1.0), made.raw_code, shared.astype(int))
