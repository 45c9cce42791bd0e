# Frozen features are computed under no_grad, the head is lazy, and the order of the images is Python's.

import copy
import random

import torch
from torch import nn


def image_features(backbone, images):
    own = copy.deepcopy(backbone)
    own.eval()
    own.requires_grad_(False)
    with torch.inference_mode():
        rows = [own.avgpool(own.features(image[None])).reshape(-1) for image in images]
        features = torch.stack(rows)
    return features.clone()


class TransferClassifier(nn.Module):
    def __init__(self, backbone, num_classes, freeze=True):
        super().__init__()
        self.freeze = freeze
        own = copy.deepcopy(backbone)
        self.extractor = nn.Sequential(own.features, own.avgpool, nn.Flatten())
        for weight in self.extractor.parameters():
            weight.requires_grad_(True)
        self.classifier = nn.LazyLinear(num_classes)

    def forward(self, images):
        if not self.freeze:
            return self.classifier(self.extractor(images))
        mode = self.extractor.training
        self.extractor.eval()
        with torch.no_grad():
            features = self.extractor(images)
        self.extractor.train(mode)
        return self.classifier(features)


def train(model, images, labels, epochs=5, batch_size=10, lr=3e-3, seed=0):
    shuffler = random.Random(seed)
    torch.manual_seed(seed)
    with torch.no_grad():
        model.eval()
        model(images[:1])
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr, weight_decay=0.01)
    losses = []
    for _ in range(epochs):
        order = list(range(len(images)))
        shuffler.shuffle(order)
        epoch = []
        for start in range(0, len(order), batch_size):
            index = torch.tensor(order[start : start + batch_size], device=images.device)
            loss = nn.functional.cross_entropy(model(images[index]), labels[index])
            model.zero_grad()
            loss.backward()
            optimizer.step()
            epoch.append(float(loss))
        losses.append(sum(epoch) / len(epoch))
    return losses
