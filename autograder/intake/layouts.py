"""How the systems that collect submissions lay them out, and whose each entry is.

plain        a folder, zip or file per student, named after them; MarkUs's downloads, a folder per group, too
quercus      flat files: lastnamefirst_[LATE_]<user id>_<submission id>_<name>[-n].<ending>
gradescope   folders submission_<id>, and submission_metadata.yml says whose they are
github       repositories <assignment>-<user name>, as GitHub Classroom clones them
"""

from __future__ import annotations

import io
import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from autograder.errors import SubmissionError
from autograder.intake.tree import text_of, unwrapped, unzip

SOURCES = (".py", ".ipynb")
METADATA = "submission_metadata.yml"
# Files that a class's folder may hold besides its students' work.
_BESIDE_SUBMISSIONS = {"roster.csv", METADATA, "README.md"}
# The longest of names comes first: a user's id and a submission's are numbers, and follow each other.
_QUERCUS = re.compile(
    r"(?P<who>.+?)_(?P<late>(?i:LATE)_)?(?P<user>\d+)_(?P<submission>\d+)_(?P<stem>.+?)(-(?P<n>\d+))?(?P<end>\.[^.]+)?"
)

# A flag, for exports not to take such a student for another.
UNCERTAIN = "whose it is in Quercus is not certain: the file's name holds more numbers"
_NUMBERS_AGAIN = re.compile(r"(.*_)?\d+_\d+_.")

Read = Callable[[], dict[str, bytes]]


class Layout(StrEnum):
    """What `--layout` takes."""

    AUTO = "auto"
    PLAIN = "plain"
    MARKUS = "markus"
    QUERCUS = "quercus"
    GRADESCOPE = "gradescope"
    GITHUB = "github"


@dataclass(frozen=True)
class Entry:
    """One name at the top of what a TA points at; `read` gives its files, those of a file by its own name."""

    name: str
    is_folder: bool
    read: Read
    is_repository: bool = False


# Of a file from Quercus: the submission's number, that of a version, the file's own name.
_Version = tuple[int, int, str, Entry]


@dataclass(frozen=True)
class Claim:
    """What one student handed in, not yet read.

    Attributes:
        student: whose it is, as the layout says.
        names: the entries that it consists of, for messages.
        read: reads the files; raises SubmissionError.
        also_known_as: other words for the student (an e-mail address, a number), which a roster may know.
        submitted_at: when it arrived, in ISO format, "" if the layout does not say.
        flags: what a person should know.
        lms_id: the student's number in Quercus, where its file names say it.
    """

    student: str
    names: tuple[str, ...]
    read: Read
    also_known_as: tuple[str, ...] = ()
    submitted_at: str = ""
    flags: tuple[str, ...] = ()
    lms_id: str = ""


def claims_of(place: Path, entries: Sequence[Entry], layout: Layout, modules: Sequence[str]) -> list[Claim]:
    """Whose each entry is; two claims may name one student.

    Raises:
        SubmissionError: the entries are not laid out as `layout` says.
    """
    if layout is Layout.AUTO:
        layout = recognised(place, entries)
    match layout:
        case Layout.QUERCUS:
            return _quercus(place, entries)
        case Layout.GRADESCOPE:
            return _gradescope(place, entries)
        case Layout.GITHUB:
            return _github(entries)
        case _:
            return _plain(place, entries, modules)


def recognised(place: Path, entries: Sequence[Entry]) -> Layout:
    """The layout that all entries fit; a plain one if none.

    Raises:
        SubmissionError: some fit a layout that others do not, or Gradescope's file that says whose is whose is missing.
    """
    files = [entry.name for entry in entries if not entry.is_folder and entry.name not in _BESIDE_SUBMISSIONS]
    folders = [entry for entry in entries if entry.is_folder]
    if any(entry.name == METADATA for entry in entries):
        return Layout.GRADESCOPE
    from_quercus = [name for name in files if _QUERCUS.fullmatch(name)]
    others = [each.name for each in folders] + [name for name in files if name not in from_quercus]
    if from_quercus and others:
        raise SubmissionError(
            f"{place} holds two layouts: {from_quercus[0]} is named as Quercus names submissions, and {others[0]} is "
            "not; take one kind out, or say which it is with --layout (plain takes every name for a student's)"
        )
    if from_quercus:
        return Layout.QUERCUS
    from_gradescope = [each.name for each in folders if re.fullmatch(r"submission_\d+", each.name)]
    if from_gradescope and len(from_gradescope) < len(folders) + len(files):
        other = next(name for name in [each.name for each in folders] + files if name not in from_gradescope)
        raise SubmissionError(
            f"{place} holds two layouts: {from_gradescope[0]} is named as Gradescope names submissions, and {other} is "
            "not; take one kind out, or say --layout plain"
        )
    if from_gradescope:
        raise SubmissionError(
            f"{place} holds folders as Gradescope exports them and no {METADATA}, which says whose they are; put it "
            "beside them, or say --layout plain"
        )
    if len(folders) > 1 and not files and all(entry.is_repository for entry in folders) and _prefix(folders):
        return Layout.GITHUB
    return Layout.PLAIN


