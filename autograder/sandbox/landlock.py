"""Layer 2: Landlock: files, TCP, signals and abstract sockets, for the calling thread and all it starts.

It does not stop stat, chmod or UDP: namespaces and seccomp do.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


def prepare() -> None:
    """Import and ask for the version once, in the zygote: the library looks for libc with a program of its own.

    Raises:
        OSError: this kernel has no Landlock.
    """
    from py_landlock import LandlockError, get_abi_version

    try:
        get_abi_version()
    except LandlockError as error:
        raise OSError(str(error)) from error


def apply(readable: Iterable[Path], writable: Iterable[Path]) -> None:
    """Leave only these paths, no TCP, and no signals or abstract sockets beyond this process.

    Raises:
        OSError: this kernel has no Landlock.
    """
    from py_landlock import AccessFs, Landlock, LandlockError

    try:
        rules = Landlock(strict=False)
        # The kernel refuses rights that only folders have on a file.
        for path in readable:
            if path.is_dir():
                rules.allow_read(path)
            elif path.exists():
                rules.add_path_rule(path, access=AccessFs.READ_FILE)
        for path in writable:
            if path.is_dir():
                rules.allow_read_write(path)
            elif path.exists():
                rules.add_path_rule(path, access=AccessFs.READ_FILE | AccessFs.WRITE_FILE)
        rules.apply()
    except LandlockError as error:
        raise OSError(str(error)) from error
