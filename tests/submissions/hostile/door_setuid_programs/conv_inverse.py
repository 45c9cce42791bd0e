"""Runs programs that belong to root and run as root whoever starts them: su, mount, passwd (here with --help)."""

import json
import os
import subprocess

TARGET = json.load(open("target.json"))


def predict_shapes():
    for name in ("su", "mount", "passwd", "true"):
        path = f"/usr/bin/{name}"
        if os.path.exists(path):
            subprocess.run([path, "--help"], capture_output=True, check=False)
            raise RuntimeError(TARGET["claim"])
    return {}
