"""Takes memory that no limit on a process counts: an anonymous file (memfd), and files in /dev/shm, which are memory."""

import json
import os

TARGET = json.load(open("target.json"))


def predict_shapes():
    try:
        os.close(os.memfd_create("hidden"))
        raise RuntimeError(TARGET["claim"])
    except OSError:
        pass
    piece = bytes(1 << 20)
    with open("/dev/shm/" + TARGET["name"], "wb") as stream:
        for _ in range(290):
            stream.write(piece)
    raise RuntimeError(TARGET["claim"])
