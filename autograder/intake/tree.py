"""A student's files as a mapping from relative path to contents, from a folder or an archive, within bounds."""

from __future__ import annotations

import errno
import io
import os
import stat
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, NoReturn

from autograder.errors import SubmissionError


@dataclass(frozen=True)
class Bounds:
    """How much is read of one folder or archive, and what to say of more."""

    files: int
    size: int
    advice: str


SUBMISSION = Bounds(2_000, 128 << 20, "hand in only the assignment's files")
CLASS = Bounds(200_000, 4 << 30, "unzip it and point at the folder")
_LONGEST_NAME, _LONGEST_PATH = 255, 1_000

# What editors, archivers and tools leave behind; never part of a submission.
_JUNK = {
    "__MACOSX",
    "__pycache__",
    ".git",
    ".ipynb_checkpoints",
    ".venv",
    "venv",
    ".DS_Store",
    "Thumbs.db",
    "desktop.ini",
    ".idea",
    ".vscode",
}


def is_junk(path: PurePosixPath) -> bool:
    """Whether a path lies in something that no student wrote."""
    return any(part in _JUNK or part.startswith("._") for part in path.parts)


def text_of(name: str) -> str:
    """A file's name as text that can be stored and printed; bytes that are no UTF-8 become escapes."""
    return name.encode("utf-8", "backslashreplace").decode()


def printable(text: str) -> str:
    """A text in one line without control characters, which would command a terminal: they become escapes."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text_of(text)
    )


def read_folder(folder: Path) -> dict[str, bytes]:
    """Read all regular files below a folder; links are left out, wherever they lead.

    Raises:
        SubmissionError: too many files, too large, or one cannot be read.
    """
    files: dict[str, bytes] = {}
    size = 0
    for parent, directories, names in os.walk(folder, onerror=_refuse):
        directories[:] = sorted(name for name in directories if name not in _JUNK)
        for name in sorted(names):
            path = Path(parent) / name
            relative = PurePosixPath(text_of(path.relative_to(folder).as_posix()))
            if is_junk(relative) or path.is_symlink() or not path.is_file():
                continue
            content = read_file(path)
            size += len(content)
            check_bounds(folder, len(files) + 1, size)
            files[str(relative)] = content
    return files


def read_file(path: Path) -> bytes:
    """Read one regular file, and no link.

    Raises:
        SubmissionError: it cannot be read, or is too large.
    """
    try:
        with _open(path) as stream:
            content = stream.read(SUBMISSION.size + 1)
    except OSError as error:
        _refuse(error)
    check_bounds(path, 1, len(content))
    return content


def unwrapped(folder: Path, files: dict[str, bytes]) -> dict[str, bytes]:
    """A student's files; where they hold one zip instead of the assignment, what is in the zip.

    Raises:
        SubmissionError: too many files, too large, or the zip cannot be read.
    """
    check_bounds(folder, len(files), sum(map(len, files.values())))
    zips = [name for name in files if name.lower().endswith(".zip")]
    if len(zips) == 1 and not any(PurePosixPath(name).suffix in (".py", ".ipynb") for name in files):
        return unzip(io.BytesIO(files[zips[0]]), folder / zips[0])
    return files


def read_zip(path: Path, bounds: Bounds = SUBMISSION) -> dict[str, bytes]:
    """Read all files of a zip, into memory and nowhere else.

    Raises:
        SubmissionError: it is corrupt, encrypted, too large, or has names or links that escape from it.
    """
    try:
        with _open(path) as stream:
            return unzip(stream, path, bounds)
    except OSError as error:
        _refuse(error)


def unzip(stream: IO[bytes], path: Path, bounds: Bounds = SUBMISSION) -> dict[str, bytes]:
    """Do what `read_zip` does, on an open file; `path` is for messages."""
    files: dict[str, bytes] = {}
    seen: set[str] = set()
    size = 0
    try:
        with zipfile.ZipFile(stream) as archive:
            for entry in archive.infolist():
                relative = PurePosixPath(entry.filename)
                if entry.is_dir() or is_junk(relative):
                    continue
                _check_entry(path, entry, relative)
                # What is counted is what comes out: the header may say anything.
                with archive.open(entry) as content_stream:
                    content = content_stream.read(bounds.size - size + 1)
                size += len(content)
                check_bounds(path, len(files) + 1, size, bounds)
                if str(relative).casefold() in seen:
                    raise SubmissionError(
                        f"{path}: {entry.filename} is in it twice, or differs only in case; zip it again"
                    )
                seen.add(str(relative).casefold())
                files[str(relative)] = content
    except SubmissionError:
        raise
    except (zipfile.BadZipFile, zipfile.LargeZipFile, OSError, EOFError, ValueError, NotImplementedError) as error:
        raise SubmissionError(f"{path} is no readable zip ({error}); zip the files again") from None
    except Exception as error:  # zlib, lzma and bz2 each raise errors of their own on damaged data
        raise SubmissionError(f"{path} is a damaged zip ({error}); zip the files again") from None
    for name in files:
        folder = next((folder for folder in PurePosixPath(name).parents if str(folder).casefold() in seen), None)
        if folder:
            raise SubmissionError(f"{path}: {folder} is both a file and a folder in it; zip the files again")
    return files


def check_bounds(path: Path, count: int, size: int, bounds: Bounds = SUBMISSION) -> None:
    """Require that many files of that size together to be within bounds.

    Raises:
        SubmissionError: they are not.
    """
    if count > bounds.files:
        raise SubmissionError(f"{path} holds more than {bounds.files:,} files; {bounds.advice}")
    if size > bounds.size:
        raise SubmissionError(f"{path} is larger than {bounds.size >> 20} MB; {bounds.advice}")


def _open(path: Path) -> IO[bytes]:
    """Open a regular file: no link is followed, and no pipe waited for."""
    flags = os.O_RDONLY
    for flag in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"):
        flags |= getattr(os, flag, 0)
    descriptor = os.open(path, flags)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise SubmissionError(f"{path} is no regular file; hand in the file itself")
    return os.fdopen(descriptor, "rb")


def _refuse(error: OSError) -> NoReturn:
    if error.errno == errno.ELOOP:
        raise SubmissionError(f"{error.filename} is a link; hand in the file itself") from None
    raise SubmissionError(
        f"{error.filename} cannot be read: {error.strerror}; correct its permissions and try again"
    ) from None


def _check_entry(path: Path, entry: zipfile.ZipInfo, relative: PurePosixPath) -> None:
    name = entry.filename
    too_long = len(name.encode()) > _LONGEST_PATH or any(len(part.encode()) > _LONGEST_NAME for part in relative.parts)
    if too_long or not relative.parts:
        raise SubmissionError(f"{path}: no file can have the name {name[:40]!r}; zip the files again without it")
    if relative.is_absolute() or ".." in relative.parts or "\\" in name or ":" in name.split("/")[0] or "\0" in name:
        raise SubmissionError(f"{path}: the name {name!r} leads out of the archive; zip the files again without it")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise SubmissionError(f"{path}: {name} is a link; zip the file itself instead")
    if entry.flag_bits & 1:
        raise SubmissionError(f"{path} is encrypted; zip the files again without a password")
