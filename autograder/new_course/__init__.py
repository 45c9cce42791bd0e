"""A course with one item that grades at once, for an instructor to change into their own.

`template/` is that course, but for what `release` makes of its solution.
"""

from __future__ import annotations

import shutil
from importlib.resources import as_file, files
from pathlib import Path

from autograder.errors import UsageError
from autograder.release import release


def new_course(folder: Path) -> None:
    """Make a course in a folder that is empty, or not there yet.

    Raises:
        UsageError: there is something in the folder, or it cannot be written.
    """
    try:
        if folder.exists() and any(folder.iterdir()):
            raise UsageError(f"{folder} is not empty; name a new folder, so that nothing of yours is overwritten")
        with as_file(files(__name__) / "template") as template:
            # Installers compile the template's modules, too.
            shutil.copytree(template, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    except OSError as error:  # copytree's own error lists files, and has no strerror
        raise UsageError(f"cannot make a course in {folder} ({error.strerror or error}); name another folder") from None
    release(folder)
