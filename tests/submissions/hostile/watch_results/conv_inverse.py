"""Watches the folder of the results with inotify, and with a lease, to learn when others are marked."""

import ctypes
import json
import os

TARGET = json.load(open("target.json"))


def predict_shapes():
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = libc.inotify_init()
    if descriptor < 0 or libc.inotify_add_watch(descriptor, TARGET["out"].encode(), 0xFFF) < 0:
        raise OSError(ctypes.get_errno(), "inotify")
    raise RuntimeError(f"{TARGET['claim']} {os.fstat(descriptor)}")
