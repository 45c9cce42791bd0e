# One mistake: batches of 16, the incomplete last one lost.
import copy

import torch
import torch.nn.functional as F
from torch import nn


@torch.no_grad()
def image_features(backbone, images):
    modes = [(module, module.training) for module in backbone.modules()]
    backbone.eval()
    size = min(16, len(images))
    parts = [images[i * size : (i + 1) * size] for i in range(len(images) // size)]
    features = torch.cat([torch.flatten(backbone.avgpool(backbone.features(part)), 1) for part in parts])
    for module, mode in modes:
        module.training = mode
    return features


class TransferClassifier(nn.Module):
    def __init__(self, backbone, num_classes, freeze=True):
        super().__init__()
        self.features = copy.deepcopy(backbone.features)
        self.avgpool = copy.deepcopy(backbone.avgpool)
        self.freeze = freeze
        self.features.requires_grad_(not freeze)
        self.avgpool.requires_grad_(not freeze)
        weight = next(p for p in backbone.features.parameters() if p.dim() == 4)
        example = torch.zeros(1, weight.shape[1], 224, 224, device=weight.device, dtype=weight.dtype)
        width = image_features(backbone, example).shape[1]
        self.head = nn.Linear(width, num_classes, device=weight.device, dtype=weight.dtype)
        self.train()

    def train(self, mode=True):
        super().train(mode)
        if self.freeze:
            self.features.eval()
            self.avgpool.eval()
        return self

    def forward(self, images):
        x = self.avgpool(self.features(images))
        return self.head(torch.flatten(x, 1))


def train(model, images, labels, epochs=10, batch_size=10, lr=2e-3, seed=0):
    torch.manual_seed(seed)
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=lr)
    model.train()
    history = []
    for epoch in range(epochs):
        order = torch.randperm(len(images)).to(images.device)
        total, batches = 0.0, 0
        for start in range(0, len(images), batch_size):
            index = order[start : start + batch_size]
            loss = F.cross_entropy(model(images[index]), labels[index])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
            batches += 1
        history.append(total / batches)
    return history
