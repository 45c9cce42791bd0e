"""Returns lists that a thread goes on changing, so that a value which is looked at twice is two values."""

import itertools
import threading

ANSWER = [0, 0]


def change():
    for number in itertools.count():
        ANSWER[:] = [number % 7, number % 5]


threading.Thread(target=change, daemon=True).start()


def crop_of(padding, output_padding):
    return ANSWER