def _plain(place: Path, entries: Sequence[Entry], modules: Sequence[str]) -> list[Claim]:
    claims: list[Claim] = []
    sources: dict[str, list[tuple[str, Entry]]] = defaultdict(list)
    for entry in entries:
        path = PurePosixPath(entry.name)
        if entry.is_folder:
            claims.append(Claim(entry.name, (entry.name,), entry.read))
        elif path.suffix.lower() == ".zip":
            claims.append(Claim(path.stem, (entry.name,), partial(_unzipped, place, entry)))
        elif path.suffix in SOURCES:
            student, name = flat_name(entry.name, modules)
            sources[student].append((name, entry))
        elif entry.name not in _BESIDE_SUBMISSIONS:
            reason = f"{place / entry.name} is no folder, .zip, .py or .ipynb; hand in one of those"
            claims.append(Claim(path.stem, (entry.name,), partial(_refuse, reason)))
    for student, found in sources.items():
        claims.append(Claim(student, (f"{student}.*",), partial(_together, found)))
    return claims


def _quercus(place: Path, entries: Sequence[Entry]) -> list[Claim]:
    """Versions of one thing are files of one name, a `.py` and a notebook of one name, and all zips.

    Of these the one with the highest number was handed in last, and counts.
    """
    students: dict[tuple[str, str], dict[str, list[_Version]]] = defaultdict(lambda: defaultdict(list))
    late: set[tuple[str, str]] = set()
    uncertain: set[tuple[str, str]] = set()
    for entry in entries:
        found = _QUERCUS.fullmatch(entry.name)
        if entry.name in _BESIDE_SUBMISSIONS:
            continue
        if entry.is_folder or found is None:
            raise SubmissionError(
                f"{place / entry.name} is not named as Quercus names submissions (last name and first name, "
                "user id, submission id, file); take it out, or choose another --layout"
            )
        who = (found["who"], found["user"])
        name = found["stem"] + (found["end"] or "")
        ending = (found["end"] or "").lower()
        thing = ".zip" if ending == ".zip" else found["stem"] if ending in SOURCES else name
        students[who][thing].append((int(found["submission"]), int(found["n"] or 0), name, entry))
        if found["late"]:
            late.add(who)
        # Quercus takes numbers out of people's names, but not all: one called "bob_-103_-5_" would get another's.
        if _NUMBERS_AGAIN.match(found["stem"]):
            uncertain.add(who)
    names = [name for name, _ in students]
    claims = []
    for (name, user), things in students.items():
        last = [max(versions, key=lambda each: each[:2]) for versions in things.values()]
        newest = {file: entry for _, _, file, entry in last}
        counted = {entry.name for entry in newest.values()}
        versions = [entry.name for each in things.values() for *_, entry in each]
        earlier = sorted(each for each in versions if each not in counted)
        flags = [f"earlier versions: {', '.join(earlier)}"] if earlier else []
        if (name, user) in late:
            flags.append("late in Quercus")
        if (name, user) in uncertain:
            flags.append(UNCERTAIN)
        # Two students of one name are told apart by their number there.
        student = name if names.count(name) == 1 else f"{name}_{user}"
        read = partial(_unwrapped_together, place / name, sorted(newest.items()))
        counting = tuple(entry.name for entry in newest.values())
        lms_id = "" if (name, user) in uncertain else user
        also_known_as = (lms_id,) if lms_id else ()
        claims.append(Claim(student, counting, read, also_known_as, flags=tuple(flags), lms_id=lms_id))
    return claims


