"""Layer 3: system calls that no coursework needs and most attacks do, refused with EPERM (libseccomp).

New threads are allowed, new processes and programs are not. Calls of another architecture (32-bit) kill.
"""

from __future__ import annotations

import errno
import os
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyseccomp import SyscallFilter

_CLONE_THREAD = 0x00010000

REFUSED = (
    # other processes, their memory, new programs
    *("fork", "vfork", "execve", "execveat", "ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "pidfd_getfd"),
    *("process_madvise", "pidfd_open", "pidfd_send_signal"),
    # the kernel's own doors
    *("keyctl", "add_key", "request_key", "bpf", "perf_event_open", "userfaultfd", "io_uring_setup"),
    *("io_uring_enter", "io_uring_register", "init_module", "finit_module", "delete_module", "kexec_load"),
    *("kexec_file_load", "syslog", "personality", "acct", "quotactl", "reboot", "swapon", "swapoff", "modify_ldt"),
    *("iopl", "ioperm", "lookup_dcookie", "open_by_handle_at", "name_to_handle_at", "fanotify_init", "vhangup"),
    *("settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "sethostname", "setdomainname", "move_pages"),
    # mounts and namespaces
    *("mount", "umount2", "pivot_root", "chroot", "unshare", "setns", "open_tree", "move_mount", "fsopen"),
    *("fsconfig", "fsmount", "fspick", "mount_setattr"),
    # memory that no limit counts, and sockets of any kind (socketpair stays)
    *("memfd_create", "memfd_secret", "mknod", "mknodat", "socket", "bind", "connect", "listen"),
    # System V's and POSIX's queues and segments, those of others too: their numbers can be guessed
    *("shmget", "shmat", "shmctl", "msgget", "msgsnd", "msgrcv", "msgctl", "semget", "semop", "semtimedop", "semctl"),
    *("mq_open", "mq_unlink"),
    # Landlock does not stop these on files that stay visible
    *("chmod", "fchmod", "fchmodat", "chown", "fchown", "lchown", "fchownat", "setxattr", "lsetxattr", "fsetxattr"),
    *("removexattr", "lremovexattr", "fremovexattr"),
    *("inotify_init", "inotify_init1", "inotify_add_watch"),
    # other processes of the same user, where no namespace hides them; and priorities, which bend the clock
    *("kill", "tkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "setpriority", "ioprio_set"),
)
# Newer than the names that libseccomp knows; from 403 on a call has the same number on every architecture:
# fchmodat2, setxattrat, removexattrat, open_tree_attr, file_setattr.
_REFUSED_NUMBERS = (452, 463, 466, 467, 469)
# Fine on oneself (0), refused on anybody else.
_ON_ONESELF = ("prlimit64", "sched_setaffinity", "sched_setscheduler", "sched_setparam", "sched_setattr")
# Calls of which some operations are refused: the argument that says which, its bits that the kernel looks at, and what
# they may not be. It takes an int: a filter that compared all 64 bits would let a number with a higher bit pass.
_INT = 0xFFFFFFFF
_SOCKET_TYPE = 0xF  # the other bits are flags
_REFUSED_OPERATIONS = (
    ("prctl", 0, _INT, (1,)),  # PR_SET_PDEATHSIG: it ends with its parent
    # A datagram socket of a pair can send to any other's path or name.
    ("socketpair", 1, _SOCKET_TYPE, (2, 3)),  # SOCK_DGRAM, and SOCK_RAW, which is the same here
    # To whom the kernel sends the signal that a descriptor is ready, and which: one that kills, for instance.
    ("fcntl", 1, _INT, (8, 10, 15)),  # F_SETOWN, F_SETSIG, F_SETOWN_EX
    ("ioctl", 1, _INT, (0x8901, 0x8902)),  # FIOSETOWN, SIOCSPGRP
)


@cache
def _filter() -> SyscallFilter:
    import pyseccomp  # only here: it fails to import where libseccomp is missing, and `probe` must tell

    rules = pyseccomp.SyscallFilter(defaction=pyseccomp.ALLOW)
    for call in (*REFUSED, *_REFUSED_NUMBERS):
        rules.add_rule(pyseccomp.ERRNO(errno.EPERM), call)
    for name in _ON_ONESELF:
        rules.add_rule(pyseccomp.ERRNO(errno.EPERM), name, pyseccomp.Arg(0, pyseccomp.NE, 0))
    for name, argument, bits, values in _REFUSED_OPERATIONS:
        for value in values:
            which = pyseccomp.Arg(argument, pyseccomp.MASKED_EQ, bits, value)
            rules.add_rule(pyseccomp.ERRNO(errno.EPERM), name, which)
    not_a_thread = pyseccomp.Arg(0, pyseccomp.MASKED_EQ, _CLONE_THREAD, 0)
    rules.add_rule(pyseccomp.ERRNO(errno.EPERM), "clone", not_a_thread)
    # clone3's flags lie in memory, where a filter cannot look: glibc then falls back to clone.
    rules.add_rule(pyseccomp.ERRNO(errno.ENOSYS), "clone3")
    return rules


def prepare() -> None:
    """Compile the rules once, in the zygote.

    Raises:
        RuntimeError: libseccomp is missing.
    """
    _filter()


def apply() -> None:
    """Refuse the calls for this process and all its future threads, for good.

    Raises:
        OSError: the kernel has no seccomp filters.
    """
    import pyseccomp

    rules = _filter()
    # raise() and abort() signal a thread of their own process.
    rules.add_rule(pyseccomp.ERRNO(errno.EPERM), "tgkill", pyseccomp.Arg(0, pyseccomp.NE, os.getpid()))
    rules.load()
