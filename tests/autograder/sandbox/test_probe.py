"""What something outside kills while it tries a layer says nothing about the wall; what the kernel refuses does."""

from __future__ import annotations

import errno
import mmap
import os
import signal
from typing import Any

import pytest

from autograder.errors import SandboxError
from autograder.sandbox import Level, level_of, namespaces, probe


def killing_the_fork(monkeypatch: pytest.MonkeyPatch, number: int, times: int = 1) -> None:
    """The process that the `number`th fork of a try makes is killed, so often; shared memory counts in all of them."""
    fork, counts = os.fork, mmap.mmap(-1, 2)
    tester = os.getpid()

    def fork_and_kill() -> int:
        if os.getpid() == tester:
            counts[0] = 0  # another try begins
        counts[0] += 1
        kill = counts[0] == number and counts[1] < times
        counts[1] += kill
        child = fork()
        if child and kill:
            os.kill(child, signal.SIGKILL)
        elif kill:
            signal.pause()
        return child

    monkeypatch.setattr(os, "fork", fork_and_kill)


@pytest.mark.parametrize("number", range(1, 5))
@pytest.mark.parametrize("times", [1, 2])
def test_a_kill_does_not_lower_the_wall(monkeypatch, best_level, number, times):
    killing_the_fork(monkeypatch, number, times)
    assert level_of(probe()) is best_level


def test_killed_again_and_again_it_says_so(monkeypatch):
    killing_the_fork(monkeypatch, 1, times=99)
    with pytest.raises(SandboxError, match="'namespaces' was killed 3 times"):
        probe()


def test_what_is_refused_lowers_the_wall(monkeypatch, best_level):
    def refuse(*arguments: Any) -> None:
        raise PermissionError("the kernel refuses")

    monkeypatch.setattr(namespaces, "enter_worker", refuse)
    assert level_of(probe()) is min(best_level, Level.REDUCED)


def test_a_lack_of_memory_says_nothing_about_the_wall(monkeypatch):
    def lack(*arguments: Any) -> None:
        raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))

    monkeypatch.setattr(namespaces, "enter_zygote", lack)
    with pytest.raises(SandboxError, match="Is the machine out of memory"):
        probe()
