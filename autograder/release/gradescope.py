"""Makes the zip that Gradescope builds an autograder from: two scripts, this package, and the course.

    setup.sh  run_autograder  pyproject.toml  autograder/...  course/grading_config.yaml  course/tests/marked/...

Students never get it. Solutions stay at home: grading needs none.
"""

from __future__ import annotations

from pathlib import Path

import autograder
from autograder.course import Course
from autograder.errors import UsageError
from autograder.release.archive import archive

PACKAGE = Path("dist", "gradescope.zip")

_CHECKOUT = Path(autograder.__file__).parents[1]
_SCRIPTS = _CHECKOUT / "pipelines" / "gradescope"


def package(course: Course) -> Path:
    """Write the course's `dist/gradescope.zip`, and return its path.

    Raises:
        UsageError: this package is installed without its sources, a file cannot be read, or the zip not written.
        ConfigError: a file that is given to students is missing.
    """
    if not (_CHECKOUT / "pyproject.toml").is_file():
        raise UsageError("the zip holds the grader's own sources; run this in a clone of its repository")
    contents = {
        name: _read(folder / name)
        for folder, names in (
            (_SCRIPTS, ("setup.sh", "run_autograder")),
            (_CHECKOUT, ("pyproject.toml", "README.md", "LICENSE")),
        )
        for name in names
    }
    sources = [path for path in (_CHECKOUT / "autograder").rglob("*") if path.is_file() and path.suffix != ".pyc"]
    contents |= {path.relative_to(_CHECKOUT).as_posix(): _read(path) for path in sources}
    modules = [name for module in course.config.modules for name in (f"{module}.py", f"{module}.ipynb")]
    ours = [course.folder / "grading_config.yaml", *(course.folder / "assignment" / name for name in modules)]
    ours += [path for path in course.marked.rglob("*") if path.suffix != ".pyc"]
    contents |= {f"course/{path.relative_to(course.folder).as_posix()}": _read(path) for path in ours if path.is_file()}
    contents |= {f"course/assignment/{name}": content for name, content in course.given().items()}
    path = course.folder / PACKAGE
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(archive(contents))
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}. Make room or change its rights.") from None
    return path


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None
