"""Layer 4: memory, processor time, files and threads, by setrlimit."""

from __future__ import annotations

import contextlib
from pathlib import Path

from autograder.sandbox.policy import Limits


def apply(limits: Limits, *, count_threads: bool) -> None:
    """Bound what this process may use.

    Args:
        limits: the bounds; memory is counted from what the process already has.
        count_threads: only in a user namespace of its own is the kernel's count of threads this process's.
    """
    import resource  # not on Windows, where `check` imports this package

    pages = int(Path("/proc/self/statm").read_text().split()[0])
    bounds = {
        resource.RLIMIT_DATA if limits.gpu else resource.RLIMIT_AS: pages * resource.getpagesize()
        + limits.memory_bytes,
        resource.RLIMIT_FSIZE: limits.disk_bytes,
        resource.RLIMIT_NOFILE: limits.open_files,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_MEMLOCK: 1 << 20,
    }
    if count_threads:
        bounds[resource.RLIMIT_NPROC] = limits.threads
    for what, bound in bounds.items():
        _, hard = resource.getrlimit(what)
        if hard != resource.RLIM_INFINITY:
            bound = min(bound, hard)
        with contextlib.suppress(ValueError):  # a container may forbid even lowering some of them
            resource.setrlimit(what, (bound, bound))
