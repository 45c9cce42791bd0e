from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.intake.identify import assemble, text_digest

MODULES = ["shapes", "train"]
folders = st.lists(st.sampled_from(["a", "b", "hw 1", "ünï"]), max_size=3).map("/".join)
names = st.sampled_from(["shapes.py", "shapes.ipynb", "train.py", "notes.txt", "helpers.py", "SHAPES.PY"])
trees = st.dictionaries(
    st.builds(lambda folder, name: f"{folder}/{name}" if folder else name, folders, names),
    st.binary(max_size=5),
    max_size=8,
)


@given(trees)
def test_nothing_is_invented_and_what_is_kept_keeps_its_contents(files):
    kept, _, _ = assemble(files, MODULES, {})
    assert set(kept.values()) <= set(files.values())
    assert not any(PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts for name in kept)


@given(trees)
def test_a_module_anywhere_ends_at_the_root(files):
    kept, _, _ = assemble(files, MODULES, {})
    wanted = {"shapes.py", "shapes.ipynb", "train.py", "train.ipynb"}
    if any(PurePosixPath(name).name in wanted for name in files):
        assert any(name in wanted for name in kept)


@given(trees, st.sampled_from(["outer", "a", "x y"]))
def test_a_wrapping_folder_changes_nothing(files, folder):
    kept, flags, _ = assemble(files, MODULES, {})
    wrapped, wrapped_flags, _ = assemble({f"{folder}/{name}": content for name, content in files.items()}, MODULES, {})
    if any(name in kept for name in ("shapes.py", "shapes.ipynb", "train.py")):
        assert wrapped == kept
        assert len(wrapped_flags) == len(flags)


@given(trees)
def test_assembling_twice_changes_nothing_more(files):
    kept, _, _ = assemble(files, MODULES, {})
    assert assemble(kept, MODULES, {})[0] == kept


def test_helpers_beside_and_below_the_module_come_with_it_and_others_stay():
    files = {"hw/shapes.py": b"1", "hw/helpers.py": b"2", "hw/data/net.py": b"3", "notes.txt": b"4"}
    assert assemble(files, MODULES, {})[0] == {"shapes.py": b"1", "helpers.py": b"2", "data/net.py": b"3"}


def test_the_outermost_folder_with_a_module_counts():
    kept, flags, _ = assemble({"old/deep/shapes.py": b"1", "new/shapes.py": b"2"}, MODULES, {})
    assert kept["shapes.py"] == b"2"
    assert flags == ()


def test_two_folders_of_one_depth_are_reported():
    kept, flags, _ = assemble({"two/shapes.py": b"2", "one/shapes.py": b"1"}, MODULES, {})
    assert kept == {"shapes.py": b"1"}
    assert flags == ("several folders hold the assignment: one was taken",)


STUB, WORK = b"stub\n", b"work\n"
STUBS = {"shapes.py": text_digest(STUB), "shapes.ipynb": text_digest(STUB)}


@pytest.mark.parametrize(
    ("python", "notebook", "graded", "flagged"),
    [
        (WORK, STUB, "shapes.py", False),
        (STUB, WORK, "shapes.ipynb", False),
        (b"stub\r\n  ", WORK, "shapes.ipynb", False),  # an editor's line ends and spaces are no work
        (WORK, WORK, "shapes.py", True),
        (WORK, b"other", "shapes.py", True),
    ],
)
def test_of_python_and_notebook_the_one_that_was_worked_on_counts(python, notebook, graded, flagged):
    kept, flags, _ = assemble({"shapes.py": python, "shapes.ipynb": notebook}, ["shapes"], STUBS)
    assert list(kept) == [graded]
    assert bool(flags) is flagged


def test_of_two_untouched_files_the_python_one_stays():
    assert list(assemble({"shapes.py": STUB, "shapes.ipynb": STUB}, ["shapes"], STUBS)[0]) == ["shapes.py"]


def test_the_choice_is_made_module_by_module():
    files = {"shapes.py": STUB, "shapes.ipynb": WORK, "train.py": WORK, "train.ipynb": STUB}
    stubs = STUBS | {"train.ipynb": text_digest(STUB)}
    assert set(assemble(files, MODULES, stubs)[0]) == {"shapes.ipynb", "train.py"}


@pytest.mark.parametrize("name", ["my homework.py", "deep/down/solution.ipynb"])
def test_a_lone_source_of_another_name_stands_for_every_module_and_is_reported(name):
    kept, flags, _ = assemble({name: WORK, "report.pdf": b""}, MODULES, {})
    suffix = PurePosixPath(name).suffix
    assert kept[f"shapes{suffix}"] == kept[f"train{suffix}"] == WORK
    assert flags == (f"{PurePosixPath(name).name} was taken as the assignment",)


def test_two_sources_of_other_names_are_not_guessed_at():
    kept, flags, _ = assemble({"one.py": WORK, "two.py": WORK}, MODULES, {})
    assert set(kept) == {"one.py", "two.py"}
    assert flags == ()


@given(st.text(alphabet="ab \t\n\r"))
def test_a_digest_ignores_white_space_alone(text):
    assert text_digest(text.encode()) == text_digest(" ".join(text.split()).encode())
    assert text_digest(text.encode() + b"\nx") != text_digest(text.encode())


@given(trees)
def test_each_file_is_known_by_the_path_that_the_student_has_it_at(files):
    kept, _, origins = assemble(files, MODULES, {})
    assert {name: files[path] for name, path in origins.items()} == kept
