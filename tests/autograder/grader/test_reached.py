import pytest

from autograder.grader.reached import code_reached

SOURCE = """
import torch
from helpers import scale

RATE = 0.1


class Model:
    def forward(self, x):
        return hidden_size(x)


def hidden_size(x):
    return 2


def train(model):
    return step(model, RATE)


def step(model, rate):
    return globals()["by_name"](rate)


def by_name(rate):
    return rate


def interpolate(a, b):
    return mix(a, b)


def mix(a, b):
    return a
"""


def reached(source, **others):
    files = {"part.py": source.encode(), **{f"{name}.py": text.encode() for name, text in others.items()}}
    return code_reached(files, "part", ["train", "Model"])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("return 2", "return 3"),  # called by a class
        ("RATE = 0.1", "RATE = 0.2"),  # a constant
        ("return step(model, RATE)", "return 2 * step(model, RATE)"),
        ('"by_name"](rate)', '"by_name"](rate + 1)'),
        ("def by_name(rate):\n    return rate", "def by_name(rate):\n    return 1"),  # named in a text
        ("import torch", "import torch\ntorch.set_default_dtype(torch.float64)"),  # runs at import
        ("def mix(a, b):", "@patch\ndef mix(a, b):"),
        ("def mix(a, b):", "def mix(a, b=patch()):"),
        ("def mix(a, b):", "def mix(a: patch(), b):"),
    ],
)
def test_a_change_in_what_training_reaches_is_seen(before, after):
    assert before in SOURCE
    assert reached(SOURCE.replace(before, after)) != reached(SOURCE)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("return mix(a, b)", "return mix(b, a)"),
        ("def mix(a, b):\n    return a", "def mix(a, b):\n    return b"),
        ("import torch", "import torch  # for tensors"),
        ("RATE = 0.1", "RATE = 0.1\n"),
    ],
)
def test_a_change_elsewhere_is_not(before, after):
    assert before in SOURCE
    assert reached(SOURCE.replace(before, after)) == reached(SOURCE)


def test_other_files_count_where_they_are_used():
    assert reached(SOURCE, helpers="scale = 1") != reached(SOURCE, helpers="scale = 2")
    assert reached(SOURCE, another_part="x = 1") == reached(SOURCE, another_part="x = 2")


@pytest.mark.parametrize("source", ["def train(:", "def train(): return 1\0", "(" * 500 + ")" * 500])
def test_a_file_that_does_not_parse_counts_whole(source):
    assert reached(source) != reached(source + " ")
