"""Tries each layer on this machine, in a child that is thrown away: what is reported was seen, not assumed."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import SandboxError, is_lack_of_memory
from autograder.sandbox import landlock, limits, linux, namespaces, seccomp
from autograder.sandbox.policy import Level, Limits, Policy, readable_paths


@dataclass(frozen=True)
class Layer:
    """One layer of the wall: whether it holds here, and what was seen."""

    name: str
    holds: bool
    detail: str


# So often a layer is tried, where something outside kills whoever tries it.
_TRIES = 3


def probe() -> tuple[Layer, ...]:
    """Try all four layers; takes well under a second and changes nothing.

    Raises:
        SandboxError: something outside kills whoever tries a layer, or memory is lacking, again and again.
    """
    if sys.platform != "linux":
        return tuple(
            Layer(name, False, f"needs Linux; this is {sys.platform}")
            for name in ("namespaces", "landlock", "seccomp", "limits")
        )
    with tempfile.TemporaryDirectory() as folder:
        canary = Path(folder) / "canary"
        canary.write_text("canary")
        return (
            _try("namespaces", lambda: _namespaces(canary)),
            _try("landlock", lambda: _landlock(canary)),
            _try("seccomp", _seccomp),
            _try("limits", _limits),
        )


def level_of(layers: tuple[Layer, ...]) -> Level:
    """The highest level that these layers make."""
    holds = {layer.name: layer.holds for layer in layers}
    if not (holds["landlock"] and holds["seccomp"] and holds["limits"]):
        return Level.NONE
    return Level.FULL if holds["namespaces"] else Level.REDUCED


def _try(name: str, check: Callable[[], str]) -> Layer:
    """Run `check` in a child; it returns what it saw, or raises because the layer does not hold.

    A child that was killed, or lacked memory, says nothing about the layer: taken for one that does not hold, it would
    lower the wall.
    """
    for _ in range(_TRIES):
        answer, exit_code = _in_a_child(check)
        if answer or exit_code != -signal.SIGKILL:
            return Layer(name, answer.startswith("+"), answer[1:] or "the probe ended without an answer")
    raise SandboxError(
        f"what tries the wall's layer {name!r} was killed {_TRIES} times. Is the machine out of memory? "
        "Run the same command again"
    )


def _in_a_child(check: Callable[[], str]) -> tuple[str, int]:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        verdict = b"-"
        with contextlib.suppress(BaseException):
            try:
                verdict = b"+" + check().encode()
            except Exception as error:
                if is_lack_of_memory(error):
                    namespaces.end_by(signal.SIGKILL)
                verdict = b"-" + str(error).encode()[:500]
        os.write(writing, verdict)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        answer = stream.read().decode()
    return answer, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _namespaces(canary: Path) -> str:
    listener = socket.create_server(("127.0.0.1", 0))
    policy = Policy(Level.FULL, readable_paths())
    namespaces.enter_zygote(policy)
    child = namespaces.in_new_process_namespace()
    if child:
        if namespaces.wait_for(child) != 0:
            raise OSError("a worker's own namespaces are refused")
        return "a file outside, the network and other processes are out of reach"
    status = 1
    with contextlib.suppress(BaseException):
        namespaces.enter_worker(policy, Limits())
        alone = os.getpid() == 1 and [name for name in os.listdir("/proc") if name.isdigit()] == ["1"]
        with contextlib.suppress(OSError), socket.create_connection(listener.getsockname(), timeout=1):
            alone = False
        status = 0 if alone and not canary.exists() else 1
    os._exit(status)


def _landlock(canary: Path) -> str:
    from py_landlock import get_abi_version

    version = int(get_abi_version())
    landlock.apply((Path("/usr"),), ())
    try:
        canary.read_text()
    except PermissionError:
        return f"ABI {version}: a file outside cannot be opened"
    raise OSError("a file outside could still be opened")


def _seccomp() -> str:
    seccomp.apply()
    try:
        os.fork()
    except PermissionError:
        return "a new process is refused"
    os._exit(0)  # both the parent and the child: the layer does not hold


def _limits() -> str:
    import resource

    limits.apply(Limits(memory_bytes=64 << 20, open_files=32), count_threads=False)
    linux.drop_privileges()
    try:
        bytearray(256 << 20)
    except MemoryError:
        return f"memory is bounded; {resource.getrlimit(resource.RLIMIT_NOFILE)[0]} open files"
    raise OSError("more memory than the limit could be taken")
