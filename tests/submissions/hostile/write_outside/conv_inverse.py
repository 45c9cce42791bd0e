"""Writes where others read: the folders of the course, of the marks and of its user, and the machine's temporary ones."""

import json
import os

TARGET = json.load(open("target.json"))


def predict_shapes():
    written = []
    for folder in (TARGET["outside"], TARGET["course"], TARGET["out"], TARGET["home"], "/tmp", "/var/tmp", "/dev/shm"):
        try:
            with open(os.path.join(folder, TARGET["name"]), "w") as stream:
                stream.write(TARGET["claim"])
            written.append(folder)
        except OSError:
            pass
    if set(written) - {"/tmp", "/dev/shm"}:  # which may be its own: what stays there is looked for afterwards
        raise RuntimeError(f"{TARGET['claim']} {written}")
    return {}
