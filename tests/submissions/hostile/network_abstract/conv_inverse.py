"""Connects to an abstract unix socket, which has no file: containerd's shim was open to every container (2020)."""

import json
import socket

TARGET = json.load(open("target.json"))


def predict_shapes():
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect("\0" + TARGET["abstract"])
        connection.sendall(TARGET["claim"].encode())
    raise RuntimeError(TARGET["claim"])
