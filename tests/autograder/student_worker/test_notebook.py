import json
import sys
import time
import types

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.student_worker import notebook
from autograder.student_worker.modules import Absent, ImportFailed, Modules

NAME = "student_notebook"


@pytest.fixture
def load():
    """Load cells as the student's module; the module, and what failed."""

    def run(*cells: str) -> tuple[types.ModuleType, notebook.NotebookModule]:
        module = types.ModuleType(NAME)
        sys.modules[NAME] = module
        return module, notebook.load(dict(enumerate(cells, start=1)), module)

    yield run
    sys.modules.pop(NAME, None)


DEFINITION = "def area(width, height):\n    return width * height"


@pytest.mark.parametrize(
    "cell",
    [
        "%matplotlib inline\n" + DEFINITION,
        "!pip install torch\n" + DEFINITION,
        "%load_ext autoreload\n%autoreload 2\n" + DEFINITION + "\n%timeit area(1, 2)",
        "%%time\n" + DEFINITION,
        "%%timeit -n 1\n" + DEFINITION,
        "%%capture output\n" + DEFINITION,
        "%%writefile area.py\n" + DEFINITION,
        "\n\n  %%time\n" + DEFINITION,
        DEFINITION + "\narea?",
        DEFINITION + "\n??area",
        "files = !ls\n" + DEFINITION,
        "%cd data\n\n" + DEFINITION + "\n\narea(1, 2);",
    ],
)
def test_magics_cost_no_definition(cell, load):
    module, loaded = load(cell)
    assert module.area(2, 3) == 6
    assert loaded.problems == {}


@pytest.mark.parametrize("magic", ["bash", "html", "javascript", "latex", "sh", "writefile notes.txt", "perl"])
def test_cells_in_another_language_are_ignored(magic, load):
    module, loaded = load(f"%%{magic}\ndef area(: $x <b> '\"", DEFINITION)
    assert module.area(2, 3) == 6
    assert loaded.problems == {}


def test_a_broken_cell_costs_only_its_own_names(load):
    module, loaded = load("def one():\n    return 1", "def two()\n    return 2", "def three():\n    return 3")
    assert (module.one(), module.three()) == (1, 3)
    assert not hasattr(module, "two")
    assert list(loaded.problems) == [2]
    assert loaded.problems[2].startswith("SyntaxError")


def test_the_hint_names_the_cell_that_meant_to_define_the_name(load):
    cells = ["def one()\n    return 1", "class Two(Nothing):\n    pass", "three = 1 / 0\ndef f(): return three"]
    _, loaded = load(*cells)
    sources = [notebook.Cell("code", cell) for cell in cells]
    assert "code cell 1, which defines it, fails with SyntaxError" in loaded.hint_for("one", sources)
    assert "code cell 2, which defines it, fails with NameError" in loaded.hint_for("Two", sources)
    assert "code cell 3, which defines it, fails with ZeroDivisionError" in loaded.hint_for("three", sources)
    assert loaded.hint_for("four", sources) == ""
    assert loaded.first_problem().startswith("; code cell 1 fails with")


def test_there_is_no_hint_where_nothing_failed(load):
    _, loaded = load(DEFINITION)
    assert loaded.hint_for("volume", [notebook.Cell("code", DEFINITION)]) == ""
    assert loaded.first_problem() == ""


@pytest.mark.parametrize(
    ("block", "word"),
    [
        ("if input() == 'y':", "if"),
        ("for _ in range(1):", "for"),
        ("while not done():", "while"),
        ("with torch.no_grad():", "with"),
        ("try:\n    prepare()\nfinally:", "try"),
    ],
)
def test_the_hint_names_the_block_that_holds_a_definition(block, word, load):
    cell = "import math\n" + block + "\n" + "".join(f"    {line}\n" for line in DEFINITION.splitlines())
    module, loaded = load("x = 1", cell)
    assert not hasattr(module, "area")
    hint = loaded.hint_for("area", [notebook.Cell("code", "x = 1"), notebook.Cell("code", cell)])
    assert hint.startswith(f"; code cell 2 defines it inside `{word}`, and only what stands at the top level")


@pytest.mark.parametrize("kind", ["markdown", "raw"])
def test_the_hint_names_a_cell_that_holds_code_and_is_none(kind, load):
    _, loaded = load("x = 1")
    cells = [notebook.Cell("code", "x = 1"), notebook.Cell(kind, "Look:\n\n" + DEFINITION)]
    assert loaded.hint_for("area", cells) == f"; a {kind} cell, cell 2 of all, holds it: make it a code cell"
    assert loaded.hint_for("volume", cells) == ""


