"""Finds the submissions in what a TA points at: a folder of folders, files, zips and notebooks, or a zip of those."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path, PurePosixPath

from autograder.errors import SubmissionError
from autograder.intake.identify import assemble
from autograder.intake.tree import is_junk, read_file, read_folder, read_zip
from autograder.records import Submission

_SOURCES = (".py", ".ipynb")
# Files that a class's folder may hold besides its students' work.
_BESIDE_SUBMISSIONS = {"roster.csv", "submission_metadata.yml", "README.md"}


def find_submissions(path: Path, modules: Sequence[str], stubs: Mapping[str, str]) -> list[Submission]:
    """Read all submissions at `path`, sorted by student.

    A folder is one student's, named after them. So is a zip. A .py or .ipynb file is named after its student, or
    `<student>_<module>`, and several of one student's make one submission. A path that is itself one student's
    folder or file gives one submission.

    Raises:
        SubmissionError: nothing can be graded there, or two entries claim one student.
    """
    if path.is_dir():
        entries = _entries_of_folder(path, modules)
    elif path.suffix == ".zip" and path.is_file():
        entries = _entries_of_zip(path, modules)
    elif path.suffix in _SOURCES and path.is_file():
        entries = {path.stem: [(path.name, {path.name: read_file(path)}, "")]}
    elif path.exists():
        raise SubmissionError(f"{path} is no folder, zip, .py or .ipynb; point at the folder that holds the submissions")
    else:
        raise SubmissionError(f"{path} does not exist; point at the folder that holds the submissions")
    if not entries:
        raise SubmissionError(
            f"{path} holds no submission; expected a folder, .zip, .py or .ipynb per student, named after the student"
        )
    _refuse_doubles(path, entries)
    return [
        _submission(student, found[0][1], str(path / found[0][0]), found[0][2], modules, stubs)
        for student, found in sorted(entries.items())
    ]


def read_submission(path: Path, modules: Sequence[str], stubs: Mapping[str, str]) -> Submission:
    """Read one student's own folder, file or zip.

    Raises:
        SubmissionError: it cannot be read.
    """
    if not path.exists():
        raise SubmissionError(f"{path} does not exist; name your folder or file")
    if path.is_dir():
        files = read_folder(path)
    elif path.suffix == ".zip":
        files = read_zip(path)
    else:
        files = {path.name: read_file(path)}
    return _submission(path.resolve().stem, files, str(path), "", modules, stubs)


# One entry: its name there, its files, and why they could not be read.
_Entry = tuple[str, dict[str, bytes], str]


def _entries_of_folder(folder: Path, modules: Sequence[str]) -> dict[str, list[_Entry]]:
    entries: dict[str, list[_Entry]] = defaultdict(list)
    flat: dict[str, dict[str, bytes]] = defaultdict(dict)
    try:
        children = sorted(folder.iterdir())
    except OSError as error:
        raise SubmissionError(f"{folder} cannot be read: {error.strerror}") from None
    if any(child.name in _module_files(modules) for child in children):
        return {folder.resolve().name: [("", read_folder(folder), "")]}
    for child in children:
        if child.name.startswith(".") or is_junk(PurePosixPath(child.name)) or child.is_symlink():
            continue
        if child.is_dir():
            entries[child.name].append(_guarded(child.name, partial(_unwrapped, child)))
        elif child.suffix.lower() == ".zip":
            entries[child.stem].append(_guarded(child.name, partial(read_zip, child)))
        elif child.suffix in _SOURCES:
            student, name = _flat_name(child, modules)
            entry = _guarded(child.name, partial(_file_as, name, child))
            if entry[2]:
                entries[student].append(entry)
            flat[student] |= entry[1]
        elif child.name not in _BESIDE_SUBMISSIONS:
            reason = f"{child} is no folder, .zip, .py or .ipynb; hand in one of those"
            entries[child.stem].append((child.name, {}, reason))
    for student, files in flat.items():
        if files:
            entries[student].append((f"{student}.*", files, ""))
    return entries


def _entries_of_zip(path: Path, modules: Sequence[str]) -> dict[str, list[_Entry]]:
    """A zip of a class has a folder or file per student at its top, or inside its only folder."""
    files = read_zip(path)
    paths = [PurePosixPath(name) for name in files]
    while paths and len({each.parts[0] for each in paths}) == 1 and all(len(each.parts) > 1 for each in paths):
        if any(each.name in _module_files(modules) and len(each.parts) <= 2 for each in paths):
            break
        files = {str(PurePosixPath(*PurePosixPath(name).parts[1:])): content for name, content in files.items()}
        paths = [PurePosixPath(name) for name in files]
    if any(str(each) in _module_files(modules) for each in paths):
        return {path.stem: [("", files, "")]}
    entries: dict[str, dict[str, bytes]] = defaultdict(dict)
    for each in paths:
        if len(each.parts) > 1:
            entries[each.parts[0]][str(PurePosixPath(*each.parts[1:]))] = files[str(each)]
        elif each.suffix in _SOURCES:
            student, name = _flat_name(Path(each.name), modules)
            entries[student][name] = files[str(each)]
    return {student: [(student, own, "")] for student, own in entries.items()}


def _guarded(name: str, read: Callable[[], dict[str, bytes]]) -> _Entry:
    """Read an entry; what is wrong with it is its student's problem, not the class's."""
    try:
        return name, read(), ""
    except SubmissionError as error:
        return name, {}, str(error)


def _file_as(name: str, path: Path) -> dict[str, bytes]:
    return {name: read_file(path)}


def _unwrapped(folder: Path) -> dict[str, bytes]:
    """A student's folder; one that holds a zip instead of the assignment is read from the zip."""
    files = read_folder(folder)
    zips = [name for name in files if name.lower().endswith(".zip")]
    if len(zips) == 1 and not any(PurePosixPath(name).suffix in _SOURCES for name in files):
        return read_zip(folder / zips[0])
    return files


def _flat_name(path: Path, modules: Sequence[str]) -> tuple[str, str]:
    """The student and the module's file that a flat file stands for: `amal_conv_inverse.py`, or `amal.py`."""
    for module in modules:
        if path.stem.endswith(f"_{module}"):
            return path.stem.removesuffix(f"_{module}"), f"{module}{path.suffix}"
    return path.stem, path.name


def _module_files(modules: Sequence[str]) -> set[str]:
    return {f"{module}{suffix}" for module in modules for suffix in _SOURCES}


def _refuse_doubles(path: Path, entries: Mapping[str, list[_Entry]]) -> None:
    by_name: dict[str, list[str]] = defaultdict(list)
    for student, found in entries.items():
        by_name[student.casefold()] += [name or student for name, _, _ in found]
    for student, names in sorted(by_name.items()):
        if len(names) > 1:
            raise SubmissionError(
                f"{path}: {' and '.join(names)} both claim the student {student!r}; keep the one that counts"
            )


def _submission(
    student: str,
    files: dict[str, bytes],
    source: str,
    problem: str,
    modules: Sequence[str],
    stubs: Mapping[str, str],
) -> Submission:
    kept, flags = assemble(files, modules, stubs)
    if problem:
        flags = (*flags, "unreadable")
    return Submission(student, kept, source, flags, problem)
