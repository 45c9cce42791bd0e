"""Attaches to another process of the same user with ptrace (PTRACE_SEIZE, which does not stop it), then to its parent."""

import ctypes
import json
import os

TARGET = json.load(open("target.json"))
PTRACE_SEIZE, PTRACE_DETACH = 0x4206, 17


def predict_shapes():
    libc = ctypes.CDLL(None, use_errno=True)
    for process in (TARGET["process"], os.getppid()):
        if process and libc.ptrace(PTRACE_SEIZE, process, None, None) == 0:
            libc.ptrace(PTRACE_DETACH, process, None, None)
            raise RuntimeError(TARGET["claim"])
    raise OSError(ctypes.get_errno(), "ptrace")