def _gradescope(place: Path, entries: Sequence[Entry]) -> list[Claim]:
    """A submission is that of each of its submitters."""
    metadata = next((entry for entry in entries if entry.name == METADATA), None)
    if metadata is None:
        raise SubmissionError(f"{place} holds no {METADATA}; is it Gradescope's export of submissions, unzipped?")
    try:
        table = yaml.safe_load(metadata.read()[METADATA])
        by_student: dict[tuple[str, str], list[Claim]] = defaultdict(list)
        for entry in entries:
            if not entry.is_folder:
                continue
            about = table.get(entry.name)
            if about is None:
                raise SubmissionError(
                    f"{place / entry.name} is not in {METADATA}, which says whose the submissions are; take it out, or "
                    "export the submissions from Gradescope again"
                )
            submitted_at = _utc(about.get(":created_at"))
            for submitter in about[":submitters"]:
                # A name is what its student chose: it stands for somebody only where there is nothing else.
                known = [key for key in (":sid", ":email") if submitter.get(key)] or [":name"]
                words = [str(submitter[key]).strip() for key in known]
                claim = Claim(words[0], (entry.name,), entry.read, tuple(words[1:]), submitted_at)
                # Two of one name may be two students.
                by_student[words[0].casefold(), entry.name if known == [":name"] else ""].append(claim)
    except (yaml.YAMLError, KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
        raise SubmissionError(
            f"{place / METADATA} does not say who handed in what ({type(error).__name__}: {error}); export the "
            "submissions from Gradescope again, or choose another --layout"
        ) from None
    return _newest(by_student.values())


def _newest(claims: Iterable[Sequence[Claim]]) -> list[Claim]:
    """Of each student's claims the one that was handed in last; it names the others."""
    newest = []
    for own in claims:
        *earlier, last = sorted(own, key=lambda claim: claim.submitted_at)
        flags = (f"earlier versions: {', '.join(name for each in earlier for name in each.names)}",) if earlier else ()
        newest.append(replace(last, flags=(*last.flags, *flags)))
    return newest


def _github(entries: Sequence[Entry]) -> list[Claim]:
    folders = [entry for entry in entries if entry.is_folder]
    prefix = _prefix(folders)
    claims = []
    for entry in folders:
        # User names may begin alike, too, or hold a "-": a roster knows which end of the name is one.
        words = entry.name.split("-")
        ends = ["-".join(words[index:]) for index in range(len(words))]
        claims.append(Claim(entry.name.removeprefix(prefix) or entry.name, (entry.name,), entry.read, tuple(ends)))
    return claims


def _prefix(folders: Sequence[Entry]) -> str:
    """`<assignment>-`, which all repositories begin with; "" if they do not, or if there is but one."""
    if len(folders) < 2:
        return ""
    common = os.path.commonprefix([entry.name for entry in folders])  # noqa: RUF071 - names, and no paths
    return common[: common.rfind("-") + 1]


def flat_name(file_name: str, modules: Sequence[str]) -> tuple[str, str]:
    """The student and the module's file that a flat file stands for: `amal_conv_inverse.py`, or `amal.py`."""
    path = PurePosixPath(file_name)
    for module in sorted(modules, key=len, reverse=True):  # one may end like another
        student = path.stem.removesuffix(f"_{module}")
        if student and student != path.stem:
            return student, f"{module}{path.suffix}"
    return path.stem, path.name


def _utc(moment: Any) -> str:
    """Gradescope writes times in UTC; PyYAML reads them as such, or as text where it cannot."""
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    if not isinstance(moment, datetime):
        return ""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).isoformat(timespec="seconds")


def _refuse(reason: str) -> dict[str, bytes]:
    raise SubmissionError(text_of(reason))


def _unzipped(place: Path, entry: Entry) -> dict[str, bytes]:
    return unzip(io.BytesIO(_content(entry)), place / entry.name)


def _together(found: Sequence[tuple[str, Entry]]) -> dict[str, bytes]:
    return {name: _content(entry) for name, entry in found}


def _unwrapped_together(place: Path, found: Sequence[tuple[str, Entry]]) -> dict[str, bytes]:
    return unwrapped(place, _together(found))


def _content(entry: Entry) -> bytes:
    [content] = entry.read().values()
    return content
