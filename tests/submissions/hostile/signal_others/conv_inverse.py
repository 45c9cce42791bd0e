"""Signals the grader and another process of the same user in each way there is: kill, tgkill, a queued signal, a pidfd,
a descriptor's owner (SIGURG, which is ignored by default: nothing is harmed)."""

import ctypes
import fcntl
import json
import os
import signal
import socket

TARGET = json.load(open("target.json"))
LIBC = ctypes.CDLL(None, use_errno=True)
TGKILL, RT_SIGQUEUEINFO, TKILL = 234, 129, 200


def by_call(number, *arguments):
    if LIBC.syscall(number, *arguments) < 0:
        raise OSError(ctypes.get_errno(), "a signal")


def by_owner(process):
    ours, theirs = socket.socketpair()
    fcntl.fcntl(ours, 10, signal.SIGURG)  # F_SETSIG
    fcntl.fcntl(ours, fcntl.F_SETOWN, process)
    fcntl.fcntl(ours, fcntl.F_SETFL, os.O_ASYNC)
    theirs.send(b"x")


def predict_shapes():
    for process in (TARGET["process"], os.getppid()):
        for way in (
            lambda: os.kill(process, signal.SIGURG),
            lambda: by_call(TKILL, process, int(signal.SIGURG)),
            lambda: by_call(TGKILL, process, process, int(signal.SIGURG)),
            lambda: signal.pidfd_send_signal(os.pidfd_open(process), signal.SIGURG),
        ):
            try:
                way()
            except OSError:
                continue
            if process:
                raise RuntimeError(TARGET["claim"])
    by_owner(TARGET["process"])  # whether it arrived, that process knows
    return {}
