"""A changed test is told from those that need not run again."""

from __future__ import annotations

import shutil

import pytest

from autograder.course import Course
from autograder.grounds import grounds

CONFIG = """
course: Shapes
out_of: 4
parts:
  - id: A
    title: Shapes
    module: shapes
    items:
      - {id: A1, title: One, marks: 2, public: {test_one: 1}, hidden: {test_one_more: 1}}
      - {id: A2, title: Two, marks: 1, hidden: {test_two: 1}}
      - {id: A3, title: Three, marks: 1, hidden: {test_three: 1}}
"""
FILES = {
    "public/test_shapes.py": "from helpers import near\n\n\ndef test_one(student):\n    near(student)\n",
    "test_shapes.py": (
        "import pytest\nfrom helpers import near\n\nLIMIT = 3\n\n\n"
        "@pytest.mark.slow\ndef test_one_more(student):\n    near(student)\n\n\n"
        "def test_two(student):\n    assert LIMIT\n"
    ),
    "test_others.py": "from deep import deep\n\n\ndef test_three(student):\n    deep()\n",
    "helpers.py": "def near(student):\n    pass\n",
    "deep.py": "import deeper\n\n\ndef deep():\n    return deeper.DEPTH\n",
    "deeper.py": "DEPTH = 1\n",
    "conftest.py": "",
    "nobodys.py": "",
    "data.npz": "numbers",
}
ALL = {"A1", "A2", "A3"}


@pytest.fixture
def course(tmp_path):
    (tmp_path / "grading_config.yaml").write_text(CONFIG)
    for name, content in FILES.items():
        path = tmp_path / "tests/marked" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return tmp_path


def changed(folder, change):
    """The items that a change has to run again."""
    before = grounds(Course(folder))
    change()
    after = grounds(Course(folder))
    item_of = {test.name: test.item for test in Course(folder).config.plan()}
    return {item_of[name] for name in after if after[name] != before.get(name)}


@pytest.mark.parametrize(
    ("name", "old", "new", "items"),
    [
        ("test_shapes.py", "assert LIMIT", "assert LIMIT > 2", {"A2"}),
        ("test_shapes.py", "mark.slow", "mark.fast", {"A1"}),
        ("test_shapes.py", "LIMIT = 3", "LIMIT = 4", {"A2"}),
        ("public/test_shapes.py", "near(student)\n", "near(student, 2)\n", {"A1"}),
        ("helpers.py", "pass", "return", {"A1"}),
        ("deep.py", "return deeper", "return 1 + deeper", {"A3"}),
        ("deeper.py", "1", "2", {"A3"}),
        ("nobodys.py", "", "X = 1", set()),
        ("conftest.py", "", "X = 1", ALL),
        ("data.npz", "numbers", "other numbers", ALL),
    ],
)
def test_a_change_counts_for_the_items_that_it_reaches(course, name, old, new, items):
    path = course / "tests/marked" / name

    def change():
        path.write_text(path.read_text().replace(old, new, 1))

    assert changed(course, change) == items


@pytest.mark.parametrize(
    ("old", "new", "items"),
    [
        ("title: One", "title: First", set()),
        ("marks: 2, public: {test_one: 1}", "marks: 3, public: {test_one: 2}", set()),
        ("title: Two", "seconds: 3, title: Two", {"A2"}),
        ("out_of: 4", "out_of: 4\nlimits: {memory_mb: 512}", ALL),
        ("out_of: 4", "out_of: 3", set()),
    ],
)
def test_a_setting_counts_where_it_decides_outcomes_and_marks_nowhere(course, old, new, items):
    config = course / "grading_config.yaml"
    assert changed(course, lambda: config.write_text(config.read_text().replace(old, new, 1))) == items


def test_what_is_given_to_students_counts_for_all(course):
    (course / "assignment").mkdir()
    (course / "assignment/data.py").write_text("X = 1")
    config = course / "grading_config.yaml"
    config.write_text(config.read_text() + "given: [data.py]\n")
    assert changed(course, lambda: (course / "assignment/data.py").write_text("X = 2")) == ALL


def test_a_copy_elsewhere_rests_on_the_same(course, tmp_path_factory):
    copy = shutil.copytree(course, tmp_path_factory.mktemp("copy") / "course")
    assert grounds(Course(copy)) == grounds(Course(course))
