"""Opens nothing: asks with stat whether files of the course, and processes, exist. Names and sizes alone tell which tests
there are."""

import json
import os

TARGET = json.load(open("target.json"))


def predict_shapes():
    places = {name: TARGET[name] for name in ("tests", "solutions", "out", "submission")}
    places["process"] = f"/proc/{TARGET['process']}"
    seen = [name for name, path in places.items() if os.path.exists(path)]
    if seen:
        raise RuntimeError(f"{TARGET['claim']} {seen}")
    return {}
