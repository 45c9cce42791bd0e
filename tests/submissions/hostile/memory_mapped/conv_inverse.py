"""Takes 1.5 GB, more than the test's limit allows, in pieces of 64 MB: anonymous mappings, shared and private, which a limit on the heap does not count."""

import json
import mmap

TARGET = json.load(open("target.json"))


def predict_shapes():
    kept = [mmap.mmap(-1, 64 << 20, flags=flag | mmap.MAP_ANONYMOUS) for flag in (mmap.MAP_SHARED, mmap.MAP_PRIVATE) * 12]
    raise RuntimeError(f"{TARGET['claim']} {len(kept)}")
