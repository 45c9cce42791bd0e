import contextlib
import fcntl
import resource
import sqlite3
import subprocess
import sys
from collections import defaultdict
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.errors import UsageError
from autograder.marks.store import FILE_NAME, open_store
from autograder.pictures import Curve, Images
from autograder.records import ClassFound, Outcome, SubmissionResult, TestResult

IN_FOLDER = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

text = st.text(max_size=20)
RESTING = defaultdict(lambda: "course")  # the same for every test
seconds = st.floats(0, 1000, allow_nan=False)
results = st.lists(
    st.builds(TestResult, text, st.sampled_from(Outcome), text, text, seconds),
    max_size=4,
    unique_by=lambda each: each.test,
)
submissions = st.builds(
    SubmissionResult,
    text,
    text,
    results.map(tuple),
    st.lists(text, max_size=3).map(tuple),
    text,
    seconds,
    submitted_at=text,
    lms_id=text,
)


def graded(student, *outcomes, digest="d", message=""):
    tests = tuple(TestResult(f"test_{index}", outcome, message) for index, outcome in enumerate(outcomes))
    return SubmissionResult(student, digest, tests)


@contextlib.contextmanager
def full_disk(allowed: int):
    """Within the block no file of this process may grow past so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (allowed, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@IN_FOLDER
@given(st.lists(submissions, max_size=5, unique_by=lambda each: each.student), st.sampled_from(["full", "none"]))
def test_what_is_put_is_what_is_read_sorted_by_student(tmp_path_factory, those, wall):
    folder = tmp_path_factory.mktemp("out")
    with open_store(folder) as store:
        for each in those:
            store.put(each, RESTING, wall)
    with open_store(folder) as store:
        read = store.results()
    assert [result for result, _ in read] == sorted(those, key=lambda each: each.student.encode())
    assert all(each == wall for _, each in read)
    assert sorted(result.wall_seconds for result, _ in read) == sorted(each.wall_seconds for each in those)
    assert all(datetime.fromisoformat(result.graded_at) for result, _ in read)


@IN_FOLDER
@given(st.lists(submissions, min_size=1, max_size=6))
def test_the_last_result_of_a_student_replaces_all_of_the_earlier(tmp_path_factory, those):
    with open_store(tmp_path_factory.mktemp("out")) as store:
        for each in those:
            store.put(each, RESTING, "full")
        assert {result.student: result for result, _ in store.results()} == {each.student: each for each in those}


KEY = ("amal", "d", "full")


@pytest.mark.parametrize("asked", [KEY, *[(*KEY[:index], "other", *KEY[index + 1 :]) for index in range(3)]])
def test_outcomes_stand_only_for_the_same_files_and_wall(asked, tmp_path):
    resting = {"test_0": "this", "test_1": "that"}
    with open_store(tmp_path) as store:
        store.put(graded("amal", Outcome.FAILED, Outcome.TIMED_OUT), resting, "full")
        assert store.standing(*asked) == (resting if asked == KEY else {})


def test_outcomes_that_are_kept_stand_beside_the_new_ones(tmp_path):
    first = graded("amal", *[Outcome.PASSED] * 3)
    second = replace(first, results=(TestResult("test_1", Outcome.FAILED),))
    with open_store(tmp_path) as store:
        store.put(first, RESTING, "full")
        store.put(second, {"test_1": "new"}, "full", kept=["test_0"])
        assert store.standing(*KEY) == {"test_0": "course", "test_1": "new"}
        [(result, _)] = store.results()
        assert {each.test: each.outcome for each in result.results} == {
            "test_0": Outcome.PASSED,
            "test_1": Outcome.FAILED,
        }


def test_where_the_class_was_is_kept_the_last_time_last(tmp_path):
    with open_store(tmp_path) as store:
        assert store.classes_found() == []
        for place in ("here", "there", "here"):
            store.note_class(ClassFound(place, "plain", "grade"))
        assert [each.path for each in store.classes_found()] == ["there", "here"]


@given(st.lists(st.sampled_from(Outcome), max_size=5))
@IN_FOLDER
def test_an_error_of_ours_never_stands(tmp_path_factory, outcomes):
    with open_store(tmp_path_factory.mktemp("out")) as store:
        store.put(graded("amal", *outcomes), RESTING, "full")
        right = [f"test_{index}" for index, each in enumerate(outcomes) if each is not Outcome.GRADER_ERROR]
        assert sorted(store.standing(*KEY)) == right


def test_another_students_error_of_ours_changes_nothing(tmp_path):
    with open_store(tmp_path) as store:
        store.put(graded("amal", Outcome.PASSED), RESTING, "full")
        store.put(graded("bo", Outcome.GRADER_ERROR), RESTING, "full")
        assert store.standing(*KEY)
        store.put(graded("bo", Outcome.PASSED), RESTING, "full")
        assert store.standing("bo", "d", "full")


def test_a_killed_command_leaves_what_it_had_put(tmp_path):
    script = (
        "import os, sys; from pathlib import Path\n"
        "from autograder.marks.store import open_store\n"
        "from autograder.records import Outcome, SubmissionResult, TestResult\n"
        "with open_store(Path(sys.argv[1])) as store:\n"
        "    store.put(SubmissionResult('amal', 'd', (TestResult('test_0', Outcome.PASSED),)), {'test_0': 'course'}, 'full')\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    assert subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False).returncode == -9
    with open_store(tmp_path) as store:
        assert store.standing(*KEY)


def test_a_second_command_is_told_to_wait(tmp_path):
    with open_store(tmp_path):
        with pytest.raises(UsageError, match="another command is writing to"), open_store(tmp_path):
            pass
        with open_store(tmp_path / "other"):
            pass
    with open_store(tmp_path):
        pass  # the first has let go


def test_a_refused_second_command_does_not_end_the_lock_of_the_first(tmp_path):
    with open_store(tmp_path):
        for _ in range(2):
            with pytest.raises(UsageError), open_store(tmp_path):
                pass


def test_a_file_system_that_cannot_lock_a_folder_is_no_hindrance(tmp_path, monkeypatch):
    def flock(descriptor, operation):
        raise OSError(9, "Bad file descriptor")

    monkeypatch.setattr(fcntl, "flock", flock)
    with open_store(tmp_path) as store:
        store.put(graded("amal", Outcome.PASSED), RESTING, "full")
        assert store.standing(*KEY)


def test_a_full_disk_is_a_sentence_and_loses_nothing(tmp_path):
    with open_store(tmp_path) as store:
        store.put(graded("amal", Outcome.PASSED), RESTING, "full")
        kept = store.results()
        size = (tmp_path / FILE_NAME).stat().st_size
        with full_disk(size), pytest.raises(UsageError, match=r"cannot be written: .* What was graded before is safe"):
            store.put(graded("bo", Outcome.FAILED, message="x" * 100_000), RESTING, "full")
        assert store.results() == kept
        store.put(graded("bo", Outcome.FAILED, message="x" * 100_000), RESTING, "full")  # there is room again
        assert store.standing("bo", "d", "full")


def test_a_result_that_cannot_be_put_leaves_the_students_earlier_one(tmp_path):
    twice = SubmissionResult("amal", "new", (TestResult("test", Outcome.PASSED), TestResult("test", Outcome.FAILED)))
    with open_store(tmp_path) as store:
        store.put(graded("amal", Outcome.PASSED), RESTING, "full")
        kept = store.results()
        with pytest.raises(UsageError):
            store.put(twice, RESTING, "full")
        assert store.results() == kept


def test_a_disk_that_is_full_from_the_start_is_a_sentence(tmp_path):
    with full_disk(0), pytest.raises(UsageError, match=r"is the folder writable"), open_store(tmp_path):
        pass


@pytest.mark.parametrize("place", ["a_file", "a_file/below"])
def test_a_place_that_cannot_be_a_folder_is_a_sentence(place, tmp_path):
    (tmp_path / "a_file").write_text("x")
    sentence = r"cannot be used for output: .*; choose another with --out"
    with pytest.raises(UsageError, match=sentence), open_store(tmp_path / place):
        pass


def test_a_read_only_folder_is_a_sentence_and_its_marks_stay(open_folder, as_nobody):
    with open_store(open_folder) as store:
        store.put(graded("amal", Outcome.PASSED), RESTING, "full")
    (open_folder / FILE_NAME).chmod(0o444)
    open_folder.chmod(0o555)
    with as_nobody():
        with open_store(open_folder) as store:
            kept = store.results()
            with pytest.raises(UsageError, match="cannot be written"):
                store.put(graded("bo", Outcome.PASSED), RESTING, "full")
            assert store.results() == kept
        with pytest.raises(UsageError, match="cannot be used for output: Permission"), open_store(open_folder / "new"):
            pass


@pytest.mark.parametrize("content", [b"no database at all" * 100, b"SQLite format 3\0" + b"\xff" * 4096])
def test_a_file_that_is_no_store_is_a_sentence_and_stays(content, tmp_path):
    (tmp_path / FILE_NAME).write_bytes(content)
    with pytest.raises(UsageError, match=rf"{FILE_NAME}: .* the file a marks store\?"), open_store(tmp_path):
        pass
    assert (tmp_path / FILE_NAME).read_bytes() == content


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_store_is_read_or_refused_in_a_sentence(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("out")
    with open_store(folder) as store:
        for name in ("amal", "bo"):
            store.put(graded(name, *Outcome, message="m" * 300), RESTING, "full")
    content = bytearray((folder / FILE_NAME).read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        begin = data.draw(st.integers(0, len(content) - 1))
        content[begin : begin + 50] = data.draw(st.binary(min_size=50, max_size=50))
    (folder / FILE_NAME).write_bytes(content)
    with contextlib.suppress(UsageError), open_store(folder) as store:
        store.standing(*KEY)
        store.results()
        store.put(graded("amal", Outcome.PASSED), RESTING, "full")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE outcomes SET outcome = 'EXCELLENT'",
        "UPDATE submissions SET flags = 'no list'",
        "ALTER TABLE submissions RENAME COLUMN sandbox TO wall",
    ],
)
def test_a_store_of_another_version_is_a_sentence_with_a_way_out(change, tmp_path):
    with open_store(tmp_path) as store:
        store.put(graded("amal", Outcome.PASSED), RESTING, "full")
    with contextlib.closing(sqlite3.connect(tmp_path / FILE_NAME)) as connection, connection:
        connection.execute(change)
    with open_store(tmp_path) as store, pytest.raises(UsageError, match=r"cannot be read: .*; move it away to grade"):
        store.results()


PICTURES = (Images("Digits", ("a row",), 1, (2, 2, 1), bytes(4)), Curve("Loss", "epoch", "loss", (1.0, 0.5)))


def test_pictures_are_read_by_themselves_and_go_with_their_submission(tmp_path):
    pictured = TestResult("test_it", Outcome.PASSED, pictures=PICTURES)
    with open_store(tmp_path) as store:
        store.put(SubmissionResult("amal", "d", (pictured,)), RESTING, "full")
        store.put(SubmissionResult("bo", "d", (pictured,)), RESTING, "full")
    with open_store(tmp_path) as store:
        assert store.pictures("amal") == {"test_it": PICTURES}
        assert store.pictures("nobody") == {}
        assert [each.pictures for result, _ in store.results() for each in result.results] == [(), ()]
        store.put(graded("amal", Outcome.PASSED, digest="another"), RESTING, "full")
        assert (store.pictures("amal"), len(store.pictures("bo"))) == ({}, 1)


def test_damaged_pictures_are_said_in_a_sentence(tmp_path):
    pictured = TestResult("test_it", Outcome.PASSED, pictures=PICTURES)
    with open_store(tmp_path) as store:
        store.put(SubmissionResult("amal", "d", (pictured,)), RESTING, "full")
    with contextlib.closing(sqlite3.connect(tmp_path / FILE_NAME)) as connection, connection:
        connection.execute("UPDATE pictures SET pictures = x'00'")
    with open_store(tmp_path) as store, pytest.raises(UsageError, match="cannot be read"):
        store.pictures("amal")
