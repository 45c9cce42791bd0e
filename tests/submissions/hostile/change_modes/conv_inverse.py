"""Opens nothing: changes the mode, the owner, the attributes, the length and the name of a file outside. Landlock leaves
the first three alone, and the newer fchmodat2 is missing in many filters."""

import ctypes
import json
import os

TARGET = json.load(open("target.json"))
PATH = TARGET["outside"] + "/canary"
LIBC = ctypes.CDLL(None, use_errno=True)
FCHMODAT2, SETXATTRAT, AT_FDCWD = 452, 463, -100


def call(number, *arguments):
    if LIBC.syscall(number, AT_FDCWD, PATH.encode(), *arguments) < 0:
        raise OSError(ctypes.get_errno(), "refused")


class Attribute(ctypes.Structure):
    _fields_ = [("value", ctypes.c_char_p), ("size", ctypes.c_uint32), ("flags", ctypes.c_uint32)]


def predict_shapes():
    value = Attribute(b"100", 3, 0)
    ways = {
        "chmod": lambda: os.chmod(PATH, 0o600),
        "fchmodat2": lambda: call(FCHMODAT2, 0o600, 0),
        "chown": lambda: os.chown(PATH, os.getuid(), -1),
        "setxattr": lambda: os.setxattr(PATH, "user.mark", b"100"),
        "setxattrat": lambda: call(SETXATTRAT, 0, b"user.mark", ctypes.byref(value), ctypes.sizeof(value)),
        "truncate": lambda: os.truncate(PATH, 0),
        "rename": lambda: os.rename(PATH, PATH + "2"),
    }
    done = []
    for name, way in ways.items():
        try:
            way()
            done.append(name)
        except OSError:
            pass
    if done:
        raise RuntimeError(f"{TARGET['claim']} {done}")
    raise PermissionError(1, "none of these")
