"""Recurses until the stack of the process is used up, with Python's own guard taken away: the process crashes."""

import sys


class Endless:
    def __add__(self, other):
        return self + other


def predict_shapes():
    sys.setrecursionlimit(10**9)
    return Endless() + 1
