"""Transfer learning. The frozen part computes the same thing in every epoch, so it computes it once."""
from __future__ import annotations

import copy
import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class FeatureExtractor(nn.Module):
    """features -> avgpool -> flatten, a private copy of the backbone's layers."""

    def __init__(self, backbone: nn.Module):
        super().__init__()
        self.features = copy.deepcopy(backbone.features)
        self.avgpool = copy.deepcopy(backbone.avgpool)

    def forward(self, images: Tensor) -> Tensor:
        return self.avgpool(self.features(images)).flatten(1)

    @property
    def width(self) -> int:
        first = next(m for m in self.features.modules() if isinstance(m, nn.Conv2d))
        probe = first.weight.new_zeros(1, first.in_channels, 224, 224)
        modes = [(m, m.training) for m in self.modules()]
        self.eval()
        with torch.no_grad():
            width = self(probe).shape[1]
        for m, mode in modes:
            m.training = mode
        return width


@torch.no_grad()
def image_features(backbone: nn.Module, images: Tensor) -> Tensor:
    # a copy in eval mode: the backbone cannot notice
    return FeatureExtractor(backbone).eval()(images)


class TransferClassifier(nn.Module):
    def __init__(self, backbone: nn.Module, num_classes: int, freeze: bool = True):
        super().__init__()
        self.frozen = bool(freeze)
        self.extractor = FeatureExtractor(backbone).requires_grad_(not self.frozen)
        like = next(self.extractor.parameters())
        width = self.extractor.width
        self.head = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, num_classes)).to(like.device, like.dtype)
        self.train()

    def train(self, mode: bool = True) -> "TransferClassifier":
        super().train(mode)
        if self.frozen:
            self.extractor.eval()
        return self

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.extractor(images))


def train(model: nn.Module, images: Tensor, labels: Tensor, epochs: int = 15, batch_size: int = 10,
          lr: float = 5e-3, seed: int = 0) -> list[float]:
    model.train()
    if getattr(model, "frozen", False):
        with torch.no_grad():
            inputs = torch.cat([model.extractor(chunk) for chunk in images.split(64)])
        network = model.head
    else:
        inputs, network = images, model
        lr = lr * 0.3
    rng = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.AdamW([p for p in network.parameters() if p.requires_grad], lr=lr, weight_decay=1e-2)
    steps = math.ceil(len(inputs) / batch_size)
    history = []
    for _ in range(epochs):
        # near-equal batches: never a last batch of one image (batch norm would refuse it)
        parts = torch.randperm(len(inputs), generator=rng).to(images.device).tensor_split(steps)
        total = 0.0
        for part in parts:
            loss = F.cross_entropy(network(inputs[part]), labels[part])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total += loss.item() * len(part)
        history.append(total / len(inputs))
    return history
