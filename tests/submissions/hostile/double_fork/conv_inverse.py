"""Leaves a daemon: forks twice and starts a session of its own, so that whoever waits for the process misses it."""

import json
import os
import time

TARGET = json.load(open("target.json"))


def predict_shapes():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(30)
        os._exit(0)
    raise RuntimeError(TARGET["claim"])
