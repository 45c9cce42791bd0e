"""Checks a student's own files with the public tests, on any operating system, in seconds.

The same tests run over the same wire as in grading, so that an answer here is an answer there. There is no wall:
it is the student's own code on their own machine. A second process still holds it, so that an endless loop or a
crash costs one test and not the check; it starts importing torch while this process does.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.config import Item
from autograder.course import Course
from autograder.errors import GraderError
from autograder.records import Submission, TestResult
from autograder.sandbox.policy import Limits, environment

if TYPE_CHECKING:
    from autograder.grader.check_run import Check

_LOOK_SECONDS = 0.1


class PlainProcess:
    """A worker without a wall, for a student's own code on their own machine, on any operating system."""

    def __init__(self, box: Path) -> None:
        token = secrets.token_hex(16)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "autograder.student_worker", "connect", str(listener.getsockname()[1])],
                cwd=box,
                env=os.environ | _plain_environment() | {"AUTOGRADER_TOKEN": token},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            self.connection = self._accept(listener, token)
        self.output = None

    def waiting_seconds(self) -> float:
        """See `WorkerProcess`."""
        return 0.0

    def processor_seconds(self) -> float:
        """See `WorkerProcess`."""
        return 0.0

    def kill(self) -> None:
        """See `WorkerProcess`."""
        self._process.kill()

    def exit_code(self, timeout_seconds: float) -> int | None:
        """See `WorkerProcess`."""
        try:
            return self._process.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            return None

    def close(self) -> None:
        """See `WorkerProcess`; waits, since nobody else buries this process."""
        self._process.wait(10)
        self.connection.close()

    def _accept(self, listener: socket.socket, token: str) -> socket.socket:
        listener.settimeout(0.2)
        while self._process.poll() is None:
            with contextlib.suppress(TimeoutError):
                connection, _ = listener.accept()
                connection.settimeout(10)
                if _receive(connection, len(token)) == token.encode():
                    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    return connection
                connection.close()  # some other program of this machine
        raise GraderError("the process for your code did not start; is torch installed for this Python?")


class Spares:
    """Processes that import torch before they are needed, each in a folder of its own below `folder`."""

    def __init__(self, folder: Path, count: int) -> None:
        self._folder = folder
        self._count = count
        self._waiting: list[PlainProcess] = []
        self.fill()

    def fill(self) -> None:
        """Start as many as are missing."""
        while len(self._waiting) < self._count:
            self._waiting.append(self._new())

    def take(self, limits: Limits) -> PlainProcess:
        """One that waits, or a new one; `limits` are for walls, and there is none here."""
        del limits
        return self._waiting.pop(0) if self._waiting else self._new()

    def close(self) -> None:
        """End those that still wait."""
        for process in self._waiting:
            process.kill()
            process.close()

    def _new(self) -> PlainProcess:
        return PlainProcess(Path(tempfile.mkdtemp(dir=self._folder)))


def check(
    course: Course,
    read: Callable[[], Submission],
    items: Sequence[Item],
    show: Callable[[list[TestResult]], None],
    changed: Callable[[], bool] | None = None,
) -> None:
    """Run the public tests of these items, and show what came of them, in the order of the config.

    Args:
        read: reads the student's files.
        show: gets one entry per test.
        changed: waits for the next save, and says False when there will be none; None checks once.

    Raises:
        ConfigError: the config and the tests do not fit each other.
        GraderError: the tests cannot be collected.
    """
    plan = course.config.public_plan(items)
    given = course.given()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        # One more for the tests on a device. They import torch while the next lines do.
        spares = Spares(Path(folder), 2 if changed else 1)

        def use(run: Check) -> None:
            while True:
                submission = read()
                show(run({**given, **submission.files}, spares.take, plan))
                if changed is None:
                    return
                spares.fill()
                if not changed():
                    return

        try:
            from autograder.grader.check_run import with_public_tests

            with_public_tests(course, use)
        finally:
            spares.close()


def wait_for_change(path: Path, before: dict[Path, tuple[int, int]]) -> None:
    """Return as soon as the stamps of `path` are others than `before`."""
    while stamps(path) == before:
        time.sleep(_LOOK_SECONDS)


def stamps(path: Path) -> dict[Path, tuple[int, int]]:
    """Time and size of the file at `path`, or of those directly in it, to tell later whether one was saved.

    Take them before the files are read: then a save during the check that follows is a change too.
    """
    found = {}
    for each in path.glob("*") if path.is_dir() else (path,):  # a folder that cannot be read is another's to say
        with contextlib.suppress(OSError):  # between a delete and a rename, as editors save
            if each.suffix in (".py", ".ipynb"):
                status = each.stat()
                found[each] = (status.st_mtime_ns, status.st_size)
    return found


def _receive(connection: socket.socket, length: int) -> bytes:
    data = b""
    while len(data) < length and (chunk := connection.recv(length - len(data))):
        data += chunk
    return data


def _plain_environment() -> dict[str, str]:
    return {name: value for name, value in environment().items() if name not in ("USER", "PATH", "LANG")}