def test_a_problem_is_remembered_though_the_rest_of_its_cell_works(load):
    module, loaded = load("class Net(Missing):\n    pass\n\ndef works():\n    return 1\n\nimport math")
    assert module.works() == 1
    assert loaded.problems == {1: "NameError: name 'Missing' is not defined"}


@pytest.mark.parametrize(
    "broken",
    [
        "x = 1/0\ndef uses(): return x",
        "def f(x=undefined): pass",
        "import no_such_module_anywhere",
        "@undefined\ndef f(): pass",
        "return 3",
        "a\0b",
        "x = '\ud800'\ndef uses(): return x",
        "(" * 400 + ")" * 400,
        "def f(:",
        "%%time\ndef f(:",
        "\tindented = 1\nnot_indented = 2",
        "def f():\n    x = 1\n    global x",
        "print('unfinished",
        "x = exit_now\ndef uses(): return x",
    ],
    ids=lambda cell: ascii(cell[:24]),
)
def test_no_broken_cell_costs_another_cells_names(broken, load):
    module, _ = load(broken, DEFINITION, broken)
    assert module.area(2, 3) == 6


@pytest.mark.filterwarnings("ignore::UserWarning")  # IPython's, of lines that end oddly
@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=40), max_size=3), st.integers(0, 3))
def test_no_text_in_a_cell_costs_another_cells_names(cells, place):
    module = types.ModuleType(NAME)
    cells[place:place] = [DEFINITION]
    loaded = notebook.load(dict(enumerate(cells)), module)
    assert module.area(2, 3) == 6
    assert set(loaded.problems) <= set(range(len(cells)))


CHAIN = [
    "import math",
    "WIDTH = 4",
    "HEIGHT = WIDTH + 1",
    "def scaled(number):\n    return WIDTH * number",
    "def twice(function):\n    return lambda *a: 2 * function(*a)",
    "@twice\ndef area(height=HEIGHT):\n    return scaled(height)",
    "class Shape:\n    sides = HEIGHT",
    "class Square(Shape):\n    corners = Shape.sides - 1",
    "def corners():\n    return math.floor(Square().corners)",
]


@settings(max_examples=60, deadline=None)
@given(st.permutations(CHAIN))
def test_cells_may_stand_in_any_order(cells):
    module = types.ModuleType(NAME)
    loaded = notebook.load(dict(enumerate(cells, start=1)), module)
    assert loaded.problems == {}
    assert (module.scaled(2), module.corners(), module.area(5)) == (8, 4, 40)


RECORD = "ran = []\n\ndef record(what):\n    ran.append(what)\n    return [what]\n"


@pytest.mark.parametrize(
    "cell",
    [
        "record('training')",
        "for epoch in range(3):\n    record(epoch)",
        "while record(1) and len(ran) < 3:\n    pass",
        "with open(record('file')[0]) as stream:\n    pass",
        "record('plot')\nplt.show()",
        "history = record('training')",
        "history: list = record('training')",
        "history = record('training')\nprint(history)",
        "history, other = record('a'), record('b')",
        "if True:\n    record('x')",
        "if record('x'):\n    pass",
        "try:\n    record('x')\nexcept Exception:\n    pass",
        "if __name__ == '__main__':\n    history = record('x')",
        "assert record('x')",
        "del ran[record('x')[0]]",
        "%time record('x')",
        "%%time\nrecord('x')",
        "%%time\nhistory = record('x')",
        "%%timeit\nhistory = record('x')",
        "history = record('x'); history += record('y')",
    ],
    ids=ascii,
)
def test_training_and_plots_at_the_top_do_not_run(cell, load):
    module, _ = load(RECORD, cell, "def later():\n    return record")
    assert module.ran == []
    assert module.later()("x") == ["x"]


@pytest.mark.parametrize(
    "function",
    [
        "def plot(history):\n    return history[-1]",
        "def plot():\n    history = []\n    return history",
        "def plot():\n    return [history for history in range(3)]",
        "plot = lambda history: history\ndef use(): return plot",
        "class Plot:\n    def draw(self, history):\n        return self.history, history",
        "def plot():\n    def inner():\n        return history\n    history = 3\n    return inner()",
    ],
)
def test_training_whose_result_has_a_functions_local_name_does_not_run(function, load):
    module, loaded = load(RECORD, "history = record('training')", function)
    assert module.ran == []
    assert loaded.problems == {}


