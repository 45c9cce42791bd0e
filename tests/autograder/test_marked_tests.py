from __future__ import annotations

import pytest

from autograder.audit.dependence import MarkedTests

FILES = {
    "helpers.py": """
        from autograder.grader import training
        LIMIT = 3
        def small(): return LIMIT
        def other(): return 1
        @training("words", "train")
        def trained(student): return small()
    """,
    "conftest.py": """
        import pytest
        @pytest.fixture
        def data(): return [1]
    """,
    "test_a.py": """
        from helpers import small, trained
        def test_small(student): assert small()
        def test_trained(student): assert trained(student)
        def test_with_data(student, data): assert data
        def test_alone(student): assert True
    """,
}


@pytest.fixture
def folder(tmp_path):
    for name, text in FILES.items():
        lines = [line.removeprefix("        ") for line in text.splitlines()]
        (tmp_path / name).write_text("\n".join(lines))
    return tmp_path


def changed_by(folder, name, old, new):
    tests = ("test_small", "test_trained", "test_with_data", "test_alone")
    before = {test: MarkedTests(folder).digest(test) for test in tests}
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new))
    after = MarkedTests(folder)
    return {test for test in tests if after.digest(test) != before[test]}


@pytest.mark.parametrize(
    ("name", "old", "new", "tests"),
    [
        ("helpers.py", "LIMIT = 3", "LIMIT = 4", {"test_small", "test_trained"}),
        ("helpers.py", "return LIMIT", "return 2", {"test_small", "test_trained"}),
        ("helpers.py", "def other(): return 1", "def other(): return 2", set()),
        ("helpers.py", 'training("words"', 'training("others"', {"test_trained"}),
        ("conftest.py", "[1]", "[2]", {"test_with_data"}),
        ("test_a.py", "assert True", "assert 1", {"test_alone"}),
        ("test_a.py", "assert True", "assert True  # a comment", set()),
    ],
)
def test_a_change_reaches_the_tests_that_name_it_and_no_others(folder, name, old, new, tests):
    assert changed_by(folder, name, old, new) == tests


def test_what_is_no_python_counts_for_all_tests(folder):
    (folder / "weights.npz").write_bytes(b"1")
    before = MarkedTests(folder).digest("test_alone")
    (folder / "weights.npz").write_bytes(b"2")
    assert MarkedTests(folder).digest("test_alone") != before


def test_a_test_that_reaches_a_training_trains(folder):
    marked = MarkedTests(folder)
    assert marked.trains("test_trained")
    assert not any(marked.trains(test) for test in ("test_small", "test_with_data", "test_alone"))


def test_a_test_that_is_not_there_has_no_digest(folder):
    assert MarkedTests(folder).digest("test_missing") == ""


def test_every_marked_test_of_this_course_is_found(repository):
    from autograder.config import load

    plan = load(repository / "grading_config.yaml").plan()
    marked = MarkedTests(repository / "tests" / "marked")
    assert all(marked.digest(test.name) for test in plan)
    assert {test.item for test in plan if marked.trains(test.name)} >= {"B6", "B7", "C9", "D3"}
    assert not any(marked.trains(test.name) for test in plan if test.item.startswith("A"))
