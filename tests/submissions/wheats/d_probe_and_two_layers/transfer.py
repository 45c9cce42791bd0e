# The number of features is found by an image, the head has a hidden layer and dropout, the optimiser is SGD.

import copy

import torch
from torch import nn


def image_features(backbone, images):
    state = {name: module.training for name, module in backbone.named_modules()}
    backbone.eval()
    features = backbone.avgpool(backbone.features(images)).flatten(start_dim=1).detach()
    for name, module in backbone.named_modules():
        module.training = state[name]
    return features


def set_batch_norm_to_eval(module):
    if isinstance(module, nn.BatchNorm2d):
        module.eval()


class TransferClassifier(nn.Module):
    def __init__(self, backbone, num_classes, freeze=True):
        super().__init__()
        self.convolutions = copy.deepcopy(backbone.features)
        self.pool = copy.deepcopy(backbone.avgpool)
        self.freeze = freeze
        for p in self.convolutions.parameters():
            p.requires_grad = not freeze
        channels = next(layer.in_channels for layer in backbone.features if isinstance(layer, nn.Conv2d))
        size = image_features(backbone, torch.zeros(1, channels, 64, 64)).shape[1]
        self.head = nn.Sequential(nn.Linear(size, 128), nn.ReLU(), nn.Dropout(0.2), nn.Linear(128, num_classes))

    def train(self, mode=True):
        super().train(mode)
        if self.freeze:
            self.convolutions.apply(set_batch_norm_to_eval)
        return self

    def forward(self, x):
        x = self.convolutions(x)
        x = self.pool(x)
        x = x.view(x.size(0), -1)
        return self.head(x)


def train(model, images, labels, epochs=5, batch_size=5, lr=3e-3, seed=0):
    torch.manual_seed(seed)
    model.train()
    params = filter(lambda p: p.requires_grad, model.parameters())
    optimizer = torch.optim.SGD(params, lr=lr, momentum=0.9)
    losses = []
    for epoch in range(epochs):
        g = torch.Generator()
        g.manual_seed(1000 * seed + epoch)
        order = torch.randperm(len(images), generator=g).to(images.device)
        sum_of_losses, count = 0.0, 0
        for i in range(0, len(images), batch_size):
            x, y = images[order[i : i + batch_size]], labels[order[i : i + batch_size]]
            optimizer.zero_grad()
            loss = nn.CrossEntropyLoss(label_smoothing=0.05)(model(x), y)
            loss.backward()
            optimizer.step()
            sum_of_losses += loss.item() * x.size(0)
            count += x.size(0)
        losses.append(sum_of_losses / count)
    return losses
