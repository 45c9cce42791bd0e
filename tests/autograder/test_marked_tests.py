from __future__ import annotations

import pytest

from autograder.config_file import load
from autograder.marked_tests import MarkedTests

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
        ("conftest.py", "[1]", "[2]", {"test_small", "test_trained", "test_with_data", "test_alone"}),
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


def test_a_test_that_is_not_found_depends_on_everything(folder):
    before = MarkedTests(folder).digest("test_made_somehow")
    (folder / "helpers.py").write_text("def other(): return 3\n")
    assert MarkedTests(folder).digest("test_made_somehow") != before


def test_a_test_in_a_class_is_found(folder):
    (folder / "test_b.py").write_text("class TestMore:\n    def test_in_a_class(self, student):\n        assert 1\n")
    before = MarkedTests(folder).digest("test_in_a_class")
    (folder / "helpers.py").write_text("")
    assert MarkedTests(folder).digest("test_in_a_class") == before
    (folder / "test_b.py").write_text("class TestMore:\n    def test_in_a_class(self, student):\n        assert 2\n")
    assert MarkedTests(folder).digest("test_in_a_class") != before


def test_a_name_that_is_imported_as_another_is_followed(folder):
    (folder / "test_d.py").write_text("from helpers import small as tiny\n\n\ndef test_as(student):\n    tiny()\n")
    before = MarkedTests(folder).digest("test_as")
    helpers = folder / "helpers.py"
    helpers.write_text(helpers.read_text().replace("LIMIT = 3", "LIMIT = 5"))
    after = MarkedTests(folder).digest("test_as")
    (folder / "test_d.py").write_text("from helpers import other as tiny\n\n\ndef test_as(student):\n    tiny()\n")
    assert len({before, after, MarkedTests(folder).digest("test_as")}) == 3


def test_a_mark_of_a_whole_file_counts_for_its_tests(folder):
    marked = folder / "test_a.py"
    marked.write_text(marked.read_text() + "\npytestmark = 1\n")
    before = MarkedTests(folder).digest("test_alone")
    marked.write_text(marked.read_text().replace("pytestmark = 1", "pytestmark = 2"))
    assert MarkedTests(folder).digest("test_alone") != before


def test_a_fixture_named_in_a_text_counts(folder):
    (folder / "test_c.py").write_text("@uses('small')\ndef test_by_name(student): pass\n")
    before = MarkedTests(folder).digest("test_by_name")
    helpers = folder / "helpers.py"
    helpers.write_text(helpers.read_text().replace("LIMIT = 3", "LIMIT = 5"))
    assert MarkedTests(folder).digest("test_by_name") != before


def test_every_marked_test_of_this_course_is_found(repository):
    plan = load(repository / "grading_config.yaml").plan()
    marked = MarkedTests(repository / "tests" / "marked")
    everything = marked.digest("test_that_is_not_there")
    assert all(marked.digest(test.name) != everything for test in plan)
    assert {test.item for test in plan if marked.trains(test.name)} >= {"B6", "B7", "C9", "D3"}
    assert not any(marked.trains(test.name) for test in plan if test.item.startswith("A"))
