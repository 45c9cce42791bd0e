"""Opens nothing: makes a file outside a year old, which Landlock leaves alone. Builds and watchers go by such times."""

import json
import os

TARGET = json.load(open("target.json"))


def predict_shapes():
    os.utime(os.path.join(TARGET["outside"], TARGET["name"]), (1, 1))
    raise RuntimeError(TARGET["claim"])
