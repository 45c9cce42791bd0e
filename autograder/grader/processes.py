"""Two ways to get a student's process: from the zygote behind the wall, or a plain one for `check`."""

from __future__ import annotations

import contextlib
import os
import secrets
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import msgspec

from autograder.errors import GraderError
from autograder.grader.worker import WorkerProcess
from autograder.sandbox.policy import Limits, environment

StartProcess: TypeAlias = Callable[[Limits], WorkerProcess]


class ZygoteProcess:
    """A worker forked by the student zygote, with the wall around it (Linux)."""

    def __init__(self, control: socket.socket, limits: Limits) -> None:
        self.connection, wire_end = socket.socketpair()
        self.output, output_end = os.pipe()
        self._status, status_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        request = msgspec.msgpack.encode({"limits": limits})
        try:
            socket.send_fds(control, [request], [wire_end.fileno(), output_end, status_end.fileno()])
        except OSError as error:
            raise GraderError("the student zygote has ended") from error
        finally:
            wire_end.close()
            status_end.close()
            os.close(output_end)
        message, descriptors, _, _ = socket.recv_fds(self._status, 16, 1)
        if message != b"pid":
            raise GraderError("the student zygote has ended")
        self._pidfd = descriptors[0]
        self._schedstat = Path(f"/proc/{_pid_of(self._pidfd)}/schedstat")
        self._exit_code: int | None = None

    def waiting_seconds(self) -> float:
        """See `WorkerProcess`; the kernel counts in nanoseconds."""
        try:
            return int(self._schedstat.read_text().split()[1]) / 1e9
        except (OSError, IndexError, ValueError):
            return 0.0

    def kill(self) -> None:
        """See `WorkerProcess`; the first process of a namespace takes all others with it."""
        with contextlib.suppress(OSError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    def exit_code(self, timeout_seconds: float) -> int | None:
        """See `WorkerProcess`."""
        if self._exit_code is None and select.select([self._status], [], [], timeout_seconds)[0]:
            answer = self._status.recv(16)
            self._exit_code = int(answer) if answer else -int(signal.SIGKILL)
        return self._exit_code

    def close(self) -> None:
        """See `WorkerProcess`."""
        self.connection.close()
        self._status.close()
        os.close(self.output)
        os.close(self._pidfd)


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
        # Printing goes nowhere; this end only keeps the shape of a process whose output is drained.
        self.output, self._no_output = os.pipe()

    def waiting_seconds(self) -> float:
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
        """See `WorkerProcess`."""
        self.connection.close()
        os.close(self.output)
        os.close(self._no_output)

    def _accept(self, listener: socket.socket, token: str) -> socket.socket:
        listener.settimeout(0.2)
        while self._process.poll() is None:
            with contextlib.suppress(TimeoutError):
                connection, _ = listener.accept()
                connection.settimeout(10)
                if connection.recv(len(token), socket.MSG_WAITALL) == token.encode():
                    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    return connection
                connection.close()  # some other program of this machine
        raise GraderError("the process for your code did not start; is torch installed for this Python?")


def from_zygote(control: socket.socket) -> StartProcess:
    """Start processes behind the wall; `control` reaches the student zygote."""
    return lambda limits: ZygoteProcess(control, limits)


def plain(box: Path) -> StartProcess:
    """Start processes without a wall, in the folder `box`; limits other than time are not kept."""
    return lambda limits: PlainProcess(box)


def _plain_environment() -> dict[str, str]:
    kept = environment()
    for name in ("HOME", "TMPDIR", "USER", "PATH", "LANG"):
        kept.pop(name)
    return kept


def _pid_of(pidfd: int) -> int:
    for line in Path(f"/proc/self/fdinfo/{pidfd}").read_text().splitlines():
        if line.startswith("Pid:"):
            return int(line.split()[1])
    raise GraderError("this kernel does not say which process a pidfd means")
