"""The wall between a student's code and everything else.

Theory of operation. Four layers, each of which would stop most attacks alone: namespaces (what exists), Landlock
(what may be opened), seccomp (what may be asked of the kernel) and limits (how much). They are built in two
steps, because warm processes are forked:

    prepare(policy)          once, in the student zygote, before any student's code is near
    fork_worker(policy)      the worker's own process namespace
    confine(policy, ...)     in the worker, between the fork and the first line of a student's code

`probe()` tries each layer on this machine; grading refuses to start below the level that the config accepts.
What can go wrong: a layer that cannot be built raises in `confine`, the worker ends before it has read any
student's file, and the grader reports its own error, never the student's.
"""

from __future__ import annotations

import os
import signal
import stat
import tempfile
from pathlib import Path

from autograder.sandbox import landlock, limits, linux, namespaces, seccomp
from autograder.sandbox.policy import Level, Limits, Policy, environment, gpu_devices, readable_paths
from autograder.sandbox.probe import Layer, level_of, probe

__all__ = [
    "Layer",
    "Level",
    "Limits",
    "Policy",
    "confine",
    "environment",
    "fork_worker",
    "level_of",
    "new_box",
    "prepare",
    "probe",
    "readable_paths",
]


# Besides the policy's paths: this process, the processor (torch's half-precision kernels ask), randomness.
_OWN = ("/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/dev/random", "/dev/urandom", "/dev/zero")

# What CUDA looks up about the driver and the machine.
_CUDA_READS = tuple(map(Path, ("/proc/driver/nvidia", "/proc/devices", "/sys/bus/pci/devices", "/sys/devices")))


def prepare(policy: Policy) -> None:
    """Do once what all workers share; with `Level.FULL` the caller goes on inside the namespaces.

    Raises:
        OSError, RuntimeError: a layer cannot be built here.
    """
    if policy.level >= Level.REDUCED:
        landlock.prepare()
        seccomp.prepare()
    if policy.level >= Level.FULL:
        namespaces.enter_zygote(policy)


def fork_worker(policy: Policy) -> int:
    """Fork as os.fork does, into the namespaces that the policy's level asks for."""
    return namespaces.in_new_process_namespace() if policy.level >= Level.FULL else os.fork()


def _nobody_can_read(policy: Policy) -> bool:
    """Whether an ordinary user can reach what workers read: a Python below /root can be root's alone.

    There a worker stays root, without any capability: Landlock and seccomp are what holds it. At `Level.FULL` the
    question does not come up, since the path to Python is made anew.
    """
    folders = {folder for path in policy.readable for folder in path.resolve().parents}
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in folders)


def new_box(policy: Policy) -> Path:
    """The folder of one worker, for its files and what it writes. Below `Level.FULL` the caller removes it."""
    return namespaces.BOX if policy.level >= Level.FULL else Path(tempfile.mkdtemp(dir=policy.boxes))


def confine(policy: Policy, bounds: Limits, box: Path) -> None:
    """Build the wall around the calling process, for good.

    Args:
        policy: what to build.
        bounds: what the process may use.
        box: its own folder, from `new_box`.

    Raises:
        OSError: a layer cannot be built; nothing of the student's may run then.
    """
    if policy.level >= Level.FULL:
        namespaces.enter_worker(policy, bounds)
    if policy.level >= Level.REDUCED:
        if policy.level is Level.REDUCED and os.geteuid() == 0 and _nobody_can_read(policy):
            os.chown(box, namespaces.NOBODY, namespaces.NOBODY)
            os.setgroups([])
            os.setresgid(namespaces.NOBODY, namespaces.NOBODY, namespaces.NOBODY)
            os.setresuid(namespaces.NOBODY, namespaces.NOBODY, namespaces.NOBODY)
        limits.apply(bounds, count_threads=policy.level >= Level.FULL)
        linux.drop_privileges()
        linux.die_with_parent(signal.SIGKILL)  # again: to become another user takes it back
        own = tuple(map(Path, _OWN))
        writable = namespaces.writable(policy) if policy.level >= Level.FULL else (box,)
        hidden = policy.hidden if policy.level is Level.REDUCED else ()  # else the namespaces hide it
        devices = gpu_devices() if bounds.gpu else ()
        readable = (*policy.readable, *own, *(_CUDA_READS if bounds.gpu else ()))
        landlock.apply(readable, (*writable, Path("/dev/null")), hidden, devices)
        seccomp.apply()
