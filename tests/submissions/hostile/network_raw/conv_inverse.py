"""Opens the odder kinds of sockets: raw and packet sockets, netlink, vsock to the host of a virtual machine."""

import json
import socket

TARGET = json.load(open("target.json"))
AF_ALG = 38


def predict_shapes():
    for family, kind, protocol in (
        (socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP),
        (socket.AF_PACKET, socket.SOCK_RAW, 0),
        (socket.AF_NETLINK, socket.SOCK_RAW, 0),
        (AF_ALG, socket.SOCK_SEQPACKET, 0),
        (socket.AF_VSOCK, socket.SOCK_STREAM, 0),
    ):
        try:
            socket.socket(family, kind, protocol).close()
        except OSError:
            continue
        raise RuntimeError(f"{TARGET['claim']} {family}")
    raise PermissionError(1, "socket")
