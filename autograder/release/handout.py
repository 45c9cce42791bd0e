"""Writes `assignment/` and `dist/handout.zip`, and tells when `assignment/` is out of date.

The zip unpacks into the folder that a student works in, and is a course of its own with public tests only:

    README.md  grading_config.yaml  conv_inverse.py  conv_inverse.ipynb  tests/marked/public/test_conv_inverse.py
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from autograder.errors import UsageError
from autograder.intake.identify import text_digest
from autograder.release import notebook, stubs
from autograder.release.archive import archive

ASSIGNMENT = "assignment"
CONFIG = "grading_config.yaml"
HANDOUT = Path("dist", "handout.zip")
PUBLIC_TESTS = Path("tests", "marked", "public")
README = "README.md"
SOLUTIONS = "solutions"

_CONFIG_HEADING = """\
# The public part of the course's configuration: what each item is worth and which tests you have. The hidden tests of
# an item earn the rest of its marks.
"""


def release(course: Path) -> list[Path]:
    """Write the stubs, the notebooks and the handout, and return their paths.

    Raises:
        UsageError: there is nothing to release, a file cannot be read, or one cannot be written.
    """
    contents = {Path(ASSIGNMENT, name): content for name, content in _assignment(course).items()}
    contents[HANDOUT] = archive(_handout(course))
    written = []
    for relative, content in contents.items():
        path = course / relative
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        except OSError as error:
            raise UsageError(
                f"cannot write {path} ({error.strerror}). Make room for it or change its rights."
            ) from error
        written.append(path)
    return written


def drift(course: Path) -> list[str]:
    """Return the files of `assignment/` that differ from what `release` would write: changed, missing or left over.

    Raises:
        UsageError: as `release` does.
    """
    expected = _assignment(course)
    folder = course / ASSIGNMENT
    present = {path.name for pattern in ("*.py", "*.ipynb", "*.npz") for path in folder.glob(pattern)}
    differing = [name for name in present & set(expected) if (folder / name).read_bytes() != expected[name]]
    return sorted({*differing, *(present ^ set(expected))})


def public_config(text: str, stub_digests: dict[str, str]) -> str:
    """Return the part of a course's configuration that students get: without what is hidden, tests and data.

    `handout: true` says that the tests that are left do not earn all marks; the stubs' digests tell a file that a
    student has not touched from the one they work in.

    Raises:
        UsageError: the text is no configuration.
    """
    try:
        config = yaml.safe_load(text)
        items: list[dict[str, Any]] = [item for part in config["parts"] for item in part["items"]]
        for item in (config, *items):
            item.pop("hidden", None)
        config.pop("audit", None)
    except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{CONFIG} cannot be read ({error}). It needs `parts`, each with `items`.") from error
    public = {"handout": True, **config, "stubs": stub_digests}
    return _CONFIG_HEADING + yaml.safe_dump(public, sort_keys=False, allow_unicode=True, width=120)


def _assignment(course: Path) -> dict[str, bytes]:
    """Return what belongs into `assignment/`, README aside: file name -> content."""
    folder = course / SOLUTIONS
    solutions = sorted(folder.glob("*.py"))
    if not solutions:
        raise UsageError(
            f"{folder} holds no solution to make stubs from. Is --course the folder that holds {SOLUTIONS}/?"
        )
    made: dict[str, bytes] = {}
    for path in solutions:
        source = _read(path)
        name = f"{SOLUTIONS}/{path.name}"
        made[path.name] = stubs.stub(source, name).encode()
        if not stubs.is_given(source):
            made[f"{path.stem}.ipynb"] = notebook.notebook(source, name).encode()
    return made | {path.name: path.read_bytes() for path in folder.glob("*.npz")}


def _handout(course: Path) -> dict[str, bytes]:
    """Return what the handout holds: its path inside -> content."""
    made = _assignment(course)
    digests = {name: text_digest(content) for name, content in made.items() if not name.endswith(".npz")}
    made[CONFIG] = public_config(_read(course / CONFIG), digests).encode()
    readme = course / ASSIGNMENT / README
    if readme.exists():
        made[README] = _read(readme).encode()
    for path in (course / PUBLIC_TESTS).glob("*.py"):
        made[(PUBLIC_TESTS / path.name).as_posix()] = _read(path).encode()
    return made


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot read {path} ({error.strerror}). Is --course the right folder?") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8 text. Save it as UTF-8, then release again.") from error
