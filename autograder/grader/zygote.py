"""The warm process that holds the marked tests: collects them once, then forks once per submission.

Run as `python -m autograder.grader.zygote JOBS_DESCRIPTOR CONTROL_DESCRIPTOR`. `jobs` is a SOCK_SEQPACKET socket
from the pool: its first packet holds the settings, and each other brings one more socket, on which the forked child
reads one `Job` and answers with `Event`s, one per line of JSON. `control` leads to the student zygote; the child asks
it for workers itself.
"""

from __future__ import annotations

import array
import contextlib
import faulthandler
import gc
import os
import signal
import socket
import sys
import traceback
from pathlib import Path

import hypothesis
import msgspec
import pytest
import torch
from hypothesis import strategies

from autograder.grader.marking import Marking, collect_arguments, configure_hypothesis
from autograder.grader.processes import from_zygote
from autograder.grader.session import sessions
from autograder.records import Conditions, PlannedTest, TestResult


class Settings(msgspec.Struct):
    """The first message from the pool."""

    folders: list[str]
    data: dict[str, str]


class Job(msgspec.Struct):
    """One submission to mark: its files, and the tests to run."""

    files: dict[str, bytes]
    conditions: Conditions
    plan: list[PlannedTest]


class Event(msgspec.Struct, omit_defaults=True):
    """What happens to a job: its process has begun, a test has started, a test has ended, all have ended."""

    process: int | None = None
    started: str | None = None
    result: TestResult | None = None
    flooded: bool | None = None


class Ready(msgspec.Struct):
    """First message of the zygote: what was collected, or why not."""

    tests: list[tuple[str, str]]
    errors: list[str]


class _Zygote(Marking):
    """Where pytest would run the collected tests once, serve jobs instead."""

    def __init__(self, jobs: socket.socket, control: socket.socket, data: dict[str, str]) -> None:
        super().__init__(data)
        self._jobs = jobs
        self._control = control

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Serve until the pool hangs up."""
        del session
        _warm_up_hypothesis()
        self._jobs.send(msgspec.json.encode(Ready(self.names(), self.collection_errors)))
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # children are reaped by themselves
        gc.collect()
        gc.freeze()
        descriptors = array.array("i")
        while True:
            data, ancillary, _, _ = self._jobs.recvmsg(1, socket.CMSG_SPACE(descriptors.itemsize))
            if not data:
                return True
            (_, _, payload), *_ = ancillary
            descriptor = array.array("i", payload)[0]
            if len(os.listdir("/proc/self/task")) != 1:
                raise RuntimeError("more than one thread in the grader zygote; its forks could hang")
            if os.fork() == 0:
                self._mark(socket.socket(fileno=descriptor))
            os.close(descriptor)

    def _mark(self, connection: socket.socket) -> None:
        status = 1
        try:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.setpgrp()  # what a marked test starts ends with the job
            faulthandler.enable()  # a test of ours that hangs or crashes shows where
            self._jobs.close()
            with connection.makefile("rwb") as stream:
                length = int.from_bytes(stream.read(8), "big")
                job = msgspec.msgpack.decode(stream.read(length), type=Job)

                def tell(event: Event) -> None:
                    stream.write(msgspec.json.encode(event) + b"\n")
                    stream.flush()

                tell(Event(process=os.getpid()))
                self.draw_with(job.conditions.seed)
                session, accelerated = sessions(job.files, from_zygote(self._control), job.conditions)
                for result in self.run(session, accelerated, job.plan, lambda name: tell(Event(started=name))):
                    tell(Event(result=result))
                flooded = False
                for each in (session, accelerated):
                    if each is not None:
                        each.close()
                        flooded = flooded or each.flooded
                tell(Event(flooded=flooded))
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)


def _warm_up_hypothesis() -> None:
    """Do what hypothesis does on first use once, before the forks: it imports lazily, and reads constants from local
    source files as soon as a first example is drawn at random.
    """

    @hypothesis.settings(max_examples=100)
    @hypothesis.given(strategies.lists(strategies.integers(0, 1000), min_size=5))
    def fails_late(values: list[int]) -> None:  # after some random examples, or there would be none
        assert sum(values) < 3000

    with contextlib.suppress(AssertionError):  # the way of a failing test is warmed up too
        fails_late()


def main(jobs_descriptor: int, control_descriptor: int) -> int:
    """Collect, then serve."""
    torch.set_num_threads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the pool's: it then hangs up
    jobs = socket.socket(fileno=jobs_descriptor)
    settings = msgspec.json.decode(jobs.recv(1 << 16), type=Settings)
    configure_hypothesis()
    zygote = _Zygote(jobs, socket.socket(fileno=control_descriptor), settings.data)
    exit_code = pytest.main(collect_arguments([Path(folder) for folder in settings.folders]), plugins=[zygote])
    if zygote.collection_errors or not zygote.items:
        jobs.send(msgspec.json.encode(Ready([], [error[-1500:] for error in zygote.collection_errors])))
    return int(exit_code)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
