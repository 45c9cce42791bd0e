"""The two warm processes and the jobs that run on them; the only part of the grader that the command line holds.

    Pool ──jobs──▶ grader zygote ──fork──▶ one child per submission: runs the marked tests
      └─control─▶ student zygote ──fork──▶ workers: run the student's code   ▲
                        ▲────────── the child asks for workers itself ───────┘

A child that dies or hangs in a test of ours costs that test a GRADER_ERROR; the rest runs in a new child.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType, TracebackType

import msgspec

from autograder.errors import GraderError, SandboxError, ZygoteEndedError
from autograder.records import Conditions, Outcome, PlannedTest, TestResult
from autograder.sandbox.policy import Level, environment

_START_SECONDS = 300.0
_END_SECONDS = 10.0
_LAST_WORDS_SECONDS = 0.5
# Without any event for this many times the test's own limit, the grader's side is taken to hang.
_HANG_FACTOR = 60


class Pool:
    """Starts the zygotes on entering, ends them on leaving; `mark` may be called from several threads.

    Entering raises SandboxError or GraderError if they cannot start, and ZygoteEndedError if something kills them.

    Args:
        test_folders: the marked tests.
        preload: modules that the student zygote imports before it forks.
        level: the wall to build.
        hidden: paths that no student may see.
        data: the config's settings for the marked tests.
    """

    def __init__(
        self,
        test_folders: Sequence[Path],
        preload: Sequence[str],
        level: Level,
        hidden: Sequence[Path],
        data: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._test_folders = test_folders
        self._preload = preload
        self._data = data
        self._level = level
        self._hidden = hidden
        self._lock = threading.Lock()
        self._children: set[int] = set()
        self.tests: list[tuple[str, str]] = []

    def __enter__(self) -> Pool:
        self._start()
        try:
            self._receive_ready()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def _start(self) -> None:
        self._control, student_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._jobs, grader_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        # One folder for the boxes of all workers, where the wall does not give each one of its own: it goes with the
        # pool, also if the zygote that made them was killed.
        self._boxes = Path(tempfile.mkdtemp(prefix="autograder-")) if self._level < Level.FULL else None
        if self._boxes:
            self._boxes.chmod(0o711)  # workers are other users
        student = {
            "level": int(self._level),
            "hidden": [str(path) for path in self._hidden],
            "boxes": str(self._boxes or ""),
            "preload": list(self._preload),
        }
        grader = {"folders": [str(folder) for folder in self._test_folders], "data": dict(self._data)}
        self._processes = [
            _start("autograder.student_worker", ["zygote"], [student_end], environment()),
            _start("autograder.grader.zygote", [], [grader_end, self._control], dict(os.environ) | environment()),
        ]
        student_end.close()
        grader_end.close()
        with contextlib.suppress(BrokenPipeError):  # it has ended already, and will not be ready
            self._control.send(msgspec.json.encode(student))
            self._jobs.send(msgspec.json.encode(grader))

    def _receive_ready(self) -> None:
        if self._receive(self._control, self._processes[0]) != b"ready":
            raise SandboxError(
                "the student zygote did not start (its own words are above); `autograder doctor` shows what holds"
            )
        answer = self._receive(self._jobs, self._processes[1])
        if not answer:
            raise GraderError("the grader zygote did not start (its own words are above)")
        ready = msgspec.json.decode(answer)
        if ready["errors"]:
            raise GraderError("the marked tests cannot be collected:\n" + "\n".join(ready["errors"]))
        self.tests = [(name, path) for name, path in ready["tests"]]

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._jobs.close()
        self._control.close()
        student, grader = self._processes
        grader.kill()
        grader.wait()
        for child in list(self._children):  # of jobs that were interrupted
            _end(child)
        # Nobody is left to ask it for workers: it buries those it has, and ends.
        with contextlib.suppress(subprocess.TimeoutExpired):
            student.wait(_END_SECONDS)
        student.kill()
        student.wait()
        if self._boxes:
            shutil.rmtree(self._boxes, ignore_errors=True)

    def alive(self) -> bool:
        """Whether both zygotes still run."""
        return all(process.poll() is None for process in self._processes)

    def mark(
        self,
        files: Mapping[str, bytes],
        conditions: Conditions,
        plan: Sequence[PlannedTest],
        on_test: Callable[[str], None] = lambda name: None,
    ) -> tuple[list[TestResult], bool]:
        """Run the planned tests on one submission; results in the order of the plan.

        Args:
            on_test: told of each test when it starts.

        Returns:
            The results, and whether the submission printed more than its limit.
        """
        left = {test.name: test for test in plan}
        results: dict[str, TestResult] = {}
        flooded = False
        while left:
            running = ""
            with self._job(files, conditions, list(left.values())) as stream:
                for event in stream:
                    if "started" in event:
                        running = str(event["started"])
                        on_test(running)
                    elif "result" in event:
                        result = msgspec.convert(event["result"], TestResult)
                        results[result.test] = result
                        left.pop(result.test)
                    else:
                        flooded = flooded or bool(event["flooded"])
            if left:
                lost = running if running in left else next(iter(left))
                left.pop(lost)
                results[lost] = TestResult(
                    lost,
                    Outcome.GRADER_ERROR,
                    "the grader failed here, not your code; a person will look at it",
                    "the grader's own process ended or hung in this test",
                    share=1.0,
                )
        return [results[test.name] for test in plan], flooded

    def _job(self, files: Mapping[str, bytes], conditions: Conditions, plan: Sequence[PlannedTest]) -> _Job:
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                with self._lock:
                    socket.send_fds(self._jobs, [b"j"], [theirs.fileno()])
            except OSError as error:
                ours.close()
                raise GraderError("the grader zygote has ended") from error
        job = msgspec.msgpack.encode({"files": dict(files), "conditions": conditions, "plan": plan})
        return _Job(ours, job, _HANG_FACTOR * max(test.seconds for test in plan), self._children)

    @staticmethod
    def _receive(connection: socket.socket, process: subprocess.Popen[bytes]) -> bytes:
        """What a zygote says when it is ready; nothing if it ends before.

        Raises:
            ZygoteEndedError: a signal has ended it: for want of memory, say, which the next try may find.
        """
        deadline = time.monotonic() + _START_SECONDS
        answer = b""
        while time.monotonic() < deadline:
            if select.select([connection], [], [], 0.1)[0]:
                with contextlib.suppress(ConnectionError):
                    answer = connection.recv(1 << 20)
                break
            if process.poll() is not None:
                break
        if not answer:
            with contextlib.suppress(subprocess.TimeoutExpired):
                if process.wait(_END_SECONDS) < 0:
                    raise ZygoteEndedError("a warm process was killed while it started")
        return answer


class _Job:
    """The pool's end of one job: sends it, then yields events until the child has ended or hangs."""

    def __init__(self, connection: socket.socket, job: bytes, silence_seconds: float, children: set[int]) -> None:
        self._connection = connection
        self._job = job
        self._silence_seconds = silence_seconds
        self._children = children
        self._child = 0
        self._hanging = False

    def __enter__(self) -> _Job:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()
        if self._hanging:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._child, signal.SIGABRT)  # it shows where it is
                time.sleep(_LAST_WORDS_SECONDS)
        if self._child:
            _end(self._child)
            self._children.discard(self._child)

    def __iter__(self) -> _Job:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._connection.sendall(len(self._job).to_bytes(8, "big") + self._job)
        self._connection.settimeout(self._silence_seconds)
        self._stream = self._connection.makefile("rb")
        return self

    def __next__(self) -> dict[str, object]:
        try:
            line = self._stream.readline()
        except TimeoutError:
            self._hanging = True
            raise StopIteration from None
        except ConnectionResetError:
            raise StopIteration from None
        if not line.endswith(b"\n"):
            raise StopIteration
        event: dict[str, object] = msgspec.json.decode(line)
        if "process" in event:
            self._child = int(str(event["process"]))
            self._children.add(self._child)
            return self.__next__()
        return event


def _end(child: int) -> None:
    """End a child and whatever a marked test started in it."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)


def _start(
    module: str, words: list[str], sockets: list[socket.socket], variables: dict[str, str]
) -> subprocess.Popen[bytes]:
    descriptors = [each.fileno() for each in sockets]
    return subprocess.Popen(
        [sys.executable, "-P", "-s", "-m", module, *words, *map(str, descriptors)],
        pass_fds=descriptors,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
    )
