"""Makes empty files without end, here 25,000: a disk has room for so many names only, however small they are."""

import json

TARGET = json.load(open("target.json"))


def predict_shapes():
    for index in range(25_000):
        open(f"empty{index}", "w").close()
    raise RuntimeError(TARGET["claim"])
