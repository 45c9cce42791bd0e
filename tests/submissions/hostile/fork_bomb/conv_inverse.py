"""Starts processes without end, here at most 100 that end by themselves."""

import json
import os
import time

TARGET = json.load(open("target.json"))


def predict_shapes():
    for _ in range(100):
        if os.fork() == 0:
            time.sleep(1)
            os._exit(0)
    raise RuntimeError(TARGET["claim"])
