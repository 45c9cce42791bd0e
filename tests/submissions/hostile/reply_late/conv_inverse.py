"""Has a thread answer after the call has returned, when the grader may already wait for another answer."""

import os
import threading
import time

from autograder import wire


def later():
    time.sleep(0.05)
    for number in range(2, 12):
        os.write(3, wire.encode(wire.Envelope(number, wire.Value({"conv_back": (2, 8, 64, 64)}))))


def predict_shapes():
    threading.Thread(target=later, daemon=True).start()
    return {}
