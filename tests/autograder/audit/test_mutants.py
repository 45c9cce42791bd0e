from __future__ import annotations

import ast

import pytest

from autograder.audit.mutants import mutants
from autograder.audit.pieces import pieces
from autograder.audit.samples import Kind
from autograder.course import Course
from autograder.errors import ConfigError, UsageError


def test_every_mutant_is_another_program_than_the_solution_and_than_the_others(course):
    source = (course / "solutions/words.py").read_text()
    made = mutants(Course(course))
    trees = [ast.dump(ast.parse(mutant.files["words.py"])) for mutant in made]
    assert len(trees) > 5
    assert ast.dump(ast.parse(source)) not in trees
    assert len(set(trees)) == len(trees) == len({mutant.name for mutant in made})


def test_a_mutant_changes_its_own_function_and_is_asked_for_its_items(course):
    for mutant in mutants(Course(course)):
        within = mutant.name.split()[0]
        changed = mutant.files["words.py"].decode()
        same = {name: piece.text for name, piece in named(source_of(course)).items()}
        now = {name: piece.text for name, piece in named(changed).items()}
        assert {f"words.{name}" for name in same if now.get(name) != same[name]} == {within}
        # A helper can cost what uses it.
        assert mutant.items == {"words._backwards": ("W1",)}[within]


def test_without_verdicts_every_item_of_the_part_is_asked(course):
    (course / "tests/submissions/unfilled_verdicts.yaml").unlink()
    assert {mutant.items for mutant in mutants(Course(course))} == {("W1", "W2")}


def test_an_equivalent_mutant_must_lose_nothing_and_must_exist(course):
    listed = course / "tests/submissions/equivalent_mutants.yaml"
    entry = "{in: words._backwards, line: 'return word[::-1]', becomes: 'return word[::+1]', why: for this test}"
    listed.write_text(f"- {entry}\n")
    [one] = [mutant for mutant in mutants(Course(course)) if mutant.kind is Kind.EQUIVALENT]
    assert "return word[::-1] -> return word[::+1]" in one.name
    assert (one.loses, one.why) == (frozenset(), "for this test")
    listed.write_text(f"- {entry.replace('::-1', '::-9')}\n")
    with pytest.raises(ConfigError, match="no mutant"):
        mutants(Course(course))


def test_what_students_do_not_write_is_not_mutated():
    source = "import os\n\nA = 1\nB = 2  # solution\n\n\nclass Given:  # given\n    x = 1\n\n\nif A > 1:\n    A = 3\n"
    assert [piece.name for piece in pieces(source, "x.py")] == ["A"]


def test_a_decorated_function_is_one_piece():
    [piece] = pieces("@one\n@two(3)\ndef f():\n    return 1\n", "x.py")
    assert piece.text.startswith("@one\n")
    assert (piece.first, piece.last) == (0, 4)


def test_a_solution_that_does_not_parse_is_named():
    with pytest.raises(UsageError, match=r"x\.py, line 1"):
        pieces("def", "x.py")


def source_of(course):
    return (course / "solutions/words.py").read_text()


def named(source):
    return {piece.name: piece for piece in pieces(source, "words.py")}
