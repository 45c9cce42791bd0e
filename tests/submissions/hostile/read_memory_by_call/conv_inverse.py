"""Reads the memory of another process of the same user with process_vm_readv, at an address that it is told."""

import ctypes
import json

TARGET = json.load(open("target.json"))


class Piece(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


def predict_shapes():
    buffer = ctypes.create_string_buffer(64)
    here, there = Piece(ctypes.addressof(buffer), 40), Piece(TARGET["address"], 40)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.process_vm_readv(TARGET["process"], ctypes.byref(here), 1, ctypes.byref(there), 1, 0) < 0:
        raise OSError(ctypes.get_errno(), "process_vm_readv")
    raise RuntimeError(buffer.value)
