"""Whole conversations with a student's process that lies: what it may write at each turn, and what must hold.

The process is a thread at the other end of the connection. It answers the first request, `Start`, as it should: no
code of the student's runs before that. From then on it writes what hypothesis has drawn for it. `fuzz.py` makes the
long run, the tests a short one.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence

import torch
from fuzz_decoder import EXAMPLES
from hypothesis import strategies as st

from autograder import wire
from autograder.grader import expect_close, expect_equal, expect_integers, expect_layer, marking
from autograder.grader.proxy import Student, StudentObject
from autograder.grader.session import Session
from autograder.records import Conditions, Outcome, TestResult
from autograder.sandbox.policy import Limits

SECONDS = 0.05  # a test's limit here; an import may take three times that
# Start, import, call and one call more, a second to see how it ended, and what a busy machine adds.
LONGEST_SECONDS = 8 * SECONDS + 1.0 + 5.0
_SECRET = secrets.token_hex(16)
_WORSE = (Outcome.FAILED, Outcome.CRASHED, Outcome.TIMED_OUT, Outcome.OUT_OF_MEMORY, Outcome.FORBIDDEN)
_OBJECT = wire.Value(wire.Remote(3, "words.Speaker"))

Turn = Callable[[int], bytes]


def _frame(message: object, number: int) -> bytes:
    return wire.encode(wire.Envelope(number, message))  # type: ignore[arg-type]


def _damaged(frame: bytes, changes: Sequence[tuple[int, bytes, int]]) -> bytes:
    for place, new, removed in changes:
        place %= len(frame) + 1
        frame = frame[:place] + new + frame[place + removed :]
    return frame


_messages = st.sampled_from([*EXAMPLES, _OBJECT, wire.Value(None), wire.Value(float("nan")), wire.Value([1, 2])])
_changes = st.lists(st.tuples(st.integers(0, 400), st.binary(max_size=6), st.integers(0, 6)), min_size=1, max_size=4)
_turns: st.SearchStrategy[Turn] = st.one_of(
    _messages.map(lambda message: lambda number: _frame(message, number)),
    st.tuples(_messages, st.integers(-2, 2)).map(lambda both: lambda number: _frame(both[0], number + both[1])),
    st.tuples(_messages, _changes).map(lambda both: lambda number: _damaged(_frame(both[0], number), both[1])),
    st.tuples(_messages, _messages).map(lambda both: lambda number: b"".join(_frame(each, number) for each in both)),
    st.binary(max_size=60).map(lambda content: lambda number: content),
    st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1), st.binary(max_size=60)).map(
        lambda parts: lambda number: wire.HEADER.pack(*parts[:2]) + parts[2]
    ),
)


def _spelled(answer: object) -> object:
    """A call more, where there is an object to call."""
    return answer.spell() if isinstance(answer, StudentObject) else answer


# What it says to its seed, an import, the first call, and each call more; how it ends: None waits, and is killed.
conversations = st.tuples(
    st.lists(_turns | st.just(lambda number: _frame(wire.Value(None), number)), max_size=5),
    st.sampled_from([None, 0, 1, -6, -9, -11, -31, -60, 255]),
    st.binary(max_size=200),
)
checks = st.sampled_from(
    [
        lambda student: expect_equal(student.words.reverse("abc"), _SECRET),
        lambda student: expect_close(student.words.reverse("abc"), torch.full((2, 3), float(int(_SECRET[:6], 16) + 7))),
        lambda student: expect_layer(student.words.reverse("abc"), torch.nn.Bilinear),
        lambda student: expect_equal(_spelled(student.words.reverse("abc")), _SECRET),
        lambda student: expect_equal(sum(expect_integers(student.words.reverse("abc"))), int(_SECRET, 16)),
    ]
)


class Liar:
    """A `WorkerProcess` that says what it was told to say."""

    def __init__(self, turns: Sequence[Turn], ends: int | None, printed: bytes) -> None:
        self.connection, self._theirs = socket.socketpair()
        self.output, self._printing = os.pipe()
        self._turns, self._ends, self._printed = turns, ends, printed
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._speak, daemon=True)
        self._theirs.sendall(b"+")
        self._thread.start()

    def _speak(self) -> None:
        try:
            started = wire.receive(self._read)
            self._theirs.sendall(_frame(wire.Value(None), started.number))
            for turn in self._turns:
                number = wire.receive(self._read).number
                os.write(self._printing, self._printed)
                self._theirs.sendall(turn(number))
            wire.receive(self._read)
            if self._ends is None:
                self._ended.wait()
        except (OSError, EOFError):
            pass  # the grader has hung up
        finally:
            self._theirs.close()
            os.close(self._printing)

    def _read(self, length: int) -> bytearray:
        data = bytearray()
        while len(data) < length:
            chunk = self._theirs.recv(length - len(data))
            if not chunk:
                raise EOFError
            data += chunk
        return data

    def waiting_seconds(self) -> float:
        return 0.0

    def processor_seconds(self) -> float:
        return 0.0

    def kill(self) -> None:
        self._ended.set()
        with contextlib.suppress(OSError):  # it has ended
            self._theirs.shutdown(socket.SHUT_RDWR)

    def exit_code(self, timeout_seconds: float) -> int | None:
        return self._ends

    def close(self) -> None:
        self.kill()
        self.connection.close()
        self._thread.join()
        os.close(self.output)


def hold(conversation: tuple[Sequence[Turn], int | None, bytes], check: Callable[[Student], object]) -> TestResult:
    """Have one conversation about one test; require that the student gains nothing by it.

    Raises:
        AssertionError: it took longer than it may, or ended in something better than FAILED.
    """
    limits = Limits(seconds=SECONDS)
    session = Session({"words.py": b""}, lambda limits: Liar(*conversation), Conditions(limits))
    begin = time.monotonic()
    raised: BaseException | None = None
    try:
        session.begin_test(limits.seconds)
        check(Student(session))
    except BaseException as error:
        raised = error
    finally:
        session.close()
    seconds = time.monotonic() - begin
    result = marking._result("test", raised, seconds)
    assert result.outcome in _WORSE, f"{result.outcome}: {result.detail}"
    assert result.share == 0
    assert len(result.message) <= 2 * marking._LONGEST_LINE + 1
    assert seconds < LONGEST_SECONDS, f"it took {seconds:.1f} seconds"
    return result


def hold_many(count: int, seed: int) -> tuple[Counter[str], float]:
    """Hold so many conversations; how they ended, and the longest in seconds."""
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import seed as seeded

    outcomes: Counter[str] = Counter()
    longest = 0.0

    @seeded(seed)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(conversations, checks)
    def one(conversation: tuple[Sequence[Turn], int | None, bytes], check: Callable[[Student], object]) -> None:
        nonlocal longest
        result = hold(conversation, check)
        outcomes[str(result.outcome)] += 1
        longest = max(longest, result.wall_seconds)

    one()
    return outcomes, longest
