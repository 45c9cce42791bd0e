import doctest
import inspect
import types
from pathlib import Path

import pytest

from autograder.errors import UsageError
from autograder.release.stubs import blocks, is_given, stub

COURSE = Path(__file__).parents[3]
SOLUTIONS = sorted(
    path for path in (COURSE / "solutions").glob("*.py") if not is_given(path.read_text(encoding="utf-8"))
)

SOLUTION = '''"""A part.

More of it.
"""

import math
from functools import (
    cache,
)
import secrets  # solution

# ## A story
#
# told in Markdown

LIMIT = 3
_SECRET = 4
# said of nothing that is left
_MORE: int = 5


# attached to the next function
@cache
def area(
    width: int, height: dict[str, int] = {"a": 1}
) -> int:
    """Return the area."""
    # Hint: multiply.
    #
    # Hint: twice.

    # a remark inside the solution
    return width * _times(height)


def _times(height):
    return 2


class Net:
    """A network."""

    size = 3
    depth = 4  # solution

    def __init__(self, width: int = 2) -> None:
        # Hint: layers.
        super().__init__()

    @property
    def width(self) -> int:
        """How wide it is."""
        return 42

    def _helper(self) -> None:
        """Help."""

    def given(self) -> int:  # given
        return 43


def no_hints() -> int:
    return 44


class Empty:
    def _private(self):
        return 45


def given() -> int:  # given
    """Return 46."""
    return 46
'''


def module_of(source: str) -> types.ModuleType:
    module = types.ModuleType("a_stub")
    exec(compile(source, "a_stub", "exec"), module.__dict__)
    return module


def test_bodies_are_gone_and_the_rest_stays() -> None:
    text = stub(SOLUTION, "a.py")
    for kept in (
        "import math",
        "LIMIT = 3",
        "    cache,\n",
        "# told in Markdown",
        "# attached to the next function\n@cache",
    ):
        assert kept in text
    for kept in (
        "    # Hint: multiply.\n    #\n    # Hint: twice.\n",
        '"""A network."""',
        "    size = 3",
        "return 43",
        "46",
    ):
        assert kept in text
    for gone in (
        "secrets",
        "_SECRET",
        "_MORE",
        "_times",
        "depth",
        "_helper",
        "return 42",
        "44",
        "45",
        "said of nothing",
    ):
        assert gone not in text
    assert "# solution" not in text
    assert "# given" not in text


def test_a_stub_imports_and_what_is_not_given_raises() -> None:
    module = module_of(stub(SOLUTION, "a.py"))
    assert module.given() == 46
    assert module.LIMIT == 3
    assert module.Empty
    for call in (lambda: module.area(1), module.no_hints, module.Net):
        with pytest.raises(NotImplementedError, match="still to be written"):
            call()


def test_signatures_survive() -> None:
    module = module_of(stub(SOLUTION, "a.py"))
    assert str(inspect.signature(module.area)) == "(width: int, height: dict[str, int] = {'a': 1}) -> int"
    assert module.area.__doc__ == "Return the area."
    assert str(inspect.signature(module.Net.__init__)) == "(self, width: int = 2) -> None"


def test_stories_are_blocks_of_their_own() -> None:
    kinds = [(block.kind, block.name) for block in blocks(SOLUTION, "a.py")]
    assert kinds[:4] == [("docstring", ""), ("code", ""), ("story", ""), ("code", "")]
    assert ("code", "area") in kinds


def test_a_given_module_is_handed_out_as_it_stands() -> None:
    source = "# given\n\nx = 1\n\n\ndef f():\n    return x\n"
    assert is_given(source)
    assert stub(source, "data.py") == "x = 1\n\n\ndef f():\n    return x\n"


def test_what_does_not_parse_is_named() -> None:
    with pytest.raises(UsageError, match=r"solutions/a\.py, line 2 is not valid Python"):
        stub("x = 1\ndef f(:\n", "solutions/a.py")


def test_a_body_on_the_line_of_its_def_is_refused() -> None:
    with pytest.raises(UsageError, match="line 1: write the body of f on lines of its own"):
        stub("def f(): return 1\n", "a.py")


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.name)
def test_every_function_of_the_course_raises(path: Path) -> None:
    module = module_of(stub(path.read_text(encoding="utf-8"), path.name))
    functions = [value for value in vars(module).values() if isinstance(value, types.FunctionType)]
    assert functions or any(isinstance(value, type) for value in vars(module).values())
    for function in functions:
        needed = [p for p in inspect.signature(function).parameters.values() if p.default is p.empty]
        with pytest.raises(NotImplementedError, match=function.__name__):
            function(*[None] * len(needed))


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.name)
def test_the_worked_examples_of_the_course_are_right(path: Path) -> None:
    """The docstrings that students read, run against the solution."""
    module = types.ModuleType(path.stem)
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), module.__dict__)
    runner = doctest.DocTestRunner(verbose=False)
    for test in doctest.DocTestFinder(exclude_empty=True).find(module, path.stem):
        runner.run(test)
    assert runner.failures == 0
