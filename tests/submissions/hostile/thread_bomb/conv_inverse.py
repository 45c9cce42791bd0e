"""Starts threads without end, here at most 190, which cost every other process of the user its own."""

import json
import threading
import time

TARGET = json.load(open("target.json"))


def predict_shapes():
    threading.stack_size(1 << 16)  # or a limit on memory ends it
    for _ in range(190):
        threading.Thread(target=time.sleep, args=(1,), daemon=True).start()
    raise RuntimeError(TARGET["claim"])
