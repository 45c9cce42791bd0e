"""Opens the odder kinds of sockets: raw and packet sockets, netlink, vsock to the host of a virtual machine."""

import json
import socket

TARGET = json.load(open("target.json"))
AF_ALG = 38


def predict_shapes():
    for family, kind in (
        (socket.AF_INET, socket.SOCK_RAW),
        (socket.AF_PACKET, socket.SOCK_RAW),
        (socket.AF_NETLINK, socket.SOCK_RAW),
        (AF_ALG, socket.SOCK_SEQPACKET),
        (socket.AF_VSOCK, socket.SOCK_STREAM),
    ):
        try:
            socket.socket(family, kind).close()
        except PermissionError:
            continue
        raise RuntimeError(f"{TARGET['claim']} {family}")
    raise PermissionError(1, "socket")
