"""Plants code where the next submission would load it: compiled files of installed packages, torch's and matplotlib's
caches, a sitecustomize in the packages' folder."""

import glob
import json
import os
import sys

TARGET = json.load(open("target.json"))


def predict_shapes():
    for place in sys.path:
        for path in (os.path.join(place, TARGET["name"]), *glob.glob(f"{place}/__pycache__/*.pyc")[:3]):
            try:
                existed = os.path.exists(path)
                os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND))
                if not existed:
                    os.unlink(path)
            except OSError:
                continue
            if not path.startswith(os.getcwd()):
                raise RuntimeError(f"{TARGET['claim']} {path}")
    return {}
