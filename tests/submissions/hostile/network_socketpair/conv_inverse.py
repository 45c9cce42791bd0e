"""Takes one half of a pair of datagram sockets, and sends from it to another process's: sendto and connect may name any
unix socket's path, so a filter that refuses socket() alone leaves this way open."""

import json
import socket

TARGET = json.load(open("target.json"))


def predict_shapes():
    ours, _ = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    sent = False
    for address in (TARGET["datagram"], "\0" + TARGET["abstract_datagram"]):
        try:
            ours.sendto(TARGET["claim"].encode(), address)
            sent = True
        except OSError:
            pass
    ours.connect(TARGET["datagram"])
    ours.send(TARGET["claim"].encode())
    raise RuntimeError(f"{TARGET['claim']} {sent}")
