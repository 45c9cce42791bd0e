"""A student's files as a mapping from relative path to contents, from a folder or an archive, within bounds."""

from __future__ import annotations

import os
import stat
import zipfile
from pathlib import Path, PurePosixPath

from autograder.errors import SubmissionError

MAXIMUM_FILES = 2_000
MAXIMUM_BYTES = 128 << 20
# What editors, archivers and tools leave behind; never part of a submission.
_JUNK = {"__MACOSX", "__pycache__", ".git", ".ipynb_checkpoints", ".venv", "venv", ".DS_Store", ".idea", ".vscode"}


def is_junk(path: PurePosixPath) -> bool:
    """Whether a path lies in something that no student wrote."""
    return any(part in _JUNK or part.startswith("._") for part in path.parts)


def read_folder(folder: Path) -> dict[str, bytes]:
    """Read all regular files below a folder; links are left out, wherever they lead.

    Raises:
        SubmissionError: too many files, too large, or one cannot be read.
    """
    files: dict[str, bytes] = {}
    size = 0
    for parent, directories, names in os.walk(folder):
        directories[:] = sorted(name for name in directories if name not in _JUNK)
        for name in sorted(names):
            path = Path(parent) / name
            relative = PurePosixPath(path.relative_to(folder).as_posix())
            if is_junk(relative) or path.is_symlink() or not path.is_file():
                continue
            content = read_file(path)
            size += len(content)
            _check_bounds(folder, len(files) + 1, size)
            files[str(relative)] = content
    return files


def read_file(path: Path) -> bytes:
    """Read one regular file, and no link.

    Raises:
        SubmissionError: it cannot be read, or is too large.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(descriptor, "rb") as stream:
            content = stream.read(MAXIMUM_BYTES + 1)
    except OSError as error:
        raise SubmissionError(f"{path} cannot be read: {error.strerror}; correct its permissions and try again") from None
    _check_bounds(path, 1, len(content))
    return content


def read_zip(path: Path) -> dict[str, bytes]:
    """Read all files of a zip, into memory and nowhere else.

    Raises:
        SubmissionError: it is corrupt, encrypted, too large, or has names or links that escape from it.
    """
    files: dict[str, bytes] = {}
    size = 0
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                relative = PurePosixPath(entry.filename)
                if entry.is_dir() or is_junk(relative):
                    continue
                _check_entry(path, entry, relative)
                # What is counted is what comes out: the header may say anything.
                with archive.open(entry) as stream:
                    content = stream.read(MAXIMUM_BYTES - size + 1)
                size += len(content)
                _check_bounds(path, len(files) + 1, size)
                if str(relative).casefold() in {name.casefold() for name in files}:
                    raise SubmissionError(f"{path}: {entry.filename} is in it twice, or differs only in case; zip it again")
                files[str(relative)] = content
    except SubmissionError:
        raise
    except (zipfile.BadZipFile, zipfile.LargeZipFile, OSError, EOFError, ValueError, NotImplementedError) as error:
        raise SubmissionError(f"{path} is no readable zip ({error}); zip the files again") from None
    except Exception as error:  # zlib, lzma and bz2 each raise errors of their own on damaged data
        raise SubmissionError(f"{path} is a damaged zip ({error}); zip the files again") from None
    return files


def _check_entry(path: Path, entry: zipfile.ZipInfo, relative: PurePosixPath) -> None:
    name = entry.filename
    if relative.is_absolute() or ".." in relative.parts or "\\" in name or ":" in name.split("/")[0] or "\0" in name:
        raise SubmissionError(f"{path}: the name {name!r} leads out of the archive; zip the files again without it")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise SubmissionError(f"{path}: {name} is a link; zip the file itself instead")
    if entry.flag_bits & 1:
        raise SubmissionError(f"{path} is encrypted; zip the files again without a password")


def _check_bounds(path: Path, count: int, size: int) -> None:
    if count > MAXIMUM_FILES:
        raise SubmissionError(f"{path} holds more than {MAXIMUM_FILES:,} files; hand in only the assignment's")
    if size > MAXIMUM_BYTES:
        raise SubmissionError(f"{path} is larger than {MAXIMUM_BYTES >> 20} MB; hand in only the assignment's files")
