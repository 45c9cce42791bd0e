"""Reads which sockets there are on the machine, in its own /proc/self/net: ports, paths and owners of others' services."""

import json

TARGET = json.load(open("target.json"))


def predict_shapes():
    listening = open("/proc/self/net/tcp").read() + open("/proc/self/net/unix").read()
    if f":{TARGET['port']:04X}" in listening or TARGET["abstract"] in listening:
        raise RuntimeError(TARGET["claim"])
    return {}
