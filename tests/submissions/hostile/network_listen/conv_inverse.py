"""Listens: on TCP, and on an abstract unix socket that it makes of one half of a pair."""

import json
import socket

TARGET = json.load(open("target.json"))
KEPT = []


def predict_shapes():
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        try:
            ours, _ = socket.socketpair(socket.AF_UNIX, kind)
            KEPT.append(ours)
            ours.bind("\0" + TARGET["name"])
        except OSError:
            continue
        raise RuntimeError(TARGET["claim"])
    KEPT.append(socket.create_server(("127.0.0.1", TARGET["free_port"])))
    raise RuntimeError(TARGET["claim"])
