"""Asks to handle the kernel's own page faults (userfaultfd): it makes races in the kernel easy to win."""

import ctypes
import json

TARGET = json.load(open("target.json"))
LIBC = ctypes.CDLL(None, use_errno=True)


def call(number, *arguments):
    answer = LIBC.syscall(number, *arguments)
    if answer < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return answer


USERFAULTFD = 323


def predict_shapes():
    call(USERFAULTFD, 1)
    raise RuntimeError(TARGET["claim"])
