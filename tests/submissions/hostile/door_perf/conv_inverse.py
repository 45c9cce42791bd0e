"""Counts the machine's events with perf_event_open, which tells of other processes and has had flaws of its own."""

import ctypes
import json

TARGET = json.load(open("target.json"))
LIBC = ctypes.CDLL(None, use_errno=True)


def call(number, *arguments):
    answer = LIBC.syscall(number, *arguments)
    if answer < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return answer


PERF_EVENT_OPEN = 298


def predict_shapes():
    attributes = (ctypes.c_uint32 * 32)(1, 128)  # a software event: the processor's clock
    call(PERF_EVENT_OPEN, ctypes.byref(attributes), 0, -1, -1, 0)
    raise RuntimeError(TARGET["claim"])
