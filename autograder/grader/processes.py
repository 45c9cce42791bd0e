"""A student's process behind the wall, forked by the student zygote."""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import signal
import socket
from pathlib import Path

import msgspec

from autograder.errors import GraderError, ZygoteEndedError
from autograder.grader.worker import StartProcess
from autograder.sandbox.policy import Limits

_PIPE_BYTES = 1 << 20


class ZygoteProcess:
    """A worker forked by the student zygote, with the wall around it (Linux)."""

    def __init__(self, control: socket.socket, limits: Limits) -> None:
        self.connection, wire_end = socket.socketpair()
        self.output, output_end = os.pipe()
        with contextlib.suppress(OSError):  # fewer turns between the two processes for those who print a lot
            fcntl.fcntl(output_end, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        self._status, status_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        request = msgspec.msgpack.encode({"limits": limits})
        try:
            socket.send_fds(control, [request], [wire_end.fileno(), output_end, status_end.fileno()])
        except OSError as error:
            raise ZygoteEndedError("the student zygote has ended") from error
        finally:
            wire_end.close()
            status_end.close()
            os.close(output_end)
        message, descriptors, _, _ = socket.recv_fds(self._status, 16, 1)
        if message != b"pid":
            raise ZygoteEndedError("the student zygote has ended")
        self._pidfd = descriptors[0]
        self._proc = Path(f"/proc/{_pid_of(self._pidfd)}")
        self._exit_code: int | None = None

    def waiting_seconds(self) -> float:
        """See `WorkerProcess`; the kernel counts in nanoseconds."""
        try:
            return int((self._proc / "schedstat").read_text().split()[1]) / 1e9
        except (OSError, IndexError, ValueError):
            return 0.0

    def processor_seconds(self) -> float:
        """See `WorkerProcess`."""
        try:
            # After the last parenthesis (a process's name may hold some): user and system time, in ticks.
            fields = (self._proc / "stat").read_text().rsplit(")", 1)[1].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
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


def from_zygote(control: socket.socket) -> StartProcess:
    """Start processes behind the wall; `control` reaches the student zygote."""
    return lambda limits: ZygoteProcess(control, limits)


def _pid_of(pidfd: int) -> int:
    for line in Path(f"/proc/self/fdinfo/{pidfd}").read_text().splitlines():
        if line.startswith("Pid:"):
            return int(line.split()[1])
    raise GraderError("this kernel does not say which process a pidfd means")
