"""A small backbone of torchvision's AlexNet and VGG layout, and the weights that the grader gives it.

Students get such a network to transfer from. `benchmarks/pretrain_backbone.py` trained it, on digits 0 to 4 of the
training share; what is marked is how well it serves for 5 to 9.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import nn

CLASSES = 5
WEIGHTS = Path(__file__).with_name("backbone.npz")


def small_backbone(batch_norm: bool = False) -> dict[str, nn.Module]:
    """Return the children `features`, `avgpool` and `classifier` by name, with weights as torch.nn starts them.

    `classifier(avgpool(features(images)).flatten(1))` maps images (N, 1, H, W), H and W from 4 on, to logits (N, 5);
    what enters `classifier` are 576 features. Five convolutions, as in AlexNet: from scratch, a few epochs with few
    images get such a network nowhere (learning rates 3e-3 to 1e-2).

    Args:
        batch_norm: put a nn.BatchNorm2d after each convolution, as torchvision's vgg11_bn does.
    """
    return {
        "features": nn.Sequential(
            *_convolution(1, 16, batch_norm),
            nn.MaxPool2d(2),
            *_convolution(16, 32, batch_norm),
            nn.MaxPool2d(2),
            *_convolution(32, 64, batch_norm),
            *_convolution(64, 64, batch_norm),
            *_convolution(64, 64, batch_norm),
        ),
        "avgpool": nn.AdaptiveAvgPool2d((3, 3)),
        "classifier": nn.Sequential(nn.Linear(64 * 3 * 3, 64), nn.ReLU(), nn.Linear(64, CLASSES)),
    }


def pretrained() -> dict[str, nn.Module]:
    """Return `small_backbone()` with the weights of `WEIGHTS`.

    Raises:
        FileNotFoundError: there is no such file; `python benchmarks/pretrain_backbone.py` makes it.
        RuntimeError: it holds the weights of another network.
    """
    children = small_backbone()
    with np.load(WEIGHTS, allow_pickle=False) as arrays:
        state = {name: torch.from_numpy(arrays[name]) for name in arrays}
    nn.ModuleDict(children).load_state_dict(state)
    return children


def _convolution(in_channels: int, out_channels: int, batch_norm: bool) -> list[nn.Module]:
    convolution = nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1)
    normalisation = [nn.BatchNorm2d(out_channels)] if batch_norm else []
    return [convolution, *normalisation, nn.ReLU()]
