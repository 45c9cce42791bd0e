"""Whose code is alike, and how little a hostile file does to that."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.course import Course
from autograder.records import Submission
from autograder.similarity import code_of, handout_code, pairs

OWN = """
def edges(image, threshold):
    found = []
    for row, line in enumerate(image):
        for column, value in enumerate(line[:-1]):
            if abs(value - line[column + 1]) > threshold:
                found.append((row, column))
    return sorted(found, key=lambda place: (place[1], place[0]))
"""
RENAMED = OWN.replace("found", "result").replace("row", "y").replace("column", "x").replace("value", "v")
OTHER = """
def edges(image, threshold):
    import torch

    pixels = torch.tensor(image)
    steps = (pixels[:, 1:] - pixels[:, :-1]).abs()
    where = torch.nonzero(steps.gt(threshold), as_tuple=False)
    return [tuple(place) for place in where.flip(dims=[1]).tolist()][::-1]
"""
HANDOUT = """
class Images:
    def __init__(self, folder):
        self.folder = folder
        self.files = [path for path in folder.iterdir() if path.suffix == ".png"]

    def __getitem__(self, index):
        return self.read(self.files[index]).astype("float32") / 255
"""


def submission(**files):
    return Submission("anna", {name.replace("__", "."): text for name, text in files.items()}, "")


def notebook(*sources):
    cells = [{"cell_type": "code", "source": source, "outputs": [{"text": "a" * 99}]} for source in sources]
    cells.append({"cell_type": "markdown", "source": "def story(): pass"})
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}).encode()


def names(found):
    return [(pair.one.name, pair.other.name) for pair in found]


def test_other_names_and_comments_hide_nothing():
    commented = RENAMED.replace("    found", "    # my own idea\n    found")
    [pair] = pairs({"anna": OWN, "ben": commented, "chloe": OTHER}, {}, "")
    assert (pair.one.name, pair.other.name) == ("anna", "ben")
    assert pair.share > 0.9
    assert pair.one.share == pytest.approx(pair.other.share, abs=0.05)


def test_pieces_add_up_to_the_code_and_the_shared_ones_are_marked():
    [pair] = pairs({"anna": OTHER + OWN, "ben": RENAMED}, {}, "")
    assert "".join(text for text, _ in pair.one.pieces) == OTHER + OWN
    shared = "".join(text for text, marked in pair.one.pieces if marked)
    assert "found.append((row, column))" in shared
    assert "torch.nonzero" not in shared
    assert pair.other.share > pair.one.share


def test_the_handouts_own_code_is_no_sign():
    class_of_two = {"anna": HANDOUT * 3 + OWN, "ben": HANDOUT * 3 + OTHER}
    assert pairs(class_of_two, {}, HANDOUT) == []
    assert names(pairs(class_of_two, {}, "")) == [("anna", "ben")]


def test_what_one_repeats_counts_each_time():
    twice = OWN + OWN.replace("edges", "corners")
    [pair] = pairs({"anna": twice, "ben": RENAMED}, {}, HANDOUT)
    assert sum(len(text) for text, marked in pair.one.pieces if marked) > 0.8 * len(twice)


def test_the_marked_pieces_are_right_after_a_class():
    own = HANDOUT.replace("Images", "AVeryLongNameForAClassOfImages") + OTHER + OWN
    [pair] = pairs({"anna": own, "ben": RENAMED}, {}, "")
    assert all("torch" not in text for text, marked in pair.one.pieces if marked)


def test_earlier_classes_are_compared_with_this_one_and_not_among_themselves():
    found = pairs({"anna": OWN}, {"2025/ben": RENAMED, "2025/chloe": OWN}, "")
    assert sorted(names(found)) == [("anna", "2025/ben"), ("anna", "2025/chloe")]


def test_two_with_next_to_nothing_of_their_own_are_not_compared():
    assert pairs({"anna": "def f(x):\n    return x\n", "ben": "def g(y):\n    return y\n"}, {}, "") == []


def test_a_notebooks_code_cells_count_and_nothing_else_in_it():
    code = code_of(submission(edges__ipynb=notebook("%matplotlib inline", RENAMED)))
    assert "story" not in code
    assert "aaaa" not in code
    assert names(pairs({"anna": OWN, "ben": code}, {}, "")) == [("anna", "ben")]


def test_one_file_that_stands_for_several_modules_counts_once():
    assert code_of(submission(a__py=OWN.encode(), b__py=OWN.encode())).count("def edges") == 1


def test_nothing_is_run_and_nothing_is_invisible():
    text = "open('ran', 'w')\nraise SystemExit\n# \u202eevil\u202c \x1b[2J\x00 \ud800".encode("utf-8", "surrogatepass")
    code = code_of(submission(**{"a\n\x1b__py": text}))
    assert all(letter.isprintable() or letter == "\n" for letter in code)
    assert code.splitlines()[0].startswith("# a\\n")
    code.encode()


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe", b"[" * 100_000, b"{}", b'{"cells": 3}', b'{"cells": [1]}', b"9" * 5000, b'{"nbformat": 99}'],
    ids=["empty", "no text", "deep", "no cells", "a number of cells", "cells that are none", "a number", "unknown"],
)
def test_a_notebook_that_is_none_is_empty(content, capfd):
    assert code_of(submission(a__ipynb=content)) == "# a.ipynb\n"
    captured = capfd.readouterr()
    assert captured.out + captured.err == ""


def test_a_huge_file_costs_no_more_than_a_large_one():
    assert len(code_of(submission(a__py=b"x = [1]\n" * 1_000_000))) == 100_000


@settings(max_examples=50)
@given(st.binary(max_size=400), st.text(max_size=400))
def test_any_file_is_compared(content, text):
    hostile = code_of(submission(a__py=content + OWN.encode() + text.encode()))
    for pair in pairs({"anna": hostile, "ben": OWN}, {}, "class A:\n    pass\n"):
        assert "".join(piece for piece, _ in pair.one.pieces) == hostile


def test_the_handout_is_what_students_are_given(repository):
    code = handout_code(Course(repository))
    assert "# data.py" in code
    assert "# conv_inverse.py" in code
    assert "# transfer.py" in code
