"""Finds the submissions in what a TA points at: a folder of folders, files, zips and notebooks, or a zip of those."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path, PurePosixPath

from autograder.errors import SubmissionError
from autograder.intake.class_list import complete
from autograder.intake.identify import SEVERAL_HOMES, assemble
from autograder.intake.layouts import SOURCES, Claim, Entry, Layout, claims_of, flat_name
from autograder.intake.roster import RosterEntry
from autograder.intake.tree import CLASS, is_junk, printable, read_file, read_folder, read_zip, text_of, unwrapped
from autograder.records import Submission


def find_submissions(
    path: Path,
    modules: Sequence[str],
    stubs: Mapping[str, str],
    out: Path | None = None,
    layout: Layout = Layout.AUTO,
    roster: Mapping[str, RosterEntry] | None = None,
) -> list[Submission]:
    """Read all submissions at `path`, sorted by student.

    A folder is one student's, named after them. So is a zip. A .py or .ipynb file is named after its student, or
    `<student>_<module>`, and several of one student's make one submission. Other layouts: see `layouts`. A path that
    is itself one student's folder or file gives one submission.

    Args:
        path: a folder, a zip or a file.
        modules: the names that the assignment asks for.
        stubs: digests of the handout's files; see `identify.assemble`.
        out: where marks go, resolved: no submission, though it may lie among them.
        layout: how the submissions are laid out; by default what they look like.
        roster: who is in the class; see `class_list.complete`.

    Raises:
        SubmissionError: nothing can be graded there, or two entries claim one student.
    """
    if path.is_dir():
        claims = _claims_of_folder(path, modules, out, layout)
    elif path.suffix.lower() == ".zip" and path.is_file():
        claims = _claims_of_zip(path, modules, layout)
    elif path.suffix in SOURCES and path.is_file():
        student, name = flat_name(path.name, modules)
        claims = [Claim(student, ("",), lambda: {name: read_file(path)})]
    elif path.exists():
        raise SubmissionError(
            f"{path} is no folder, zip, .py or .ipynb; point at the folder that holds the submissions"
        )
    else:
        raise SubmissionError(f"{path} does not exist; point at the folder that holds the submissions")
    if not claims:
        raise SubmissionError(
            f"{path} holds no submission; expected a folder, .zip, .py or .ipynb per student, named after the student"
        )
    claims = complete(claims, roster or {})
    _refuse_doubles(path, claims)
    found = [_submission(path, claim, modules, stubs) for claim in sorted(claims, key=lambda claim: claim.student)]
    _refuse_a_class_of_nothing(path, found, modules)
    return found


def read_submission(path: Path, modules: Sequence[str], stubs: Mapping[str, str]) -> Submission:
    """Read one student's own folder, file or zip.

    Raises:
        SubmissionError: it cannot be read.
    """
    if not path.exists():
        raise SubmissionError(f"{path} does not exist; name your folder or file")
    if path.is_dir():
        files = read_folder(path)
    elif path.suffix.lower() == ".zip":
        files = read_zip(path)
    else:
        files = {path.name: read_file(path)}
    kept, flags, origins = assemble(files, modules, stubs)
    return Submission(text_of(path.resolve().stem), kept, text_of(str(path)), flags, origins=origins)


def _claims_of_folder(folder: Path, modules: Sequence[str], out: Path | None, layout: Layout) -> list[Claim]:
    try:
        children = sorted(folder.iterdir())
    except OSError as error:
        raise SubmissionError(f"{folder} cannot be read: {error.strerror}") from None
    if any(child.name in _module_files(modules) for child in children):
        return [Claim(folder.resolve().name, ("",), partial(read_folder, folder))]
    if inside := [child.name for child in children if out is not None and child.resolve() in out.parents]:
        raise SubmissionError(f"--out lies in {folder / inside[0]}, which would be a student's; choose another")
    entries = []
    links = []
    for child in children:
        if child.name.startswith(".") or is_junk(PurePosixPath(child.name)) or child.resolve() == out:
            continue
        if child.is_symlink():
            links.append(Claim(child.stem, (child.name,), partial(_refuse_link, child)))
        elif child.is_dir():
            entries.append(Entry(child.name, True, partial(_read_student, child), os.path.exists(child / ".git")))
        else:
            entries.append(Entry(child.name, False, partial(_read_one, child)))
    return [*claims_of(folder, entries, layout, modules), *links]


def _claims_of_zip(path: Path, modules: Sequence[str], layout: Layout) -> list[Claim]:
    """A zip of a class has a folder or file per student at its top, or inside its only folder."""
    files = read_zip(path, CLASS)
    paths = [PurePosixPath(name) for name in files]
    while paths and len({each.parts[0] for each in paths}) == 1 and all(len(each.parts) > 1 for each in paths):
        if any(each.name in _module_files(modules) and len(each.parts) <= 2 for each in paths):
            break
        files = {str(PurePosixPath(*PurePosixPath(name).parts[1:])): content for name, content in files.items()}
        paths = [PurePosixPath(name) for name in files]
    if any(str(each) in _module_files(modules) for each in paths):
        return [Claim(path.stem, ("",), lambda: files)]
    folders: dict[str, dict[str, bytes]] = defaultdict(dict)
    entries = []
    for each in paths:
        if len(each.parts) > 1:
            folders[each.parts[0]][str(PurePosixPath(*each.parts[1:]))] = files[str(each)]
        elif not each.name.startswith("."):
            entries.append(Entry(each.name, False, partial(_one_of, files, each.name)))
    entries += [Entry(name, True, partial(unwrapped, path / name, own)) for name, own in folders.items()]
    return claims_of(path, entries, layout, modules)


def _read_student(folder: Path) -> dict[str, bytes]:
    return unwrapped(folder, read_folder(folder))


def _read_one(path: Path) -> dict[str, bytes]:
    return {path.name: read_file(path)}


def _one_of(files: Mapping[str, bytes], name: str) -> dict[str, bytes]:
    return {name: files[name]}


def _refuse_link(path: Path) -> dict[str, bytes]:
    raise SubmissionError(f"{path} is a link; put what it leads to in its place")


def _module_files(modules: Sequence[str]) -> set[str]:
    return {f"{module}{suffix}" for module in modules for suffix in SOURCES}


def _refuse_doubles(path: Path, claims: Sequence[Claim]) -> None:
    by_name: dict[str, list[str]] = defaultdict(list)
    for claim in claims:
        by_name[claim.student.casefold()] += [name or claim.student for name in claim.names[:1]] or [claim.student]
    for student, names in sorted(by_name.items()):
        if len(names) > 1:
            raise SubmissionError(
                f"{path}: {' and '.join(names)} both claim the student {student!r}; keep the one that counts"
            )


def _refuse_a_class_of_nothing(path: Path, found: Sequence[Submission], modules: Sequence[str]) -> None:
    """A class in which nobody has handed in any of the modules is no class: something else was pointed at."""
    wanted = _module_files(modules)
    readable = [each for each in found if not each.problem]
    if len(readable) > 1 and not any(wanted & set(each.files) for each in readable):
        some = ", ".join(each.student for each in readable[:3])
        raise SubmissionError(
            f"{path}: none of {len(readable)} entries ({some}, ...) holds {' or '.join(sorted(wanted))}; point at the "
            "folder that holds the submissions"
        )
    if len(found) == 1 and any(flag.startswith(SEVERAL_HOMES) for flag in found[0].flags):
        raise SubmissionError(
            f"{path} holds one folder, {found[0].student}, in which several hold the assignment; is that the class? "
            "Then point at it"
        )


def _submission(path: Path, claim: Claim, modules: Sequence[str], stubs: Mapping[str, str]) -> Submission:
    """Read a claim; what is wrong with it is its student's problem, not the class's."""
    files: dict[str, bytes] = {}
    problem = ""
    try:
        files = claim.read()
    except SubmissionError as error:
        # The student reads it: where the TA keeps the files is not theirs to know.
        problem = str(error).replace(f"{path}{os.sep}", "")
    kept, flags, _ = assemble(files, modules, stubs)
    flags = (*claim.flags, *flags)
    if problem and claim.names:
        flags = (*flags, "unreadable")
    source = text_of(str(path / claim.names[0])) if claim.names else ""
    return Submission(text_of(claim.student), kept, source, flags, printable(problem), claim.submitted_at, claim.lms_id)
