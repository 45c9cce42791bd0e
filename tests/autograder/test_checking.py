import threading

import pytest
from typer.testing import CliRunner

from autograder import checking
from autograder.__main__ import app
from autograder.checking import stamps, wait_for_change


@pytest.fixture
def file(tmp_path):
    file = tmp_path / "conv_inverse.py"
    file.write_text("x = 1\n")
    return file


def returns(path, before) -> bool:
    """Whether a wait ends within half a second; one that does not is left behind."""
    waiting = threading.Thread(target=wait_for_change, args=(path, before), daemon=True)
    waiting.start()
    waiting.join(0.5)
    return not waiting.is_alive()


def test_a_save_between_the_stamps_and_the_wait_is_seen(file):
    for path in (file, file.parent):
        before = stamps(path)
        file.write_text(file.read_text() + "x = 2\n")
        assert returns(path, before)


def test_what_the_check_itself_writes_is_no_save(file):
    before = stamps(file.parent)
    (file.parent / "pictures.html").touch()
    assert not returns(file.parent, before)
    file.write_text("x = 2  # ends the thread\n")


def test_a_file_that_is_gone_or_new_is_a_change(file):
    before = stamps(file.parent)
    file.unlink()
    assert returns(file.parent, before)
    assert stamps(file) == {}
    (file.parent / "fcn.ipynb").touch()
    assert returns(file.parent, stamps(file))


def test_a_save_during_a_check_is_seen_by_the_watch_after_it(file, repository, monkeypatch):
    changed_since = []

    def check(course, read, items, show, changed):
        read()
        file.write_text("saved = 'while the tests run'\n")
        changed()

    monkeypatch.setattr(checking, "check", check)
    monkeypatch.setattr(checking, "wait_for_change", lambda path, before: changed_since.append(stamps(path) != before))
    CliRunner().invoke(app, ["check", str(file), "--watch", "--course", str(repository)])
    assert changed_since == [True]