@pytest.mark.parametrize(
    "cell",
    [
        "K = 3",
        "K: int = 3",
        "J = 2\nK = J + 1",
        "A = B = K = 3",
        "(J, K) = 2, 3",
        "J, *[K] = [2, 3]",
        "K = 2\nK += 1",
        "table = {}\ntable['k'] = 3\nK = table['k']",
        "if len('abc') == 3:\n    K = 3\nelse:\n    K = 4",
        "if False:\n    K = 1\nelif True:\n    K = 3\n    print('three')\nelse:\n    K = 2",
        "try:\n    import no_such_module\n    K = 1\nexcept ImportError:\n    print('without it')\n    K = 3",
        "try:\n    K = 3\nexcept ImportError:\n    pass",
    ],
    ids=ascii,
)
@pytest.mark.parametrize(
    "function",
    [
        "def get():\n    return K",
        "def get(k=K):\n    return k",
        "class Net:\n    k = K\n\ndef get():\n    return Net.k",
        "get = lambda: K\ndef keep(): return get",
        "def get():\n    return [K for _ in range(1)][0]",
        "def get():\n    def inner():\n        return K\n    return inner()",
    ],
    ids=ascii,
)
@pytest.mark.parametrize("first", ["constant", "function"])
def test_constants_that_a_function_needs_are_kept(cell, function, first, load):
    module, loaded = load(*([cell, function] if first == "constant" else [function, cell]))
    assert module.get() == 3
    assert loaded.problems == {}


def test_the_last_of_several_definitions_and_assignments_counts(load):
    module, _ = load(
        "SCALE = 1", "def area(): return SCALE", "def area(): return 10 * SCALE", "SCALE = 2", "SCALE = SCALE + 1"
    )
    assert module.area() == 30


def test_dataclasses_decorators_defaults_and_type_hints_work(load):
    module, loaded = load(
        "from dataclasses import dataclass, field\nfrom functools import lru_cache, partial",
        "from typing import NamedTuple",
        "@dataclass(frozen=True)\nclass Settings:\n    stride: int = 2\n    sizes: list = field(default_factory=list)",
        "class Point(NamedTuple):\n    x: int\n    y: int = DEFAULT",
        "DEFAULT = 5",
        "@lru_cache(maxsize=None)\ndef fib(n: int) -> int:\n    return n if n < 2 else fib(n - 1) + fib(n - 2)",
        "double = partial(pow, 2)\ndef power(n): return double(n)",
    )
    assert loaded.problems == {}
    assert module.Settings().stride == 2
    assert module.Point(1) == (1, 5)
    assert module.fib(20) == 6765
    assert module.power(3) == 8
    assert module.Settings.__module__ == NAME


def test_annotations_are_what_they_would_be_in_jupyter(load):
    module, _ = load("def area(width: int) -> float: ...")
    assert module.area.__annotations__ == {"width": int, "return": float}
    module, loaded = load(
        "from __future__ import annotations", "class Node:\n    def add(self, other: Node) -> Nowhere: ..."
    )
    assert loaded.problems == {}
    assert module.Node.add.__annotations__ == {"other": "Node", "return": "Nowhere"}


def test_a_star_import_brings_its_names(load):
    module, _ = load("from math import *", "def half_turn():\n    return pi")
    assert module.half_turn() == module.pi


def test_line_numbers_are_those_of_the_cell(load):
    cells = ["\n%%time\n\ndef broken():\n    raise ValueError", "x = 3\ndef f(:", "\n\n\ndef g(:"]
    module, loaded = load(*cells)
    with pytest.raises(ValueError, match=r"^$") as caught:
        module.broken()
    frame = caught.tb.tb_next
    assert (frame.tb_frame.f_code.co_filename, frame.tb_lineno) == ("<code cell 1>", 5)
    assert loaded.problems[2].endswith("(line 2 of the cell)")
    assert loaded.problems[3].endswith("(line 4 of the cell)")


