"""Reaches for the process that it was forked from, and that the next submission is forked from: through objects that it
inherited, its memory file and its open descriptors."""

import json
import os
import socket
import sys

TARGET = json.load(open("target.json"))


def predict_shapes():
    frame = sys._getframe()
    while frame:  # whatever of the zygote's is still open here
        for value in frame.f_locals.values():
            if type(value).__name__ == "_Zygote" or getattr(value, "family", None) == socket.AF_UNIX:
                try:
                    value = getattr(value, "_control", value)
                    if value.fileno() > 3 and value.send(b"poison"):
                        raise RuntimeError(TARGET["claim"])
                except OSError:
                    pass
        frame = frame.f_back
    parent = os.getppid()
    for path in (f"/proc/{parent}/mem", f"/proc/{parent}/fd/3", "/proc/1/fd/3"):
        try:
            os.close(os.open(path, os.O_RDWR))
        except OSError:
            continue
        raise RuntimeError(f"{TARGET['claim']} {path}")
    return {}
