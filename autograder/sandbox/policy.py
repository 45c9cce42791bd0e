"""What one worker may see and use. Every mechanism reads the same policy; none has options of its own."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

# Beyond Python itself: the dynamic loader and the C library's tables. Nothing here is a secret.
_SYSTEM = (
    "/usr",
    "/lib",
    "/lib64",
    "/lib32",
    "/bin",
    "/sbin",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/localtime",
    "/etc/alternatives",
    "/sys/devices/system/cpu",
)


class Level(IntEnum):
    """How much of the wall stands; each level includes the ones below it."""

    NONE = 0  # no wall: student code runs as whoever grades
    REDUCED = 1  # Landlock, seccomp and limits, without namespaces
    FULL = 2  # namespaces as well

    def __str__(self) -> str:
        return self.name.lower()


@dataclass(frozen=True)
class Limits:
    """What one student's process may use.

    Attributes:
        seconds: time charged to one test: wall clock less the time spent waiting for a processor.
        memory_bytes: address space beyond what the warm process already has.
        disk_bytes: everything it may write, its own files included.
        output_bytes: what is read of its printing; the rest is dropped.
        threads: threads at one time; new processes are never allowed.
        open_files: descriptors at one time.
        gpu: whether it may use the machine's GPU. Its driver reserves more addresses than there is memory, so the bound
            on memory is then one on data.
    """

    seconds: float = 20.0
    memory_bytes: int = 1 << 30
    disk_bytes: int = 256 << 20
    output_bytes: int = 64 << 10
    threads: int = 64
    open_files: int = 256
    gpu: bool = False


@dataclass(frozen=True)
class Policy:
    """One wall.

    Attributes:
        level: the layers to build.
        readable: paths that stay visible, read-only.
        hidden: paths that must not be visible, even inside a readable one.
        boxes: the folder for the workers' boxes, below `Level.FULL`; its owner removes what is left in it.
    """

    level: Level
    readable: tuple[Path, ...]
    hidden: tuple[Path, ...] = ()
    boxes: Path = Path("/tmp")


def readable_paths() -> tuple[Path, ...]:
    """Python, the packages installed for it, and the system's libraries; outermost paths only."""
    candidates = [Path(path) for path in _SYSTEM]
    candidates += [Path(path) for path in (sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix)]
    # Packages that live elsewhere (Debian's dist-packages, a shared folder of wheels) are installed packages too;
    # a source checkout on the path (an editable install) is not.
    candidates += [Path(entry) for entry in sys.path if Path(entry).name in ("site-packages", "dist-packages")]
    paths = sorted({path for path in candidates if path.exists()})
    kept: list[Path] = []
    for path in paths:
        if not any(path.is_relative_to(other) for other in kept):
            kept.append(path)
    return tuple(kept)


def gpu_devices() -> tuple[Path, ...]:
    """The device files through which CUDA reaches the GPUs."""
    return tuple(path for path in sorted(Path("/dev").glob("nvidia*")) if path.is_char_device())


def environment() -> dict[str, str]:
    """The environment variables that a student's process sees, besides those that name its box."""
    return {
        "USER": "student",
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        # One thread each before any library starts: a zygote that ran a multi-threaded operation leaves
        # children that hang (GNU OpenMP), and one pair per core is the fastest use of a machine anyway.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        # Without it, torch.cuda.is_available() starts CUDA, which does not survive a fork.
        "PYTORCH_NVML_BASED_CUDA_CHECK": "1",
        # Sets and messages in the same order on every run.
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        "MPLBACKEND": "Agg",
    }
