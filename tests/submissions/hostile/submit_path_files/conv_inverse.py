"""Hands in .pth files, whose lines that begin with import run at the start of Python wherever a site folder has them."""

import builtins
import json
import site

TARGET = json.load(open("target.json"))


def predict_shapes():
    site.addsitedir(".")  # what it may do to itself
    if hasattr(builtins, "customised_before"):
        raise RuntimeError(TARGET["claim"])
    return {}
