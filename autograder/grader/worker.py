"""The grader's end of the wire: one conversation with one student's process, with every bound kept from this side.

While it waits for an answer the grader charges the student's time, drains the student's printing (keeping none of
it past a bound), and watches for the process's end. Time is charged as wall clock less what the process spent
waiting for a processor (/proc/<pid>/schedstat), or the processor time of all its threads if that is more, so that a
loaded machine fails nobody and no trick with threads buys time.
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
import time
from collections.abc import Callable
from typing import Protocol, TypeAlias

from autograder import wire
from autograder.errors import GraderError
from autograder.records import Outcome
from autograder.sandbox.policy import Limits

_TICK_SECONDS = 0.05
# However long it waits for a processor, a test ends after this many times its seconds.
_LONGEST_WAIT = 20


class WorkerLost(BaseException):
    """The student's process is gone, or had to be ended; it costs the test that it was in.

    A BaseException, so that hypothesis does not take it for a failing example and run it again to shrink it.
    """

    def __init__(self, outcome: Outcome, message: str, signal_name: str = "") -> None:
        super().__init__(message)
        self.outcome = outcome
        self.message = message
        self.signal_name = signal_name  # of a process that a signal of its own ended


class WorkerProcess(Protocol):
    """A student's process as the grader sees it; `processes` has the one behind the wall, `checking` the plain one."""

    connection: socket.socket

    @property
    def output(self) -> int | None:
        """A pipe to drain, or None for a process whose printing goes nowhere."""

    def waiting_seconds(self) -> float:
        """How long its first thread has waited for a processor so far; 0 where the system does not say."""

    def processor_seconds(self) -> float:
        """How much processor time all its threads have had so far; 0 where the system does not say."""

    def kill(self) -> None:
        """End it; without effect on one that has ended."""

    def exit_code(self, timeout_seconds: float) -> int | None:
        """How it ended (a negative signal number, or its exit code), or None if it has not."""

    def close(self) -> None:
        """Let go of its descriptors."""


StartProcess: TypeAlias = Callable[[Limits], WorkerProcess]


