import json
from pathlib import Path

import jsonschema
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.config import Config, schema_text
from autograder.config_file import FILE_NAME, load
from autograder.course import Course
from autograder.errors import ConfigError
from autograder.marks.tally import mark_sheet
from autograder.records import Outcome, SubmissionResult, TestResult
from autograder.sandbox.policy import Level

REPOSITORY = Path(__file__).resolve().parents[2]

GOOD = """\
course: A course
out_of: 3

limits:
  seconds: 5

feedback:
  grade: hint

parts:
  - id: A
    title: A part
    module: shapes
    items:
      - id: A1
        title: First
        marks: 1
        public:
          test_first: 1
      - id: A2
        title: Second
        marks: 2
        hidden:
          test_second: 0.5
          test_third: 1.5
"""


@pytest.fixture
def refusal(tmp_path):
    """What `load` says of a text; fails if it is accepted."""

    def of(text: str | bytes) -> str:
        path = tmp_path / FILE_NAME
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        with pytest.raises(ConfigError) as caught:
            load(path)
        message = str(caught.value)
        assert message.startswith(str(path))
        return message.removeprefix(str(path))

    return of


def changed(old: str, new: str) -> str:
    assert GOOD.count(old) == 1, "the test changes something else than it means to"
    return GOOD.replace(old, new)


def line_of(text: str, part: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), start=1) if part in line)


def test_a_right_file_is_read(tmp_path):
    path = tmp_path / FILE_NAME
    path.write_text(GOOD)
    config = load(path)
    assert [item.id for item in config.items] == ["A1", "A2"]
    assert config.modules == ["shapes"]
    assert config.level is Level.REDUCED
    assert [(test.name, test.item, test.seconds) for test in config.plan()] == [
        ("test_first", "A1", 5),
        ("test_second", "A2", 5),
        ("test_third", "A2", 5),
    ]
    assert [test.name for test in config.public_plan(config.items)] == ["test_first"]


MISSPELT = {
    "at the top": ("out_of: 3", "outof: 3", "outof", "out_of"),
    "in limits": ("seconds: 5", "second: 5", "limits.second", "seconds"),
    "in feedback": ("grade: hint", "grades: hint", "feedback.grades", "grade"),
    "in a part": ("module: shapes", "modul: shapes", "parts.0.modul", "module"),
    "in an item": ("title: Second", "titel: Second", "parts.0.items.1.titel", "title"),
    "the item's tests": ("hidden:", "hiden:", "parts.0.items.1.hiden", "hidden"),
}


@pytest.mark.parametrize("where", MISSPELT)
def test_a_misspelt_key_gets_its_line_and_the_right_spelling(where, refusal):
    old, new, key, meant = MISSPELT[where]
    text = changed(old, new)
    assert refusal(text) == f", line {line_of(text, new)}: {key}: unknown key; did you mean {meant!r}?"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    line=st.sampled_from([line for line in GOOD.splitlines() if line.strip() and "test_" not in line]),
    letter=st.sampled_from("abcxyz"),
    place=st.integers(1, 3),
)
def test_any_misspelt_key_names_its_own_line(line, letter, place, refusal):
    key = line.strip().removeprefix("- ").split(":")[0]
    wrong = key[:place] + letter + key[place:]
    number = GOOD.splitlines().index(line)
    lines = GOOD.splitlines()
    lines[number] = line.replace(f"{key}:", f"{wrong}:", 1)
    message = refusal("\n".join(lines))
    assert f", line {number + 1}: " in message
    assert wrong in message


def test_a_key_that_resembles_nothing_gets_no_suggestion(refusal):
    assert refusal(GOOD + "zzzz: 1\n").endswith("zzzz: unknown key")


