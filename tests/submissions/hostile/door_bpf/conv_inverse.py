"""Loads a map into the kernel with bpf, whose verifier has been wrong often."""

import ctypes
import json

TARGET = json.load(open("target.json"))
LIBC = ctypes.CDLL(None, use_errno=True)


def call(number, *arguments):
    answer = LIBC.syscall(number, *arguments)
    if answer < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return answer


BPF = 321


def predict_shapes():
    attributes = (ctypes.c_uint32 * 32)(2, 4, 4, 1)  # an array of one entry
    call(BPF, 0, ctypes.byref(attributes), ctypes.sizeof(attributes))
    raise RuntimeError(TARGET["claim"])
