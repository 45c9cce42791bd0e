"""Looks for what an earlier submission (residue_first) left for it."""

import json
import os

TARGET = json.load(open("target.json"))
PLACES = ("/tmp", "/var/tmp", "/dev/shm", "..", ".", os.path.expanduser("~/.cache"), "/box")
NAME = TARGET["run"] + "-residue"


def predict_shapes():
    found = [folder for folder in PLACES if os.path.exists(os.path.join(folder, NAME))]
    if found:
        raise RuntimeError(f"{TARGET['claim']} {found}")
    return {}
