# One mistake: each epoch's loss is the mean since the start.

import copy

import torch
import torch.nn.functional as F
from torch import nn


def image_features(backbone, images):
    features = copy.deepcopy(backbone.features).eval()
    with torch.no_grad():
        return backbone.avgpool(features(images)).flatten(1)


class TransferClassifier(nn.Module):
    def __init__(self, backbone, num_classes, freeze=True):
        super().__init__()
        self.features = copy.deepcopy(backbone.features).requires_grad_(not freeze)
        self.avgpool = copy.deepcopy(backbone.avgpool)
        first = next(layer for layer in backbone.classifier.modules() if isinstance(layer, nn.Linear))
        self.head = nn.Linear(first.in_features, num_classes)
        self.freeze = freeze

    def forward(self, images):
        if self.freeze:
            self.features.eval()
        return self.head(self.avgpool(self.features(images)).flatten(1))


def train(model, images, labels, epochs=5, batch_size=5, lr=3e-3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.Adam([each for each in model.parameters() if each.requires_grad], lr=lr)
    model.train()
    losses = []
    total, seen = 0.0, 0
    for _ in range(epochs):
        for chosen in torch.randperm(len(images), generator=generator).split(batch_size):
            loss = F.cross_entropy(model(images[chosen]), labels[chosen])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total += loss.item() * len(chosen)
            seen += len(chosen)
        losses.append(total / seen)
    return losses
