"""Takes the memory of the machine's GPU, if it finds one, which the next submission then lacks."""

import json

import torch

TARGET = json.load(open("target.json"))


def predict_shapes():
    if torch.cuda.is_available():
        kept = [torch.empty(1 << 30, dtype=torch.uint8, device="cuda") for _ in range(4)]
        raise RuntimeError(f"{TARGET['claim']} {len(kept)}")
    return {}
