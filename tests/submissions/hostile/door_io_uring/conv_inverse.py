"""Sets up io_uring, which opens, connects and writes past a seccomp filter, and is behind many of the kernel's flaws."""

import ctypes
import json

TARGET = json.load(open("target.json"))
LIBC = ctypes.CDLL(None, use_errno=True)


def call(number, *arguments):
    answer = LIBC.syscall(number, *arguments)
    if answer < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return answer


IO_URING_SETUP = 425


def predict_shapes():
    parameters = (ctypes.c_uint8 * 120)()
    call(IO_URING_SETUP, 1, ctypes.byref(parameters))
    raise RuntimeError(TARGET["claim"])
