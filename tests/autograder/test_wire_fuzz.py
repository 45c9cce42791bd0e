"""Short runs of the fuzz targets; `benchmarks/fuzz.py` makes the long one."""

from __future__ import annotations

import importlib
import sys
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from autograder import wire
from autograder.records import Outcome

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))
decoder = importlib.import_module("fuzz_decoder")
conversations = importlib.import_module("fuzz_conversations")

EXAMPLES = [decoder.input_of(message) for message in decoder.EXAMPLES]
damages = st.lists(st.tuples(st.integers(0, 250), st.binary(max_size=4), st.integers(0, 4)), max_size=4)


@settings(max_examples=1000, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_a_wire_error(data):
    decoder.check(data)


@settings(max_examples=500, deadline=None)
@given(st.sampled_from(EXAMPLES), damages)
def test_a_damaged_message_is_a_message_or_a_wire_error(data, changes):
    for place, new, removed in changes:
        data = data[:place] + new + data[place + removed :]
    decoder.check(data)


@pytest.mark.parametrize("data", EXAMPLES, ids=range(len(EXAMPLES)))
def test_every_example_is_a_message(data):
    assert decoder.check(data)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_no_message_takes_more_memory_than_the_wire_says(data):
    plain, tensors = decoder.frame(data)
    tracemalloc.start()
    try:
        wire.decode(plain, bytearray(tensors))
    except wire.WireError:
        pass
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    # Whatever its size, a message takes some kilobytes: its envelope, the error and its traceback.
    allowed = decoder.MEMORY_PER_PLAIN_BYTE * len(plain) + decoder.MEMORY_PER_TENSOR_BYTE * len(tensors)
    assert peak < 64_000 + allowed


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(conversations.conversations, conversations.checks)
@example(([], -60, b""), lambda student: student.words.reverse("abc"))  # a signal that has no name
def test_no_conversation_ends_better_than_failed(conversation, check):
    conversations.hold(conversation, check)


def test_an_honest_conversation_would_pass():
    """Or the others would prove nothing."""
    said = [wire.Value(None), wire.Value(None), wire.Value([1, 2])]  # to its seed, to the import, to the call
    turns = [lambda number, message=message: conversations._frame(message, number) for message in said]
    with pytest.raises(AssertionError, match=Outcome.PASSED):
        conversations.hold((turns, None, b""), lambda student: student.words.reverse("abc"))
