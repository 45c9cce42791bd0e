"""Submissions beside the roster: who is who, who shares a submission, who handed in nothing, who is a stranger."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NoReturn

from autograder.errors import SubmissionError
from autograder.intake.layouts import Claim
from autograder.intake.roster import RosterEntry

MISSING = "handed in nothing"
STRANGER = "not in the roster"
GROUP = "group "  # and its name


def complete(claims: Sequence[Claim], roster: Mapping[str, RosterEntry]) -> list[Claim]:
    """Give each claim to the students of the roster that it is from; without a roster, leave all as they are.

    A claim is a student's if it names the student, their e-mail address, or their whole name (letters alone, in either
    order, as Quercus writes it: lilamal for Amal Lil). A claim that names a group is each of its members'. Students
    without a claim get an empty one, and a claim without a student is kept and flagged.
    """
    if not roster:
        return list(claims)
    students = _by_word(roster)
    groups: dict[str, list[str]] = defaultdict(list)
    for entry in roster.values():
        if entry.group:
            groups[_folded(entry.group)].append(entry.student)
    completed = []
    for claim in claims:
        words = [_folded(word) for word in (claim.student, *claim.also_known_as)]
        named = [student for word in words if (student := students.get(word))]
        members = named[:1] or next((groups[word] for word in words if word in groups), [])
        if not members:
            completed.append(replace(claim, flags=(*claim.flags, STRANGER)))
        if members and not named:
            # Which of the members the number is of, nobody says.
            claim = replace(claim, flags=(*claim.flags, f"{GROUP}{claim.student}"), lms_id="")
        completed += [replace(claim, student=student) for student in members]
    there = {claim.student for claim in completed}
    completed += [Claim(student, (), _nothing, flags=(MISSING,)) for student in roster if student not in there]
    return completed


def _by_word(roster: Mapping[str, RosterEntry]) -> dict[str, str]:
    """What can stand for exactly one student: their id, address, and name."""
    found: dict[str, set[str]] = defaultdict(set)
    for entry in roster.values():
        parts = entry.name.replace(",", " ").split()
        # A last name may be several words, and it stands first or last.
        names = ("".join(parts[first:] + parts[:first]) for first in range(max(len(parts), 1)))
        letters = ("".join(filter(str.isalnum, name)) for name in names)
        for word in {entry.student, entry.email, *letters} - {""}:
            found[_folded(word)].add(entry.student)
    certain = {word: next(iter(students)) for word, students in found.items() if len(students) == 1}
    return certain | {_folded(student): student for student in roster}


def _folded(word: str) -> str:
    """Without the difference of small letters and capitals, nor of the two ways in which Unicode writes an accent."""
    return unicodedata.normalize("NFC", word).casefold()


def _nothing() -> NoReturn:
    raise SubmissionError("nothing was handed in")
