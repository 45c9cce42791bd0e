"""Layer 2: Landlock: files, TCP, signals and abstract sockets, for the calling thread and all it starts.

It does not stop stat, chmod or UDP: namespaces and seccomp do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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


def apply(
    readable: Iterable[Path], writable: Iterable[Path], hidden: Iterable[Path] = (), devices: Iterable[Path] = ()
) -> None:
    """Leave only these paths, no TCP, and no signals or abstract sockets beyond this process.

    What is hidden inside a readable folder can be listed, like all of that folder, and not read: Landlock only
    grants, so everything around it is granted one by one.

    Raises:
        OSError: this kernel has no Landlock.
    """
    from py_landlock import AccessFs, Landlock, LandlockError

    hidden = tuple(hidden)
    try:
        rules = Landlock(strict=False)
        # The kernel refuses rights that only folders have on a file.
        for path in readable:
            if any(each.is_relative_to(path.resolve()) for each in hidden):
                rules.add_path_rule(path, access=AccessFs.READ_DIR)
        for path in _around(readable, hidden):
            if path.is_dir():
                rules.allow_read(path)
            elif path.exists():
                rules.add_path_rule(path, access=AccessFs.READ_FILE)
        for path in writable:
            if path.is_dir():
                rules.allow_read_write(path)
            elif path.exists():
                rules.add_path_rule(path, access=AccessFs.READ_FILE | AccessFs.WRITE_FILE)
        for path in devices:
            rules.add_path_rule(path, access=AccessFs.READ_FILE | AccessFs.WRITE_FILE | AccessFs.IOCTL_DEV)
        rules.apply()
    except LandlockError as error:
        raise OSError(str(error)) from error


def _around(paths: Iterable[Path], hidden: tuple[Path, ...]) -> Iterator[Path]:
    """These paths, or what is in them, without what is hidden."""
    for path in map(Path.resolve, paths):  # a link beside a hidden folder may lead into it
        inside = [each for each in hidden if each.is_relative_to(path)]
        if not inside:
            yield path
        elif path not in inside:
            yield from _around(path.iterdir(), hidden)
