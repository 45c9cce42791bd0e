"""Wrong solutions made out of right ones, by all of cosmic-ray's operators that need no settings.

Each top-level function, class and constant of a solution is mutated by itself, one place at a time: another number,
operator, comparison or truth value, a loop that never runs, a decorator that is gone. What is handed out as it stands
(`# given`), what students are not asked for (`# solution`) and imports stay. A mutant that does what is asked for
is equivalent, and must lose nothing: equivalent_mutants.yaml lists those, each with its reason:

    - in: conv_inverse.crop_of
      line: return padding - output_padding
      becomes: return padding + output_padding
      why: ...
"""

from __future__ import annotations

import ast
import difflib
import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

from autograder.audit.pieces import Piece, pieces
from autograder.audit.samples import Kind, Sample, items_of, read_yaml, solutions, unfilled_verdicts
from autograder.config import Part
from autograder.course import Course
from autograder.errors import ConfigError

EQUIVALENT = Path("tests", "submissions", "equivalent_mutants.yaml")


class Equivalent(msgspec.Struct, forbid_unknown_fields=True):
    """One entry of equivalent_mutants.yaml."""

    within: str = msgspec.field(name="in")
    line: str
    becomes: str
    why: str


@dataclass(frozen=True)
class Mutant:
    """A mutated piece of a solution.

    Attributes:
        line: the lines that were changed, as they were, without indentation.
        becomes: the same lines now.
        number: the line's, in the solution.
        text: the whole piece now.
    """

    line: str
    becomes: str
    number: int
    text: str


def mutants(course: Course) -> list[Sample]:
    """All mutants of the course's solutions, equivalent ones among them; each is asked what reaches its function.

    Raises:
        ConfigError: equivalent_mutants.yaml is wrong, or lists a mutant that is not made (any more).
    """
    path = course.folder / EQUIVALENT
    entries = read_yaml(path, list[Equivalent]) if path.exists() else []
    listed = {(each.within, each.line, each.becomes): each.why for each in entries}
    verdicts = unfilled_verdicts(course)
    solution = solutions(course)
    made: list[Sample] = []
    met: set[tuple[str, str, str]] = set()
    for part in course.config.parts:
        file = f"{part.module}.py"
        source = solution.get(file, b"").decode()
        parts = pieces(source, file)
        for piece in parts:
            within = f"{part.module}.{piece.name}"
            items = _items_reached(piece, parts, part, verdicts)
            for mutant in mutated(piece):
                key = (within, mutant.line, mutant.becomes)
                met.add(key)
                kind, loses = (Kind.EQUIVALENT, frozenset[str]()) if key in listed else (Kind.MUTANT, None)
                lines = source.splitlines()
                lines[piece.first : piece.last] = mutant.text.splitlines()
                made.append(
                    Sample(
                        kind,
                        f"{within} {mutant.number}: {mutant.line} -> {mutant.becomes}",
                        {file: ("\n".join(lines) + "\n").encode()},
                        items,
                        loses,
                        why=listed.get(key, f"line {mutant.number}"),
                    )
                )
    for within, line, becomes in sorted(set(listed) - met):
        raise ConfigError(f"{path}: {within} has no mutant {line!r} -> {becomes!r} any more; take the entry out")
    return _numbered(made)


def mutated(piece: Piece) -> Iterator[Mutant]:
    """Every mutant of one piece of source, each once."""
    seen = {ast.dump(ast.parse(piece.text))}
    for name in operator_names():
        operator = get_operator(name)
        if operator.arguments():
            continue
        for occurrence in itertools.count():
            text = mutate_code(piece.text, operator(), occurrence)
            if text is None:
                break
            try:
                tree = ast.dump(ast.parse(text))
            except SyntaxError:
                continue
            if tree not in seen:
                seen.add(tree)
                yield _mutant(piece, text)


def _mutant(piece: Piece, text: str) -> Mutant:
    before, after = piece.text.splitlines(), text.splitlines()
    changes = [
        change for change in difflib.SequenceMatcher(None, before, after, False).get_opcodes() if change[0] != "equal"
    ]
    start, end, start_after, end_after = changes[0][1], changes[-1][2], changes[0][3], changes[-1][4]
    was, becomes = (" ".join(" ".join(lines).split()) for lines in (before[start:end], after[start_after:end_after]))
    return Mutant(was, becomes, piece.first + start + 1, text)


def _items_reached(
    piece: Piece, everything: list[Piece], part: Part, verdicts: dict[str, list[str]]
) -> tuple[str, ...]:
    """The items that a function can cost: its own, or of a helper those of all functions that lead to it."""
    own: set[str] = set()
    users = {piece}
    while True:
        more = users | {each for each in everything if any(user.name in each.mentions for user in users)}
        if more == users:
            break
        users = more
    for user in users:
        own |= set(verdicts.get(f"{part.module}.{user.name}", ()))
    return tuple(item for item in items_of(part) if item in own or not verdicts)


def _numbered(made: list[Sample]) -> list[Sample]:
    """Tell apart what one change makes at several places of one line."""
    seen: Counter[str] = Counter()
    named = []
    for sample in made:
        seen[sample.name] += 1
        number = seen[sample.name]
        named.append(sample if number == 1 else replace(sample, name=f"{sample.name} ({number})"))
    return named
