"""The warm process that workers are forked from.

It reads requests from a SOCK_SEQPACKET socket that all grader processes share. A request carries the limits and
three descriptors, which the zygote hands on to one new worker:

    wire     the worker's end of its conversation with the grader
    output   where the worker's standard output and error go
    status   where the zygote tells the grader the worker's process (as a pidfd), and later how it ended

What can go wrong: a thread that some import left behind would make forks hang, so the zygote refuses to fork
with more than one; a worker whose wall cannot be built ends with WALL_FAILED before it reads any student's file.
"""

from __future__ import annotations

import array
import contextlib
import gc
import importlib
import os
import selectors
import signal
import socket
import sys
import tempfile
import traceback
from functools import partial
from pathlib import Path

import msgspec
import torch

from autograder import sandbox
from autograder.sandbox import linux
from autograder.student_worker.serve import Server

WALL_FAILED = 86
_REQUEST_LIMIT = 1 << 16


class Settings(msgspec.Struct):
    """The first message on the control socket: not on the command line, which students can read."""

    level: int
    hidden: list[str]
    boxes: str
    preload: list[str]


class Request(msgspec.Struct):
    """One worker to fork."""

    limits: sandbox.Limits


def main(control_descriptor: int) -> None:
    """Warm up, then fork workers until the graders have hung up."""
    linux.die_with_parent(signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the pool's: it then hangs up, and all is buried
    control = socket.socket(fileno=control_descriptor)
    settings = msgspec.json.decode(control.recv(_REQUEST_LIMIT), type=Settings)
    torch.set_num_threads(1)
    # The worker's own lazy import goes with them: this package's files may be out of sight behind the wall.
    # numpy.random is imported lazily by whoever seeds it first, which every worker does.
    for name in ("autograder.student_worker.notebook", "numpy.random", *settings.preload):
        importlib.import_module(name)
    policy = sandbox.Policy(
        sandbox.Level(settings.level),
        sandbox.readable_paths(),
        tuple(Path(path) for path in settings.hidden),
        Path(settings.boxes),
    )
    sandbox.prepare(policy)
    gc.collect()
    gc.freeze()
    control.send(b"ready")
    _Zygote(control, policy).run()


class _Zygote:
    def __init__(self, control: socket.socket, policy: sandbox.Policy) -> None:
        self._control = control
        self._policy = policy
        self._selector = selectors.DefaultSelector()
        self._children: dict[int, socket.socket] = {}  # each worker's process, and where its grader hears of its end

    def run(self) -> None:
        self._selector.register(self._control, selectors.EVENT_READ)
        asked = True
        while asked:
            for key, _ in self._selector.select():
                if key.fileobj is self._control:
                    asked = self._fork()
                else:
                    key.data()
        for child in list(self._children):
            os.kill(child, signal.SIGKILL)
        self._selector.unregister(self._control)
        while self._selector.get_map():
            for key, _ in self._selector.select():
                key.data()

    def _fork(self) -> bool:
        """Fork one worker; False when nobody is left to ask for one."""
        descriptors = array.array("i")
        data, ancillary, _, _ = self._control.recvmsg(_REQUEST_LIMIT, socket.CMSG_SPACE(3 * descriptors.itemsize))
        if not data:
            return False
        for _, _, payload in ancillary:
            descriptors.frombytes(payload)
        request = msgspec.msgpack.decode(data, type=Request)
        wire_end, output, status_end = descriptors
        threads = os.listdir("/proc/self/task")
        if len(threads) != 1:
            raise RuntimeError(f"{len(threads)} threads in the zygote; its forks could hang")
        try:
            box = sandbox.new_box(self._policy)
        except OSError:  # no room left; the grader sees its end of `status` close
            for descriptor in descriptors:
                os.close(descriptor)
            return True
        child = sandbox.fork_worker(self._policy)
        if child == 0:
            _work(wire_end, output, self._policy, request.limits, box)
        status = socket.socket(fileno=status_end)
        pidfd = os.pidfd_open(child)
        with contextlib.suppress(OSError):  # that grader has gone; the worker will see it too
            socket.send_fds(status, [b"pid"], [pidfd])
        os.close(wire_end)
        os.close(output)
        self._children[child] = status
        self._selector.register(pidfd, selectors.EVENT_READ, partial(self._bury, pidfd, child, box))
        self._selector.register(status, selectors.EVENT_READ, partial(self._abandon, child))
        return True

    def _abandon(self, child: int) -> None:
        """End a worker whose grader has let go of it: it never writes to `status`, so it has closed it."""
        if child in self._children:  # else it was buried a moment ago
            self._selector.unregister(self._children[child])
            os.kill(child, signal.SIGKILL)

    def _bury(self, pidfd: int, child: int, box: Path) -> None:
        """Reap an ended worker, tell its grader how it ended, and leave nothing of it behind."""
        _, ended = os.waitpid(child, 0)
        status = self._children.pop(child)
        with contextlib.suppress(OSError):
            status.send(str(os.waitstatus_to_exitcode(ended)).encode())
        with contextlib.suppress(KeyError):
            self._selector.unregister(status)
        status.close()
        self._selector.unregister(pidfd)
        os.close(pidfd)
        if self._policy.level < sandbox.Level.FULL:
            # Another process: a student's folders may be as deep or as many as the disk allows.
            remover = os.posix_spawn("/bin/rm", ["rm", "-rf", "--", str(box)], {})
            removing = os.pidfd_open(remover)
            self._selector.register(removing, selectors.EVENT_READ, partial(self._removed, removing, remover))

    def _removed(self, removing: int, remover: int) -> None:
        os.waitpid(remover, 0)
        self._selector.unregister(removing)
        os.close(removing)


def _work(wire_end: int, output: int, policy: sandbox.Policy, limits: sandbox.Limits, box: Path) -> None:
    """Become the worker: nothing of the zygote's but its memory, the wall, then the student's code."""
    exit_code = WALL_FAILED
    try:
        linux.die_with_parent(signal.SIGKILL)
        for source, target in ((os.open(os.devnull, os.O_RDONLY), 0), (output, 1), (output, 2)):
            os.dup2(source, target)
        descriptor = os.dup2(wire_end, os.sysconf("SC_OPEN_MAX") - 1, inheritable=False)
        os.closerange(3, descriptor)
        os.dup2(descriptor, 3)
        os.close(descriptor)
        sandbox.confine(policy, limits, box)
        os.environ |= {"HOME": str(box), "TMPDIR": str(box)}
        tempfile.tempdir = None  # the zygote has asked already, and a worker may write elsewhere
        submission = box / "submission"
        submission.mkdir()
        os.chdir(submission)
        # A fork leaves torch a pool of threads to replace, which whoever sets their number next does; threads that
        # autograd starts for an accelerator would do it at once, and one of them find it gone.
        torch.set_num_threads(1)
        connection = socket.socket(fileno=3)
        connection.send(b"+")  # the wall stands; from here on every byte may be the student's
        exit_code = 0
        Server(connection, submission).run()
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        exit_code = exit_code or 1
    finally:
        os._exit(exit_code)
