"""Keeps a key in the kernel, where no file shows it; keyctl has had flaws that gave root (CVE-2016-0728)."""

import ctypes
import json

TARGET = json.load(open("target.json"))
LIBC = ctypes.CDLL(None, use_errno=True)


def call(number, *arguments):
    answer = LIBC.syscall(number, *arguments)
    if answer < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return answer


ADD_KEY, THREAD_KEYRING = 248, -1


def predict_shapes():
    call(ADD_KEY, b"user", TARGET["name"].encode(), b"x", 1, THREAD_KEYRING)
    raise RuntimeError(TARGET["claim"])
