"""The submissions whose marks are known beforehand, as a course keeps them.

tests/submissions/wheats/              correct in other styles: lose nothing
tests/submissions/chaffs/              correct but for one planted mistake
tests/submissions/chaffs_verdicts.yaml     what each chaff must lose, and why
tests/submissions/unfilled_verdicts.yaml   what is lost with each function that is left unfilled
tests/submissions/equivalent_mutants.yaml  see `mutants`
solutions/                             correct too, and what half-filled stubs are made from
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

import msgspec
import yaml

from autograder.config import Config, Part
from autograder.course import Course
from autograder.errors import ConfigError
from autograder.intake import find_submissions
from autograder.release.stubs import definitions, stub, unfilled

WHEATS = Path("tests", "submissions", "wheats")
CHAFFS = Path("tests", "submissions", "chaffs")
CHAFF_VERDICTS = Path("tests", "submissions", "chaffs_verdicts.yaml")
UNFILLED_VERDICTS = Path("tests", "submissions", "unfilled_verdicts.yaml")
SOLUTIONS = Path("solutions")
T = TypeVar("T")


class Kind(StrEnum):
    """What a sample is."""

    WHEAT = "wheat"
    CHAFF = "chaff"
    UNFILLED = "unfilled"
    MUTANT = "mutant"
    EQUIVALENT = "equivalent"  # a mutant that is as right as the solution


@dataclass(frozen=True)
class Sample:
    """One submission and the verdict it must get.

    Attributes:
        name: unique among those of its kind.
        files: relative path -> contents.
        items: those that may be asked of it, in the config's order.
        loses: the items on which it must lose marks; all others of `items` it keeps. Of a mutant: None, it must lose
            marks on one of them.
        least: the marks that it must lose at least.
        why: what is wrong with it, in one line.
    """

    kind: Kind
    name: str
    files: Mapping[str, bytes]
    items: tuple[str, ...]
    loses: frozenset[str] | None = frozenset()
    least: float = 0.0
    why: str = ""


class ChaffVerdict(msgspec.Struct, forbid_unknown_fields=True):
    """One entry of chaffs_verdicts.yaml."""

    why: str
    loses: list[str]
    least: float


def kept_samples(course: Course) -> list[Sample]:
    """Wheats, chaffs and half-filled stubs, in this order.

    Raises:
        ConfigError: a verdicts file is missing, or does not fit the samples.
        SubmissionError: a sample cannot be read.
    """
    return [*_wheats(course), *_chaffs(course), *_unfilled(course)]


def _wheats(course: Course) -> Iterator[Sample]:
    solution = solutions(course)
    if solution:
        yield Sample(Kind.WHEAT, "solutions", {**solution}, _items_held(course.config, solution))
    for name, files in _folder(course, WHEATS):
        yield Sample(Kind.WHEAT, name, files, _items_held(course.config, files))


def _chaffs(course: Course) -> Iterator[Sample]:
    found = dict(_folder(course, CHAFFS))
    path = course.folder / CHAFF_VERDICTS
    verdicts = read_yaml(path, dict[str, ChaffVerdict]) if found or path.exists() else {}
    for name in sorted(set(found) ^ set(verdicts)):
        missing = f"no entry for the chaff {name}" if name in found else f"{name}, of which there is no chaff"
        raise ConfigError(f"{path} has {missing}; each chaff has one entry")
    for name, files in found.items():
        verdict = verdicts[name]
        items = _items_held(course.config, files)
        _known(path, name, verdict.loses, items)
        yield Sample(Kind.CHAFF, name, files, items, frozenset(verdict.loses), verdict.least, verdict.why)


def _unfilled(course: Course) -> Iterator[Sample]:
    solution = solutions(course)
    if not solution:
        return
    stubs = {name: stub(source.decode(), name).encode() for name, source in solution.items()}
    every = tuple(item.id for item in course.config.items)
    yield Sample(
        Kind.UNFILLED, "the stubs", stubs, every, frozenset(every), course.config.out_of, "nothing is filled in"
    )
    verdicts = unfilled_verdicts(course)
    for part in course.config.parts:
        file = f"{part.module}.py"
        source = solution.get(file, b"").decode()
        for definition in definitions(source, file):
            name = f"{part.module}.{definition}"
            if name in verdicts:
                # All else is filled in: the other parts too.
                files = {**solution, file: unfilled(source, file, definition).encode()}
                loses = frozenset(verdicts[name])
                yield Sample(Kind.UNFILLED, name, files, items_of(part), loses, 0.0, f"{definition} is not filled in")


def unfilled_verdicts(course: Course) -> dict[str, list[str]]:
    """By "module.function": the items that lose marks when it is left as the stub has it. Empty without a file.

    Raises:
        ConfigError: the file is wrong, or names what is not there.
    """
    path = course.folder / UNFILLED_VERDICTS
    if not path.exists():
        return {}
    verdicts = read_yaml(path, dict[str, list[str]])
    solution = solutions(course)
    for part in course.config.parts:
        file = f"{part.module}.py"
        for definition in definitions(solution.get(file, b"").decode(), file):
            name = f"{part.module}.{definition}"
            if name not in verdicts:
                raise ConfigError(f"{path} has no entry for {name}; add the items that lose marks without it")
            _known(path, name, verdicts[name], items_of(part))
    return verdicts


def solutions(course: Course) -> dict[str, bytes]:
    """The solution's modules that the config names, by file name; empty if the course has none."""
    paths = {f"{module}.py": course.folder / SOLUTIONS / f"{module}.py" for module in course.config.modules}
    return {name: path.read_bytes() for name, path in paths.items() if path.is_file()}


def items_of(part: Part) -> tuple[str, ...]:
    """The ids of a part's items."""
    return tuple(item.id for item in part.items)


def read_yaml(path: Path, kind: type[T]) -> T:
    """Read a file of verdicts.

    Raises:
        ConfigError: it is missing, no YAML, or not of that kind.
    """
    try:
        return msgspec.convert(yaml.safe_load(path.read_text(encoding="utf-8")), kind)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, msgspec.ValidationError) as error:
        raise ConfigError(f"{path}: {error}") from None


def _folder(course: Course, place: Path) -> list[tuple[str, dict[str, bytes]]]:
    folder = course.folder / place
    if not folder.is_dir() or not any(folder.iterdir()):
        return []
    found = find_submissions(folder, course.config.modules, course.stub_digests())
    for submission in found:
        if submission.problem:
            raise ConfigError(f"{folder / submission.student}: {submission.problem}")
    return [(submission.student, submission.files) for submission in found]


def _items_held(config: Config, files: Mapping[str, bytes]) -> tuple[str, ...]:
    """The items of the parts of which there is a file: a sample need not hold the whole assignment."""
    held = {name.rpartition(".")[0] for name in files}
    return tuple(item for part in config.parts if part.module in held for item in items_of(part))


def _known(path: Path, name: str, loses: Sequence[str], items: Sequence[str]) -> None:
    for item in loses:
        if item not in items:
            raise ConfigError(f"{path}: {name} cannot lose {item}; its files are asked for {', '.join(items)}")
