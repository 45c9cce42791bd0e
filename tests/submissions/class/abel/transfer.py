# The backbone is copied as a whole, and only the last layer of its classifier is new; data from a DataLoader.

from copy import deepcopy

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


@torch.no_grad()
def image_features(backbone, images):
    modes = [(module, module.training) for module in backbone.modules()]
    backbone.eval()
    try:
        x = backbone.avgpool(backbone.features(images))
        return torch.flatten(x, 1)
    finally:
        for module, mode in modes:
            module.training = mode


class TransferClassifier(nn.Module):
    def __init__(self, backbone, num_classes, freeze=True):
        super().__init__()
        self.backbone = deepcopy(backbone)
        self.freeze = freeze
        for parameter in self.backbone.parameters():
            parameter.requires_grad = not freeze
        self.backbone.classifier[-1] = nn.Linear(self.backbone.classifier[-1].in_features, num_classes)

    def train(self, mode=True):
        super().train(mode)
        if self.freeze:
            self.backbone.eval()
        return self

    def forward(self, images):
        return self.backbone(images)


def train(model, images, labels, epochs=5, batch_size=5, lr=1e-2, seed=0):
    torch.manual_seed(seed)
    loader = DataLoader(TensorDataset(images, labels), batch_size=batch_size, shuffle=True)
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    model.train()
    history = []
    for _ in range(epochs):
        running = 0.0
        for x, y in loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
            running += loss.item()
        history.append(running / len(loader))
    return history
