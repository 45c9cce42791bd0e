"""A process beside the grader's, run by the same user, that attacks reach for.

It holds secrets in its environment, its command line, its memory and a shared memory segment, and listens on every
kind of socket. What reaches it, it writes to the file `heard`, and nothing else does it do. It ends with its stdin.

    python bait.py FOLDER NAME ...     prints one line of JSON: where it can be reached
"""

from __future__ import annotations

import ctypes
import json
import os
import selectors
import signal
import socket
import sys
from pathlib import Path
from typing import Any

_IPC_PRIVATE, _IPC_CREATE, _IPC_RMID = 0, 0o1000, 0
_ANYBODY_READS = 0o644


def main(folder: Path, name: str, secret: str) -> None:
    """Print where everything is, then listen until stdin closes."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.shmat.restype = ctypes.c_void_p
    held = ctypes.create_string_buffer(secret.encode())
    segment = libc.shmget(_IPC_PRIVATE, 4096, _IPC_CREATE | _ANYBODY_READS)
    ctypes.memmove(libc.shmat(segment, None, 0), held, len(held))
    heard = (folder / "heard").open("a", buffering=1)
    signal.signal(signal.SIGURG, lambda number, frame: heard.write("a signal\n"))
    places: dict[str, Any] = {
        "process": os.getpid(),
        "address": ctypes.addressof(held),
        "shared_memory": segment,
        "unix": str(folder / "stream"),
        "datagram": str(folder / "datagram"),
        "abstract": f"{name}-stream",
        "abstract_datagram": f"{name}-datagram",
    }
    listening = {
        "port": _bound(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
        "udp_port": _bound(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
        "unix": _bound(socket.AF_UNIX, socket.SOCK_STREAM, places["unix"]),
        "datagram": _bound(socket.AF_UNIX, socket.SOCK_DGRAM, places["datagram"]),
        "abstract": _bound(socket.AF_UNIX, socket.SOCK_STREAM, f"\0{places['abstract']}"),
        "abstract_datagram": _bound(socket.AF_UNIX, socket.SOCK_DGRAM, f"\0{places['abstract_datagram']}"),
    }
    for kind in ("port", "udp_port"):
        places[kind] = listening[kind].getsockname()[1]
    for kind in ("unix", "datagram"):
        os.chmod(places[kind], 0o777)
    selector = selectors.DefaultSelector()
    selector.register(sys.stdin, selectors.EVENT_READ, "")
    for kind, each in listening.items():
        selector.register(each, selectors.EVENT_READ, kind)
    print(json.dumps(places), flush=True)
    try:
        while True:
            for key, _ in selector.select():
                if not key.data:
                    return
                heard.write(f"{key.data}: {_received(key.fileobj)}\n")
    finally:
        libc.shmctl(segment, _IPC_RMID, None)


def _bound(family: int, kind: int, address: Any) -> socket.socket:
    bound = socket.socket(family, kind)
    bound.bind(address)
    if kind == socket.SOCK_STREAM:
        bound.listen()
    return bound


def _received(listening: Any) -> str:
    if listening.type == socket.SOCK_DGRAM:
        return str(listening.recv(400).decode(errors="replace"))
    connection, _ = listening.accept()
    with connection:
        connection.settimeout(1)
        try:
            return str(connection.recv(400).decode(errors="replace"))
        except OSError:
            return "a connection"


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
