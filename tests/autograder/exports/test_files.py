import csv
import io
import os
import resource
import stat

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from autograder.errors import UsageError
from autograder.exports.files import csv_text, write_atomically

FORMULA = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
hostile = st.text(st.sampled_from("=+-@\t\r\n\"',;|ab é李\0\u2028"), max_size=12) | st.text(max_size=12)
rows_of_text = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(hostile, min_size=width, max_size=width), min_size=1, max_size=5)
)


def read_back(text):
    return list(csv.reader(io.StringIO(text, newline="")))


@given(rows_of_text)
@example([["a\rb"], ["c"]])
@example([["x\r\ny", "\n"]])
def test_what_the_csv_module_reads_is_what_was_written_but_for_a_quote_mark_before_formulas(rows):
    expected = [[f"'{cell}" if cell.startswith(tuple(FORMULA)) else cell for cell in row] for row in rows]
    # A row of one empty cell is written as "", which is the same to every reader.
    assert read_back(csv_text(rows)) == expected


@pytest.mark.parametrize("first", list(FORMULA), ids=ascii)
def test_no_cell_begins_like_a_formula(first):
    [[cell]] = read_back(csv_text([[f"{first}cmd|' /C calc'!A0"]]))
    assert cell.startswith("'")


@given(st.lists(st.lists(hostile, min_size=2, max_size=2), max_size=5))
def test_no_spreadsheet_finds_a_formula_in_any_cell(rows):
    cells = [cell for row in read_back(csv_text(rows)) for cell in row]
    assert not any(cell.startswith(tuple(FORMULA)) for cell in cells)


@given(st.floats(-1e6, 1e6).map(lambda number: round(number, 4)), st.integers())
def test_numbers_are_written_as_numbers_negative_ones_too(number, whole):
    [cells] = read_back(csv_text([[number, whole]]))
    assert float(cells[0]) == number
    assert int(cells[1]) == whole


@pytest.mark.parametrize(("number", "text"), [(3.0, "3"), (0.1 + 0.2, "0.3"), (2.25, "2.25"), (1 / 3, "0.3333333333")])
def test_numbers_are_written_short(number, text):
    assert csv_text([[number]]) == f"{text}\n"


def test_lines_end_alike_everywhere():
    assert csv_text([["a", 1], ["b", 2]]) == "a,1\nb,2\n"


@settings(deadline=None)
@given(st.text())
def test_a_file_holds_the_text_that_was_written(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("out") / "new" / "marks.csv"
    write_atomically(path, text)
    assert path.read_bytes() == text.encode()
    assert [entry.name for entry in path.parent.iterdir()] == ["marks.csv"]


@pytest.mark.skipif(os.name != "posix", reason="permissions of Unix")
def test_others_may_read_what_is_written(tmp_path):
    write_atomically(tmp_path / "marks.csv", "x")
    assert stat.S_IMODE((tmp_path / "marks.csv").stat().st_mode) == 0o644


@pytest.fixture
def old_file(tmp_path):
    path = tmp_path / "marks.csv"
    path.write_text("old")
    yield path
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["marks.csv"], "something was left behind"


def test_a_full_disk_leaves_the_old_file_and_says_what_to_do(old_file):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(UsageError, match=r"marks\.csv cannot be written: .* The marks are safe in marks\.sqlite"):
            write_atomically(old_file, "new" * 10_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failure_at_the_last_step_leaves_the_old_file(error, old_file, monkeypatch):
    def replace(source, target):
        raise error

    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(UsageError if isinstance(error, OSError) else KeyboardInterrupt):
        write_atomically(old_file, "new")


def test_text_that_no_file_can_hold_leaves_the_old_file(old_file):
    with pytest.raises(UnicodeEncodeError):
        write_atomically(old_file, "new \ud800")


def test_a_read_only_folder_is_a_sentence(open_folder, as_nobody):
    (open_folder / "marks.csv").write_text("old")
    open_folder.chmod(0o555)
    with as_nobody(), pytest.raises(UsageError, match="cannot be written: Permission denied"):
        write_atomically(open_folder / "marks.csv", "new")
    assert (open_folder / "marks.csv").read_text() == "old"


def test_a_folder_in_the_files_place_is_a_sentence(tmp_path):
    (tmp_path / "marks.csv" / "x").mkdir(parents=True)
    with pytest.raises(UsageError, match=r"marks\.csv cannot be written"):
        write_atomically(tmp_path / "marks.csv", "new")
    assert [entry.name for entry in tmp_path.iterdir()] == ["marks.csv"]


def test_what_a_killed_command_left_is_taken_up(tmp_path, monkeypatch):
    child = os.fork()
    if child == 0:
        monkeypatch.setattr(os, "replace", lambda source, target: os._exit(9))
        write_atomically(tmp_path / "marks.csv", "new")
    os.waitpid(child, 0)
    write_atomically(tmp_path / "marks.csv", "new")
    assert [entry.name for entry in tmp_path.iterdir()] == ["marks.csv"]