def version_4(*cells, **of_cell):
    return {
        "nbformat": 4,
        "nbformat_minor": 2,
        "metadata": {},
        "cells": [
            {"cell_type": "markdown", "metadata": {}, "source": "def not_code(): pass"},
            {"cell_type": "raw", "metadata": {}, "source": "def raw(): pass"},
            *(
                {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": [], "source": cell} | of_cell
                for cell in cells
            ),
        ],
    }


def version_3(*cells):
    rows = [
        {"cell_type": "code", "language": "python", "outputs": [], "input": cell, "collapsed": False} for cell in cells
    ]
    return {
        "nbformat": 3,
        "nbformat_minor": 0,
        "metadata": {"name": ""},
        "worksheets": [{"cells": rows, "metadata": {}}],
    }


@pytest.mark.parametrize("make", [version_3, version_4])
@pytest.mark.parametrize("as_lines", [False, True])
def test_code_cells_are_counted_from_1_in_every_format(make, as_lines):
    cells = ["import math\nx = 1", DEFINITION]
    sources = [cell.splitlines(keepends=True) for cell in cells] if as_lines else cells
    assert notebook.code_cells(json.dumps(make(*sources))) == {1: cells[0], 2: cells[1]}


def test_outputs_are_ignored_however_large():
    output = {"output_type": "stream", "name": "stdout", "text": "x" * (50 << 20)}
    text = json.dumps(version_4(DEFINITION, outputs=[output]))
    begin = time.process_time()
    assert notebook.code_cells(text) == {1: DEFINITION}
    assert time.process_time() - begin < 5


@pytest.mark.parametrize("text", ["", "no notebook", "[]", "{}", '{"nbformat": 4}', '{"nbformat": 99, "cells": []}'])
def test_what_is_no_notebook_raises(text):
    with pytest.raises(Exception, match=r"."):
        notebook.code_cells(text)


@pytest.fixture
def modules(tmp_path, monkeypatch):
    """A box to write a submission to, and what finds modules in it."""
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path, Modules(tmp_path)
    for name in ("conv_inverse", "shapes"):
        sys.modules.pop(name, None)


def write(box, *cells, name="conv_inverse"):
    (box / f"{name}.ipynb").write_text(
        nbformat.writes(nbformat.from_dict(version_4(*cells)), version=nbformat.NO_CONVERT), encoding="utf-8"
    )


def test_a_notebook_answers_like_a_module(modules):
    box, found = modules
    write(box, "%%time\n" + DEFINITION)
    assert found.attribute("conv_inverse", "area")(2, 3) == 6


def test_a_missing_name_tells_of_the_cell_that_was_to_define_it(modules):
    box, found = modules
    write(box, DEFINITION, "def volume()\n    return 1")
    with pytest.raises(
        Absent, match=r"your conv_inverse defines no `volume`; code cell 2, which defines it, fails with"
    ):
        found.attribute("conv_inverse", "volume")


@pytest.mark.parametrize("as_notebook", [False, True])
@pytest.mark.parametrize(
    ("asked", "near"),
    [("Area", "area"), ("conv_out_size", "conv_output_size"), ("Decoder", None), ("conv_transpose_output_size", None)],
)
def test_a_near_name_is_asked_for(as_notebook, asked, near, modules):
    box, found = modules
    source = DEFINITION + "\n\ndef conv_output_size(): pass\n\nclass Encoder: pass\n"
    if as_notebook:
        write(box, source)
    else:
        (box / "conv_inverse.py").write_text(source)
    with pytest.raises(Absent) as absent:
        found.attribute("conv_inverse", asked)
    assert str(absent.value).partition("`; ")[2] == (f"did you mean `{near}`?" if near else "")


def test_a_notebook_imports_another_module_of_the_submission(modules):
    box, found = modules
    (box / "shapes.py").write_text(DEFINITION)
    write(box, "from shapes import area", "def double(): return 2 * area(2, 3)")
    assert found.attribute("conv_inverse", "double")() == 12


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it is not JSON (line 1: Expecting value)"),
        (b'{"cells": [}', "it is not JSON (line 1: Expecting value)"),
        (b"\xff\x00", "it is not UTF-8 text"),
        (b"[]", "it is JSON, but not of a notebook"),
        (b'{"cells": 3}', "it is JSON, but not of a notebook"),
    ],
)
def test_a_file_that_is_no_notebook_is_an_import_that_failed_and_says_why(content, why, modules):
    box, found = modules
    (box / "conv_inverse.ipynb").write_bytes(content)
    for _ in range(2):
        with pytest.raises(ImportFailed) as failed:
            found.attribute("conv_inverse", "area")
        assert str(failed.value.__cause__) == (
            f"conv_inverse.ipynb is no notebook: {why}; save it again in Jupyter, or hand in conv_inverse.py"
        )


def test_a_submission_without_the_module_says_what_was_found(modules):
    box, found = modules
    (box / "notes.txt").touch()
    with pytest.raises(
        Absent, match=r"no conv_inverse\.py or conv_inverse\.ipynb in your submission \(found: notes\.txt\)"
    ):
        found.attribute("conv_inverse", "area")
