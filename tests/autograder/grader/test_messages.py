from __future__ import annotations

import time

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from autograder.grader.messages import describe

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(st.text() | st.integers(), inner),
)


@given(VALUES)
def test_a_description_is_short(value):
    assert len(describe(value)) <= 123


@given(st.recursive(st.integers(0, 9), lambda inner: st.lists(inner, max_size=3) | st.tuples(inner), max_leaves=8))
def test_a_small_value_is_described_as_python_writes_it(value):
    if len(repr(value)) <= 120:
        assert describe(value) == repr(value)


@pytest.mark.parametrize(
    "value",
    [
        [torch.zeros((6,) * 9, dtype=torch.uint8)],
        {"a": {"b": (torch.zeros(1 << 24),)}},
        [["x" * 30] * 40] * 40,
        "x" * (1 << 24),
        b"x" * (1 << 24),
        list(range(1 << 20)),
    ],
    ids=["tensor of nine dimensions", "tensor in a dict", "nested", "text", "bytes", "list"],
)
def test_what_is_large_is_described_at_once(value):
    begin = time.process_time()
    assert len(describe(value)) <= 123
    assert time.process_time() - begin < 1


def test_large_tensors_are_described_by_shape():
    assert describe(torch.zeros(2, 4)) == "a tensor of shape (2, 4) (float32)"
    assert describe(torch.zeros(2, 0)) == "a tensor of shape (2, 0) (float32)"
    assert describe(torch.zeros(1, device="meta")) == "a tensor of shape (1,) (float32)"


def test_small_tensors_are_described_by_their_numbers():
    assert describe(torch.tensor(3)) == "tensor(3, int64)"
    assert describe(torch.tensor([[0.5, 1 / 3], [1.0, torch.nan]])) == "tensor([[0.5, 0.3333], [1, nan]], float32)"
    assert describe((torch.tensor([True]),)) == "(tensor([True], bool),)"


@pytest.mark.parametrize(
    ("type_name", "words"),
    [
        ("torch.nn.modules.container.Sequential", "a Sequential"),
        ("autoencoder.Encoder", "an Encoder"),
        ("x" * 1000, f"a {'x' * 40}"),
    ],
)
def test_objects_are_described_by_their_class(type_name, words):
    class Answer:
        pass

    answer = Answer()
    answer.type_name = type_name
    assert describe(answer) == words
