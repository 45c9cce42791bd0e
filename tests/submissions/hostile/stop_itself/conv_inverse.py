"""Stops its own process (SIGSTOP), which uses no processor time any more, and waits for nothing."""

import signal
import time


def predict_shapes():
    signal.raise_signal(signal.SIGSTOP)
    time.sleep(3600)
