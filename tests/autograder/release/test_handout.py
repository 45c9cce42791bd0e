import ast
import io
import shutil
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
import yaml

from autograder.errors import UsageError
from autograder.release import drift, release
from autograder.release.handout import HANDOUT, public_config
from autograder.release.stubs import is_given

COURSE = Path(__file__).parents[3]
PARTS = ("autoencoder", "conv_inverse", "fcn", "transfer")
GIVEN = ("data.py", "digits.npz", "pictures.py")
SOURCES = ("solutions", "assignment", "tests/marked", "grading_config.yaml")


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A copy of this repository's course, to release into."""
    for source in SOURCES:
        if (COURSE / source).is_dir():
            shutil.copytree(COURSE / source, tmp_path / source, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(COURSE / source, tmp_path / source)
    return tmp_path


def opened(course: Path) -> dict[str, str]:
    """The handout's texts by name; data is left out."""
    with zipfile.ZipFile(course / HANDOUT) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist() if not name.endswith(".npz")}


def test_the_assignment_of_this_repository_is_up_to_date() -> None:
    assert drift(COURSE) == [], "run `autograder release` and commit assignment/"


def test_release_writes_what_it_says(course: Path) -> None:
    written = release(course)
    names = {f"{part}{suffix}" for part in PARTS for suffix in (".py", ".ipynb")} | set(GIVEN)
    assert set(written) == {course / "assignment" / name for name in names} | {course / "dist/handout.zip"}
    assert all(path.is_file() for path in written)
    assert drift(course) == []


def test_drift_names_what_changed_what_is_missing_and_what_is_left_over(course: Path) -> None:
    release(course)
    (course / "assignment/conv_inverse.py").write_text("# edited by hand\n")
    (course / "assignment/conv_inverse.ipynb").unlink()
    (course / "assignment/old.py").write_text("x = 1\n")
    assert drift(course) == ["conv_inverse.ipynb", "conv_inverse.py", "old.py"]


def test_the_handout_holds_what_a_student_needs(course: Path) -> None:
    release(course)
    with zipfile.ZipFile(course / HANDOUT) as archive:
        names = set(archive.namelist())
        assert archive.read("digits.npz") == (course / "solutions/digits.npz").read_bytes()
    public = {f"tests/marked/public/{name}.py" for name in ("conftest", *(f"test_{part}" for part in PARTS))}
    assert names == {
        "README.md",
        "grading_config.yaml",
        *GIVEN,
        *public,
        *(f"{part}{suffix}" for part in PARTS for suffix in (".py", ".ipynb")),
    }


def test_the_handout_is_the_same_bytes_every_time(course: Path) -> None:
    release(course)
    first = (course / HANDOUT).read_bytes()
    (course / HANDOUT).unlink()
    release(course)
    assert (course / HANDOUT).read_bytes() == first


def test_no_hidden_test_is_in_the_handout(course: Path) -> None:
    release(course)
    files = opened(course)
    hidden = [path.read_text() for path in (course / "tests/marked").glob("test_*.py")]
    config = yaml.safe_load((course / "grading_config.yaml").read_text())
    names = {name for part in config["parts"] for item in part["items"] for name in item["hidden"]}
    names |= {test.name for source in hidden for test in functions(source) if test.name.startswith("test_")}
    assert names
    assert [name for name in names if name in "\n".join(files.values())] == []
    source_lines = {line for source in hidden for line in bodies(source, "test_")}
    assert source_lines
    assert source_lines & lines_of(files) == set()


def test_no_line_of_a_solution_is_in_the_handout(course: Path) -> None:
    release(course)
    sources = [path.read_text() for path in (course / "solutions").glob("*.py")]
    source_lines = {line for source in sources if not is_given(source) for line in bodies(source)}
    # What students are given may happen to hold such a line: "super().__init__()", for instance.
    source_lines -= {line for source in sources for line in given_lines(source)}
    assert source_lines
    assert source_lines & lines_of(opened(course)) == set()


def functions(source: str) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]


def bodies(source: str, prefix: str = "") -> list[str]:
    """The lines of these functions' bodies, docstrings aside, that say something of their own, as `with torch.no_grad():` does not."""
    lines = source.splitlines()
    found: list[str] = []
    for node in functions(source):
        if node.name.startswith(prefix):
            for statement in node.body[ast.get_docstring(node) is not None :]:
                found += [line.strip() for line in lines[statement.lineno - 1 : statement.end_lineno or 0]]
    return [line for line in found if len(line) > 24]


def given_lines(source: str) -> set[str]:
    """The lines of a solution that students get as they are: a whole file, a definition, what pictures are made with."""
    lines = source.splitlines()
    if is_given(source):
        return {line.strip() for line in lines}
    kept = [
        node
        for node in ast.parse(source).body
        if isinstance(node, ast.If) or lines[node.lineno - 1].rstrip().endswith("# given")
    ]
    return {line.strip() for node in kept for line in lines[node.lineno - 1 : node.end_lineno or 0]}


def lines_of(files: dict[str, str]) -> set[str]:
    """All lines that a student can read, those of the notebooks' cells included."""
    texts = [text for name, text in files.items() if not name.endswith(".ipynb")]
    for name, text in files.items():
        if name.endswith(".ipynb"):
            texts += [str(cell.source) for cell in nbformat.reads(text, as_version=4).cells]
    return {line.strip() for text in texts for line in text.splitlines()}


def test_the_public_config_has_no_hidden_tests_and_says_so() -> None:
    public = yaml.safe_load(public_config((COURSE / "grading_config.yaml").read_text(), {}))
    assert public["handout"] is True
    items = [item for part in public["parts"] for item in part["items"]]
    assert all("hidden" not in item and item["public"] for item in items)
    assert {"course", "out_of", "limits", "sandbox", "feedback", "preload"} < set(public)


def test_given_modules_are_handed_out_whole_and_have_no_notebook(course: Path) -> None:
    (course / "solutions/digits.py").write_text("# given\nSIZE = 28\n")
    release(course)
    assert opened(course)["digits.py"] == "SIZE = 28\n"
    assert "digits.ipynb" not in opened(course)
    assert drift(course) == []


def test_the_stub_in_the_zip_is_text_that_parses(course: Path) -> None:
    release(course)
    with zipfile.ZipFile(io.BytesIO((course / HANDOUT).read_bytes())) as archive:
        assert archive.testzip() is None
    ast.parse(opened(course)["conv_inverse.py"])


def test_a_course_without_solutions_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"holds no solution.*--course"):
        release(tmp_path)


def test_a_solution_that_does_not_parse_is_refused(course: Path) -> None:
    (course / "solutions/conv_inverse.py").write_text("def f(:\n")
    with pytest.raises(UsageError, match=r"solutions/conv_inverse\.py, line 1 is not valid Python"):
        release(course)


def test_a_solution_that_is_no_text_is_refused(course: Path) -> None:
    (course / "solutions/conv_inverse.py").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="not UTF-8"):
        drift(course)


def test_a_missing_or_wrong_config_is_refused(course: Path) -> None:
    (course / "grading_config.yaml").write_text("parts: 3\n")
    with pytest.raises(UsageError, match="cannot be read"):
        release(course)
    (course / "grading_config.yaml").unlink()
    with pytest.raises(UsageError, match=r"cannot read .*grading_config\.yaml"):
        release(course)


@pytest.mark.skipif(sys.platform == "win32", reason="a file in the way is refused in other words there")
def test_a_place_that_cannot_be_written_is_named(course: Path) -> None:
    (course / "dist").write_text("in the way")
    with pytest.raises(UsageError, match=r"cannot write .*handout\.zip"):
        release(course)
