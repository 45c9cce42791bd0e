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
from pathlib import Path

from autograder.course import Course
from autograder.errors import GraderError
from autograder.records import Submission, TestResult
from autograder.sandbox.policy import Limits, environment


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


def check(course: Course, submission: Submission) -> list[TestResult]:
    """Run the public tests on one submission; results in the order of the config.

    Raises:
        ConfigError: the config and the tests do not fit each other.
        GraderError: the tests cannot be collected.
    """
    plan = course.config.plan(public_only=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as box:
        waiting = [PlainProcess(Path(box))]  # it imports torch while the next lines do
        from autograder.grader.check_run import run_public_tests

        def start(limits: Limits) -> PlainProcess:
            return waiting.pop() if waiting else PlainProcess(Path(box))

        try:
            results = run_public_tests(course, submission.files, start, plan)
        finally:
            for process in waiting:
                process.kill()
                process.close()
    by_name = {result.test: result for result in results}
    return [by_name[test.name] for test in plan]


def _receive(connection: socket.socket, length: int) -> bytes:
    data = b""
    while len(data) < length and (chunk := connection.recv(length - len(data))):
        data += chunk
    return data


def _plain_environment() -> dict[str, str]:
    return {name: value for name, value in environment().items() if name not in ("USER", "PATH", "LANG")}