class Worker:
    """One conversation. Start it with the student's files, then `request`, and `close` it at the end."""

    def __init__(self, process: WorkerProcess, limits: Limits) -> None:
        self._process = process
        self._limits = limits
        self._number = 0
        self._killed_for: WorkerLost | None = None
        self._output_bytes = 0
        self._seconds = limits.seconds
        self._charged = 0.0
        self._waited_before = 0.0
        self._processor_before = 0.0
        self._selector = selectors.DefaultSelector()
        process.connection.setblocking(False)
        if process.output is not None:
            os.set_blocking(process.output, False)
            self._selector.register(process.output, selectors.EVENT_READ)
        self._selector.register(process.connection, selectors.EVENT_READ)
        self._last_words = b""
        try:
            self._read_exactly(1)
        except (WorkerLost, OSError):
            # Nothing of the student's has run yet, so what it printed is ours.
            self._drain()
            raise GraderError(f"a worker did not start: {self._last_words.decode(errors='replace')}") from None

    @property
    def flooded(self) -> bool:
        """Whether it printed more than the limit."""
        return self._output_bytes > self._limits.output_bytes

    def begin_test(self, seconds: float) -> None:
        """Start charging a new test."""
        self._seconds = seconds
        self._charged = 0.0
        self._waited_before = self._process.waiting_seconds()
        self._processor_before = self._process.processor_seconds()

    def request(self, message: wire.Request) -> wire.Reply:
        """Send a request and wait for its reply.

        Raises:
            WorkerLost: no reply will come.
            wire.Unsendable: the request may not cross: a mistake of the test.
        """
        self._number += 1
        frame = wire.encode(wire.Envelope(self._number, message), lambda value: None)
        started = time.monotonic()
        try:
            if self._readable_now():
                raise wire.WireError("it wrote without being asked")
            self._write(frame, started)
            envelope = wire.receive(lambda length: self._read_exactly(length, started))
            if envelope.number != self._number or not isinstance(envelope.message, wire.Reply):
                raise wire.WireError("it answered something that was not asked")
        except wire.WireError as error:
            self._process.kill()
            raise WorkerLost(
                Outcome.FORBIDDEN, f"your process wrote to the grader's connection by itself: {error}"
            ) from None
        except OSError:
            raise self._how_it_ended() from None
        self._charged += time.monotonic() - started
        return envelope.message

    def close(self) -> None:
        """End the process, if it has not ended, and let go of it; whoever started it buries it."""
        self._process.kill()
        self._selector.close()
        self._process.close()

    def _readable_now(self) -> bool:
        try:
            return bool(self._process.connection.recv(1, socket.MSG_PEEK))
        except BlockingIOError:
            return False

    def _write(self, frame: bytes, started: float) -> None:
        view = memoryview(frame)
        connection = self._process.connection
        while view:
            try:
                view = view[connection.send(view) :]
            except BlockingIOError:
                self._selector.modify(connection, selectors.EVENT_WRITE)
                self._wait(started)
                self._selector.modify(connection, selectors.EVENT_READ)

    def _read_exactly(self, length: int, started: float | None = None) -> bytearray:
        """Read from the connection; memory is taken as bytes arrive, never ahead of them."""
        data = bytearray()
        while len(data) < length:
            try:
                chunk = self._process.connection.recv(min(length - len(data), 1 << 20))
            except BlockingIOError:
                self._wait(started)
                continue
            if not chunk:
                raise self._how_it_ended()
            data += chunk
        return data

    def _wait(self, started: float | None) -> None:
        """Wait for the connection, draining output; end the process when its time is used up."""
        while True:
            ready = self._selector.select(_TICK_SECONDS)
            descriptors = {key.fd for key, _ in ready}
            if self._process.output in descriptors:
                self._drain()
            if started is not None and not self._killed_for:
                self._charge(started)
            if self._process.connection.fileno() in descriptors:
                return

    def _charge(self, started: float) -> None:
        wall = self._charged + time.monotonic() - started
        if wall <= self._seconds:
            return
        # A student's own threads can make the first one wait: what they use is charged too, and no wait is endless.
        waited = self._process.waiting_seconds() - self._waited_before
        used = self._process.processor_seconds() - self._processor_before
        if max(wall - waited, used, wall / _LONGEST_WAIT) > self._seconds:
            self._killed_for = WorkerLost(Outcome.TIMED_OUT, f"no answer within {self._seconds:g} seconds")
            self._process.kill()

    def _drain(self) -> None:
        if self._process.output is None:
            return
        try:
            chunk = os.read(self._process.output, 1 << 20)
        except BlockingIOError:
            return
        self._output_bytes += len(chunk)
        self._last_words = (self._last_words + chunk)[-2000:]
        if not chunk:  # closed by the student; the connection tells the rest
            self._selector.unregister(self._process.output)

    def _how_it_ended(self) -> WorkerLost:
        """What to say of a process whose connection has closed."""
        if self._killed_for:
            return self._killed_for
        code = self._process.exit_code(1.0)
        if code is None:
            self._process.kill()
            return WorkerLost(Outcome.CRASHED, "your code closed the connection to the grader")
        if code >= 0:
            return WorkerLost(Outcome.CRASHED, f"your code ended the whole Python process (exit code {code})")
        if -code == signal.SIGKILL:
            return WorkerLost(Outcome.OUT_OF_MEMORY, "the system ended your process, most likely for its use of memory")
        if -code == signal.SIGSYS:
            return WorkerLost(Outcome.FORBIDDEN, "your code made a system call that is not allowed")
        try:
            name = signal.Signals(-code).name
        except ValueError:  # most real-time signals have none
            name = f"signal {-code}"
        return WorkerLost(Outcome.CRASHED, f"your code crashed the Python process ({name})", name)
