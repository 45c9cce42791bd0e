"""What is on the machine that a submission could have left there."""

from __future__ import annotations

import contextlib
import ctypes
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

SHARED_FOLDERS = (Path("/tmp"), Path("/var/tmp"), Path("/dev/shm"), Path("/dev/mqueue"))
_LISTENING = "0A"
_PR_SET_CHILD_SUBREAPER = 36
_SETTLE_SECONDS = 15.0


@dataclass(frozen=True)
class Look:
    """One look, at what bears the run's name and at the run's own folders.

    Attributes:
        files: each path, with what would tell a change: size, mode, owner, time.
        processes: our children, orphans of a run among them.
        sockets: a listening TCP port, bound unix sockets.
        shared: System V shared memory, semaphores, message queues.
    """

    files: dict[str, tuple[int, ...]] = field(default_factory=dict)
    processes: frozenset[str] = frozenset()
    sockets: frozenset[str] = frozenset()
    shared: frozenset[str] = frozenset()

    def since(self, before: Look) -> list[str]:
        """What is there now and was not, or has changed."""
        left = [f"file {path}" for path, state in self.files.items() if before.files.get(path) != state]
        left += [f"file {path} is gone" for path in before.files if path not in self.files]
        for what in ("processes", "sockets", "shared"):
            left += [f"{what}: {each}" for each in getattr(self, what) - getattr(before, what)]
        return sorted(left)


def look(name: str, port: int, folders: Sequence[Path], ours: Sequence[str] = ()) -> Look:
    """Look at the machine.

    Args:
        name: part of the name of everything that an attack leaves in a place that others use too.
        port: the one on which an attack listens.
        folders: the run's own, where nothing may change at all.
        ours: names of what the grader itself leaves there.
    """
    files = {
        str(path): _state(path)
        for folder in folders
        for path in (folder, *sorted(folder.rglob("*")))
        if not set(ours) & set(path.parts)
    }
    for folder in SHARED_FOLDERS:
        with contextlib.suppress(OSError):
            files |= {str(path): (0,) for path in folder.iterdir() if name in path.name or _is_an_attacks_box(path)}
    return Look(files, frozenset(_children()), frozenset(_sockets(name, port)), frozenset(_shared()))


def left_behind(before: Look, look_again: Callable[[], Look]) -> list[str]:
    """What is left once everything that ends soon has ended: the harness buries a process soon, not at once.

    Only what the first look finds counts, since others may use the machine at the same time.
    """
    left = set(look_again().since(before))
    deadline = time.monotonic() + _SETTLE_SECONDS
    while left and time.monotonic() < deadline:
        time.sleep(0.2)
        left &= set(look_again().since(before))
    return sorted(left)


@contextlib.contextmanager
def adopting_orphans() -> Iterator[None]:
    """Be the parent of every process whose own has ended, among those started here: a daemon cannot hide."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        libc.prctl(_PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def _is_an_attacks_box(path: Path) -> bool:
    """Whether it is the folder that the harness made for an attack's process, and should have taken away."""
    try:
        return (path / "submission" / "target.json").exists()
    except OSError:  # somebody else's
        return False


def _state(path: Path) -> tuple[int, ...]:
    found = path.lstat()
    if path.is_dir() and not path.is_symlink():
        return (found.st_mode, found.st_uid)
    return (found.st_size, found.st_mode, found.st_uid, found.st_mtime_ns)


def _children() -> Iterator[str]:
    for path in Path("/proc/self/task").glob("*/children"):
        for number in path.read_text().split():
            with contextlib.suppress(OSError):
                fields = Path(f"/proc/{number}/stat").read_text().rsplit(")", 1)
                if fields[1].split()[0] == "Z":
                    os.waitid(os.P_PID, int(number), os.WEXITED | os.WNOHANG)
                else:
                    yield f"{number}{fields[0].split(' ', 1)[1]})"


def _sockets(name: str, port: int) -> Iterator[str]:
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, _, state, *_ = line.split()
        if state == _LISTENING and local.endswith(f":{port:04X}"):
            yield f"tcp {local}"
    for line in Path("/proc/net/unix").read_text().splitlines():
        if name in line:
            yield f"unix {line.split()[-1]}"


def _shared() -> Iterator[str]:
    for table in ("shm", "sem", "msg"):
        for line in Path(f"/proc/sysvipc/{table}").read_text().splitlines()[1:]:
            yield f"{table} {line.split()[1]}"
