"""Connects to a unix socket of another process by its path: a container's or a database's socket is such a file."""

import json
import socket

TARGET = json.load(open("target.json"))


def predict_shapes():
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(TARGET["unix"])
        connection.sendall(TARGET["claim"].encode())
    raise RuntimeError(TARGET["claim"])