WRONG = {
    "no number": ("out_of: 3", "out_of: many", "out_of: it should be a valid number", "'many'"),
    "not above 0": ("out_of: 3", "out_of: 0", "out_of: it should be greater than 0", "0"),
    "infinite": ("out_of: 3", "out_of: .inf", "out_of: it should be a finite number", "inf"),
    "limit below its least": ("seconds: 5", "memory_mb: 1", "limits.memory_mb: it should be greater", "1"),
    "no such choice": ("grade: hint", "grade: all", "feedback.grade: it should be 'example' or 'hint'", "'all'"),
    "marks below 0": ("test_second: 0.5", "test_second: -0.5", "hidden.test_second: it should be greater", "-0.5"),
    "marks that are no number": ("test_third: 1.5", "test_third: .nan", "hidden.test_third: it should be a f", "nan"),
    "module with its suffix": ("module: shapes", "module: shapes.py", "parts.0.module: ", "'shapes.py'"),
    "id with a space": ("id: A2", "id: A 2", "parts.0.items.1.id: ", "'A 2'"),
    "test that is no word": ("test_first: 1", "1: 1", "public.1: it should be a valid string", "1"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_value_gets_line_key_what_was_expected_and_what_was_there(what, refusal):
    old, new, expected, got = WRONG[what]
    text = changed(old, new)
    message = refusal(text)
    assert message.startswith(f", line {line_of(text, new)}: ")
    assert expected in message
    assert message.endswith(f"got {got}")


@pytest.mark.parametrize("key", ["course", "out_of", "parts"])
def test_a_missing_key_at_the_top_is_named(key, refusal):
    data = yaml.safe_load(GOOD)
    del data[key]
    assert refusal(yaml.safe_dump(data)).endswith(f"{key}: this key is missing")


@pytest.mark.parametrize("key", ["title", "marks"])
def test_a_missing_key_of_an_item_is_named_with_the_items_line(key, refusal):
    line = next(line for line in GOOD.splitlines()[20:] if f"{key}:" in line)
    text = GOOD.replace(line + "\n", "")
    assert refusal(text) == f", line {line_of(text, 'id: A2')}: parts.0.items.1.{key}: this key is missing"


@pytest.mark.parametrize(
    ("text", "line", "key"),
    [
        ("course: B\n" + GOOD, 2, "course"),
        (changed("          test_third: 1.5\n", "          test_second: 1.5\n"), 25, "test_second"),
        (changed("    title: A part\n", "    title: A part\n    title: B\n"), 13, "title"),
    ],
)
def test_a_key_that_stands_twice_is_refused_with_its_line(text, line, key, refusal):
    assert refusal(text) == f", line {line}: the key {key!r} stands here twice"


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(marks=st.lists(st.integers(0, 20), min_size=1, max_size=4), stated=st.integers(1, 60))
def test_an_items_tests_must_add_up_to_its_marks(marks, stated, tmp_path):
    data = yaml.safe_load(GOOD)
    hidden = {f"test_{index}": mark / 4 for index, mark in enumerate(marks)}
    data["parts"][0]["items"][1] |= {"marks": stated / 4, "hidden": hidden}
    path = tmp_path / FILE_NAME
    path.write_text(yaml.safe_dump(data))
    if sum(marks) == stated:
        assert load(path).items[1].tests == hidden
    else:
        with pytest.raises(ConfigError, match=r"items\.1: the tests of item A2 add up to .* marks, and the item has"):
            load(path)


def test_tests_that_do_not_add_up_are_refused_at_their_items_line(refusal):
    text = changed("test_third: 1.5", "test_third: 1")
    message = refusal(text)
    assert message.startswith(f", line {line_of(text, 'id: A2')}: ")
    assert "add up to 1.5 marks, and the item has 2" in message


def test_an_item_without_tests_is_refused_at_its_line(refusal):
    text = changed("        public:\n          test_first: 1\n", "")
    message = refusal(text)
    assert message.startswith(f", line {line_of(text, 'id: A1')}: ")
    assert "item A1 has no test" in message


def test_the_students_copy_may_leave_tests_out(tmp_path):
    path = tmp_path / FILE_NAME
    path.write_text("handout: true\n" + changed("          test_second: 0.5\n", ""))
    assert list(load(path).items[1].tests) == ["test_third"]


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("id: A2", "id: A1", "'A1'"),
        ("id: A2", "id: A", "'A'"),  # both would be a column A of marks.csv
        ("test_second: 0.5", "test_first: 0.5", "test 'test_first'"),
    ],
)
def test_a_name_that_stands_for_two_things_is_refused_at_the_second(old, new, named, refusal):
    text = changed(old, new)
    message = refusal(text)
    second = max(number for number, line in enumerate(text.splitlines(), start=1) if new in line)
    assert message.startswith(f", line {second}: ")
    assert f"{named} appears twice" in message


def test_a_test_that_is_public_and_hidden_is_refused(refusal):
    assert "test 'test_first' appears twice" in refusal(
        changed("          test_first: 1\n", "          test_first: 1\n        hidden:\n          test_first: 0\n")
    )


def test_two_parts_with_one_module_are_refused(refusal):
    second = GOOD[GOOD.index("  - id: A\n") :].replace("A1", "B1").replace("A2", "B2").replace("id: A\n", "id: B\n")
    assert "module 'shapes' appears twice" in refusal(GOOD + second.replace("test_", "test_b_"))


@pytest.mark.parametrize(
    "text",
    [
        "a: [",
        "a: b: c",
        "a: *nowhere",
        "\tcourse: x",
        "a: !!python/object/apply:os.getcwd []",
        "a: 1\n---\nb: 2\n",
        "\x01",
        "{[a, b]: 1}",
        "{{a: 1}: 1}",
    ],
)
def test_what_is_no_yaml_or_no_plain_yaml_is_a_sentence(text, refusal):
    assert len(refusal(text)) > 10


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "[1, 2]", "just words", "3"])
def test_an_empty_file_or_one_without_keys_is_a_sentence(text, refusal):
    assert refusal(text) == " is empty, or no mapping of keys to values"


