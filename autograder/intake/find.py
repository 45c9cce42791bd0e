"""Finds the submissions in what a TA points at: a folder of folders, files, zips and notebooks, or a zip of those."""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path, PurePosixPath

from autograder.errors import SubmissionError
from autograder.intake.identify import assemble
from autograder.intake.tree import CLASS, check_bounds, is_junk, read_file, read_folder, read_zip, text_of, unzip
from autograder.records import Submission

_SOURCES = (".py", ".ipynb")
# Files that a class's folder may hold besides its students' work.
_BESIDE_SUBMISSIONS = {"roster.csv", "submission_metadata.yml", "README.md"}


def find_submissions(
    path: Path, modules: Sequence[str], stubs: Mapping[str, str], out: Path | None = None
) -> list[Submission]:
    """Read all submissions at `path`, sorted by student.

    A folder is one student's, named after them. So is a zip. A .py or .ipynb file is named after its student, or
    `<student>_<module>`, and several of one student's make one submission. A path that is itself one student's
    folder or file gives one submission.

    Args:
        path: a folder, a zip or a file.
        modules: the names that the assignment asks for.
        stubs: digests of the handout's files; see `identify.assemble`.
        out: where marks go, resolved: no submission, though it may lie among them.

    Raises:
        SubmissionError: nothing can be graded there, or two entries claim one student.
    """
    if path.is_dir():
        entries = _entries_of_folder(path, modules, out)
    elif path.suffix.lower() == ".zip" and path.is_file():
        entries = _entries_of_zip(path, modules)
    elif path.suffix in _SOURCES and path.is_file():
        student, name = _flat_name(path.name, modules)
        entries = {student: [("", {name: read_file(path)}, "")]}
    elif path.exists():
        raise SubmissionError(
            f"{path} is no folder, zip, .py or .ipynb; point at the folder that holds the submissions"
        )
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
    elif path.suffix.lower() == ".zip":
        files = read_zip(path)
    else:
        files = {path.name: read_file(path)}
    return _submission(path.resolve().stem, files, str(path), "", modules, stubs)


# One entry: its name there, its files, and why they could not be read.
_Entry = tuple[str, dict[str, bytes], str]


def _entries_of_folder(folder: Path, modules: Sequence[str], out: Path | None) -> dict[str, list[_Entry]]:
    try:
        children = sorted(folder.iterdir())
    except OSError as error:
        raise SubmissionError(f"{folder} cannot be read: {error.strerror}") from None
    if any(child.name in _module_files(modules) for child in children):
        return {folder.resolve().name: [("", read_folder(folder), "")]}
    entries: dict[str, list[_Entry]] = defaultdict(list)
    loose: dict[str, Callable[[], bytes]] = {}
    for child in children:
        if child.name.startswith(".") or is_junk(PurePosixPath(child.name)) or child.resolve() == out:
            continue
        if child.is_symlink():
            entries[child.stem].append((child.name, {}, f"{child} is a link; put what it leads to in its place"))
        elif child.is_dir():
            entries[child.name].append(_guarded(child.name, partial(_read_student, child)))
        else:
            loose[child.name] = partial(read_file, child)
    _add_loose(entries, folder, loose, modules)
    return entries


def _entries_of_zip(path: Path, modules: Sequence[str]) -> dict[str, list[_Entry]]:
    """A zip of a class has a folder or file per student at its top, or inside its only folder."""
    files = read_zip(path, CLASS)
    paths = [PurePosixPath(name) for name in files]
    while paths and len({each.parts[0] for each in paths}) == 1 and all(len(each.parts) > 1 for each in paths):
        if any(each.name in _module_files(modules) and len(each.parts) <= 2 for each in paths):
            break
        files = {str(PurePosixPath(*PurePosixPath(name).parts[1:])): content for name, content in files.items()}
        paths = [PurePosixPath(name) for name in files]
    if any(str(each) in _module_files(modules) for each in paths):
        return {path.stem: [("", files, "")]}
    folders: dict[str, dict[str, bytes]] = defaultdict(dict)
    loose: dict[str, Callable[[], bytes]] = {}
    for each in paths:
        if len(each.parts) > 1:
            folders[each.parts[0]][str(PurePosixPath(*each.parts[1:]))] = files[str(each)]
        elif not each.name.startswith("."):
            loose[each.name] = partial(files.__getitem__, each.name)
    entries: dict[str, list[_Entry]] = defaultdict(list)
    for name, own in folders.items():
        entries[name].append(_guarded(name, partial(_unwrapped, path / name, own)))
    _add_loose(entries, path, loose, modules)
    return entries


def _add_loose(
    entries: dict[str, list[_Entry]], place: Path, loose: Mapping[str, Callable[[], bytes]], modules: Sequence[str]
) -> None:
    """Add the files that lie beside the students' folders; a student's .py and .ipynb files make one entry."""
    flat: dict[str, _Entry] = {}
    for file_name, read in loose.items():
        stem, suffix = PurePosixPath(file_name).stem, PurePosixPath(file_name).suffix
        if suffix.lower() == ".zip":
            entries[stem].append(_guarded(file_name, partial(_unzipped, place / file_name, read)))
        elif suffix in _SOURCES:
            student, name = _flat_name(file_name, modules)
            _, files, problem = _guarded(file_name, partial(_file_as, name, read))
            _, others, other_problem = flat.get(student, ("", {}, ""))
            flat[student] = (f"{student}.*", others | files, other_problem or problem)
        elif file_name not in _BESIDE_SUBMISSIONS:
            reason = f"{place / file_name} is no folder, .zip, .py or .ipynb; hand in one of those"
            entries[stem].append((file_name, {}, reason))
    for student, entry in flat.items():
        entries[student].append(entry)


def _guarded(name: str, read: Callable[[], dict[str, bytes]]) -> _Entry:
    """Read an entry; what is wrong with it is its student's problem, not the class's."""
    try:
        return name, read(), ""
    except SubmissionError as error:
        return name, {}, str(error)


def _file_as(name: str, read: Callable[[], bytes]) -> dict[str, bytes]:
    return {name: read()}


def _unzipped(path: Path, read: Callable[[], bytes]) -> dict[str, bytes]:
    return unzip(io.BytesIO(read()), path)


def _read_student(folder: Path) -> dict[str, bytes]:
    return _unwrapped(folder, read_folder(folder))


def _unwrapped(folder: Path, files: dict[str, bytes]) -> dict[str, bytes]:
    """A student's folder; one that holds a zip instead of the assignment is read from the zip."""
    check_bounds(folder, len(files), sum(map(len, files.values())))
    zips = [name for name in files if name.lower().endswith(".zip")]
    if len(zips) == 1 and not any(PurePosixPath(name).suffix in _SOURCES for name in files):
        return unzip(io.BytesIO(files[zips[0]]), folder / zips[0])
    return files


def _flat_name(file_name: str, modules: Sequence[str]) -> tuple[str, str]:
    """The student and the module's file that a flat file stands for: `amal_conv_inverse.py`, or `amal.py`."""
    path = PurePosixPath(file_name)
    for module in sorted(modules, key=len, reverse=True):  # one may end like another
        student = path.stem.removesuffix(f"_{module}")
        if student and student != path.stem:
            return student, f"{module}{path.suffix}"
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
    return Submission(text_of(student), kept, text_of(source), flags, text_of(problem))
