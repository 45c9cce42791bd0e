"""Layer 1: new user, mount, process, network and IPC namespaces.

The zygote enters once, before any student is known: a root that holds only the readable paths, read-only. Each
worker then gets its own process, mount, network and IPC namespaces inside it, with a fresh /proc, /tmp and
/dev/shm, and at last a user namespace of its own, so that its count of threads is its own too. As root, the
worker becomes `nobody` first; as an ordinary user it stays that user, without any capability.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import NoReturn

from autograder.sandbox import linux
from autograder.sandbox.policy import Limits, Policy, gpu_devices

NOBODY = 65534
BOX = Path("/box")
_DEVICES = ("null", "zero", "full", "random", "urandom")
# Where the new root is put together: a directory that every Linux has, and that holds nothing readable.
_STAGING = ("/mnt", "/media", "/srv", "/home", "/opt")
_ZYGOTE = (
    linux.CLONE_NEWUSER
    | linux.CLONE_NEWNS
    | linux.CLONE_NEWPID
    | linux.CLONE_NEWNET
    | linux.CLONE_NEWIPC
    | linux.CLONE_NEWUTS
)


def enter_zygote(policy: Policy) -> None:
    """Move this process's work into a child inside the namespaces; the caller goes on as that child.

    The parent stays outside, waits, and ends as the child does.

    Raises:
        OSError: the kernel refuses namespaces or mounts.
    """
    if os.geteuid() == 0:
        _unshare_as_root()
    else:
        _unshare_as_user()
    child = os.fork()
    if child:
        os._exit(wait_for(child))
    linux.die_with_parent(signal.SIGKILL)
    _build_root(policy)


def enter_worker(policy: Policy, limits: Limits) -> None:
    """Give the calling process, just forked with a process namespace of its own, the rest of its namespaces.

    Raises:
        OSError: the kernel refuses.
    """
    linux.unshare(linux.CLONE_NEWNS | linux.CLONE_NEWNET | linux.CLONE_NEWIPC)
    flags = linux.MS_NOSUID | linux.MS_NODEV
    size = f"size={limits.disk_bytes},nr_inodes=20000,mode=1777"
    linux.mount("proc", "/proc", "proc", flags | linux.MS_NOEXEC)
    for path in writable(policy):
        linux.mount("tmpfs", str(path), "tmpfs", flags, size)
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
        linux.own_proc_again()  # the map of ids is written through it
    _unshare_as_user(linux.CLONE_NEWUSER)


def writable(policy: Policy) -> tuple[Path, ...]:
    """Where a worker may write: its box, and what programs expect to find; nothing that would cover what it reads."""
    expected = (Path("/tmp"), Path("/dev/shm"))
    return (BOX, *(path for path in expected if not any(each.is_relative_to(path) for each in policy.readable)))


def in_new_process_namespace() -> int:
    """Fork a child that is the first process of a new process namespace; return as os.fork does."""
    own = os.open("/proc/self/ns/pid", os.O_RDONLY)
    try:
        linux.unshare(linux.CLONE_NEWPID)
        child = os.fork()
        if child:
            linux.set_namespace(own, linux.CLONE_NEWPID)
        return child
    finally:
        os.close(own)


def wait_for(child: int) -> int:
    """Return its exit code. What a signal ended takes the caller with it, so that whoever waits outside sees it."""
    exit_code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    number = -exit_code if exit_code < 0 else exit_code - 128
    if 0 < number < signal.NSIG:
        end_by(number)
    return exit_code


def end_by(number: int) -> NoReturn:
    """End by a signal; the first process of a namespace, which cannot, with 128 and its number, as a shell would."""
    os.kill(os.getpid(), number)
    os._exit(128 + number)


def _unshare_as_user(flags: int = _ZYGOTE) -> None:
    user, group = os.geteuid(), os.getegid()
    linux.unshare(flags)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")


def _unshare_as_root() -> None:
    """As `_unshare_as_user`, with all ids mapped: only a process outside can write such a map."""
    maps = {name: _identity_map(f"/proc/self/{name}") for name in ("uid_map", "gid_map")}
    parent = os.getpid()
    unshared, done = os.pipe(), os.pipe()
    helper = os.fork()
    if helper == 0:
        status = 1
        try:
            os.close(unshared[1])
            os.read(unshared[0], 1)
            for name, lines in maps.items():
                Path(f"/proc/{parent}/{name}").write_text(lines)
            os.write(done[1], b"x")
            status = 0
        finally:
            os._exit(status)
    os.close(done[1])
    try:
        linux.unshare(_ZYGOTE & ~linux.CLONE_NEWPID)
        os.write(unshared[1], b"x")
        mapped = os.read(done[0], 1)
        if wait_for(helper) != 0 or mapped != b"x":
            raise OSError("the user namespace's ids could not be mapped")
        linux.unshare(linux.CLONE_NEWPID)
    finally:
        for descriptor in (*unshared, done[0]):
            os.close(descriptor)


def _identity_map(path: str) -> str:
    lines = [line.split() for line in Path(path).read_text().splitlines()]
    return "\n".join(f"{inside} {inside} {count}" for inside, _, count in lines)


def _build_root(policy: Policy) -> None:
    linux.mount("none", "/", None, linux.MS_REC | linux.MS_PRIVATE)
    staging = next(
        path
        for path in _STAGING
        if os.path.isdir(path) and not any(readable.is_relative_to(path) for readable in policy.readable)
    )
    linux.mount("tmpfs", staging, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, "mode=755")
    for path in policy.readable:
        _show(path, staging, read_only=True)
    # Who may open the GPU's is Landlock's to say, for each worker.
    for device in (*(Path("/dev") / name for name in _DEVICES), *gpu_devices()):
        _show(device, staging, read_only=False)
    for directory in (Path("/proc"), *writable(policy)):
        os.makedirs(f"{staging}{directory}", exist_ok=True)
    for path in policy.hidden:
        inside = Path(f"{staging}{path}")
        if inside.is_dir():
            linux.mount("tmpfs", str(inside), "tmpfs", linux.MS_RDONLY, "mode=000")
        elif inside.is_file():
            linux.mount("/dev/null", str(inside), None, linux.MS_BIND)
    # Before the old root goes: the kernel grants a new /proc only to who can see one already.
    linux.mount("proc", f"{staging}/proc", "proc", linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC)
    linux.pivot_root(staging)
    linux.mount("none", "/", None, linux.MS_REMOUNT | linux.MS_BIND | linux.MS_RDONLY | linux.MS_NOSUID)


def _show(path: Path, root: str, *, read_only: bool) -> None:
    """Make `path` visible at the same place under `root`; a symbolic link stays one."""
    target = Path(f"{root}{path}")
    target.parent.mkdir(parents=True, exist_ok=True)
    if path.is_symlink():
        target.symlink_to(os.readlink(path))
        return
    if path.is_dir():
        target.mkdir(exist_ok=True)
    else:
        target.touch()
    linux.mount(str(path), str(target), None, linux.MS_BIND | linux.MS_REC)
    if read_only:
        flags = linux.MS_REMOUNT | linux.MS_BIND | linux.MS_RDONLY | linux.MS_NOSUID | linux.MS_NODEV
        linux.mount("none", str(target), None, flags)
