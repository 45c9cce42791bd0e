"""Writes files without end, here 290 MB in pieces of 58."""

import json

TARGET = json.load(open("target.json"))


def predict_shapes():
    for index in range(5):
        with open(f"large{index}", "wb") as stream:
            for _ in range(58):
                stream.write(bytes(1 << 20))
    raise RuntimeError(TARGET["claim"])