def test_a_file_that_contains_itself_is_a_sentence(refusal):
    assert "unknown key" in refusal(GOOD + "again: &x [*x]\n")
    assert "preload.0" in refusal(GOOD + "preload: &x [*x]\n")


def test_a_file_that_is_no_text_is_a_sentence(refusal):
    assert "cannot be read" in refusal(b"course: \xff\xfe\n")


def test_a_missing_file_says_where_to_run(tmp_path):
    with pytest.raises(ConfigError, match=r"does not exist; run from a course's folder, or name it with --course"):
        load(tmp_path / FILE_NAME)


def test_a_folder_of_that_name_is_a_sentence(tmp_path):
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path / FILE_NAME)


@pytest.mark.parametrize("more", ["", "rubric: old\n"])
def test_a_file_of_another_version_says_so_before_all_else(more, refusal):
    message = refusal("version: 2\n" + more + GOOD.replace("marks:", "points:"))
    assert message.startswith(", line 1: version: this file's layout is of another version")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=60) | st.binary(max_size=60))
def test_any_file_is_read_or_refused_in_a_sentence(text, refusal):
    refusal(text if isinstance(text, bytes) else text.encode())


def test_totals_out_of_one_number_can_count_out_of_another():
    data = yaml.safe_load(GOOD) | {"out_of": 2.7, "lms_out_of": 30}
    config = Config.model_validate(data)
    results = [TestResult(test.name, Outcome.PASSED) for test in config.plan()]
    sheet = mark_sheet(SubmissionResult("amal", "", tuple(results)), "full", config)
    assert (sheet.total, sheet.lms_mark) == (2.7, 30)


@pytest.fixture
def course(tmp_path):
    (tmp_path / FILE_NAME).write_text(GOOD)
    return Course(tmp_path)


def collected(course, **renamed):
    """What pytest would collect for GOOD, with some tests renamed; None leaves one out."""
    tests = {"test_first": course.public, "test_second": course.marked, "test_third": course.marked}
    names = {name: renamed.get(name, name) for name in tests}
    return [(names[name], str(folder / "test_shapes.py")) for name, folder in tests.items() if names[name]]


def test_tests_that_fit_the_config_are_accepted(course):
    course.check_tests(collected(course))
    course.check_tests(collected(course)[:1], public_only=True)


def test_a_test_without_an_item_is_named_with_the_fix(course):
    with pytest.raises(ConfigError, match=r"test_shapes\.py: test_more belongs to no item; name it under hidden:"):
        course.check_tests([*collected(course), ("test_more", str(course.marked / "test_shapes.py"))])


def test_an_item_without_its_test_is_named_with_the_nearest_test(course):
    tests = [(name.replace("test_third", "test_thrid"), path) for name, path in collected(course)]
    with pytest.raises(ConfigError, match=r"test_thrid belongs to no item"):
        course.check_tests(tests)
    with pytest.raises(ConfigError, match=r"there is no test test_third in .*marked; did you mean 'test_"):
        course.check_tests(collected(course, test_third=None)[1:] + collected(course)[:1])


def test_a_public_test_that_the_config_calls_hidden_is_named(course):
    tests = [*collected(course)[:1], ("test_second", str(course.public / "test_shapes.py"))]
    with pytest.raises(ConfigError, match=r"test_second belongs to no item; name it under public:"):
        course.check_tests(tests)


def test_a_hidden_test_that_the_config_calls_public_is_named(course):
    with pytest.raises(ConfigError, match=r"test_first belongs to no item; name it under hidden:"):
        course.check_tests([("test_first", str(course.marked / "test_shapes.py"))])


def test_two_tests_of_one_name_are_named_with_their_files(course):
    tests = [*collected(course), ("test_first", str(course.public / "test_more.py"))]
    with pytest.raises(ConfigError, match=r"two tests are called test_first: in .*test_shapes\.py and in .*test_more"):
        course.check_tests(tests)


def test_the_schema_in_docs_is_the_one_that_the_models_make():
    committed = (REPOSITORY / "docs" / "grading_config.schema.json").read_text(encoding="utf-8")
    assert json.loads(committed) == json.loads(schema_text())


def test_the_schema_accepts_this_repositorys_config_and_refuses_a_misspelt_key():
    schema = json.loads(schema_text())
    data = yaml.safe_load((REPOSITORY / FILE_NAME).read_text(encoding="utf-8"))
    jsonschema.validate(data, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data | {"outof": 3}, schema)


def test_public_tests_are_planned_before_hidden_ones(repository):
    """Or a student's process could tell, in a public test's message, what a hidden one asked it."""
    config = load(repository / "grading_config.yaml")
    public = {name for item in config.items for name in item.public}
    visible = [test.name in public for test in config.plan()]
    assert visible == sorted(visible, reverse=True)
    assert 0 < sum(visible) < len(visible)
