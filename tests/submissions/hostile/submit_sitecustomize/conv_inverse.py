"""Hands in a sitecustomize.py and a usercustomize.py, which Python imports at the start wherever it finds them."""

import builtins
import json

TARGET = json.load(open("target.json"))


def predict_shapes():
    if hasattr(builtins, "customised"):
        raise RuntimeError(TARGET["claim"])
    return {}
