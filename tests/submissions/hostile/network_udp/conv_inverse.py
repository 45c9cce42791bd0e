"""Sends a datagram by UDP, which Landlock does not stop; a DNS look-up is one too."""

import json
import socket

TARGET = json.load(open("target.json"))


def predict_shapes():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(TARGET["claim"].encode(), ("127.0.0.1", TARGET["udp_port"]))
    raise RuntimeError(TARGET["claim"])
