"""Opens descriptors without end, here 5,000: the table of the whole machine is bounded."""

import json
import os

TARGET = json.load(open("target.json"))
KEPT = []


def predict_shapes():
    for _ in range(2_500):
        KEPT.append(os.pipe())
    raise RuntimeError(TARGET["claim"])
