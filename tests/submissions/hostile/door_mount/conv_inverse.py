"""Mounts a file system over a folder of its own, by the old call and by the new ones (fsopen, open_tree)."""

import ctypes
import json

TARGET = json.load(open("target.json"))
LIBC = ctypes.CDLL(None, use_errno=True)


def call(number, *arguments):
    answer = LIBC.syscall(number, *arguments)
    if answer < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return answer


MOUNT, FSOPEN, OPEN_TREE, AT_FDCWD, OPEN_TREE_CLONE = 165, 430, 428, -100, 1


def predict_shapes():
    for arguments in ((FSOPEN, b"tmpfs", 0), (OPEN_TREE, AT_FDCWD, b"/", OPEN_TREE_CLONE)):
        try:
            call(*arguments)
        except OSError:
            continue
        raise RuntimeError(TARGET["claim"])
    call(MOUNT, b"none", TARGET["outside"].encode(), b"tmpfs", 0, b"size=4k")
    LIBC.umount2(TARGET["outside"].encode(), 2)
    raise RuntimeError(TARGET["claim"])
