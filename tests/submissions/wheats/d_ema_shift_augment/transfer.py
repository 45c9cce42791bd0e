"""Training-loop tinkerer: shifted copies as augmentation, an average of the last weights, cosine, clipping, restores the RNG."""

import copy
import math
import random

import torch
from torch import nn
from torch.nn import functional as F


def image_features(backbone, images):
    modes = [(m, m.training) for m in backbone.modules()]
    try:
        for m, _ in modes:
            m.training = False
        with torch.inference_mode():
            features = backbone.avgpool(backbone.features(images)).flatten(start_dim=1)
    finally:
        for m, mode in modes:
            m.training = mode
    return features.clone()


class TransferClassifier(nn.Module):
    def __init__(self, backbone, num_classes, freeze=True):
        super().__init__()
        # the whole backbone is copied, only its classifier is another: the state dict keeps the names
        self.net = copy.deepcopy(backbone)
        width = next(m.in_features for m in self.net.classifier.modules() if isinstance(m, nn.Linear))
        weight = next(self.net.parameters())
        self.net.classifier = nn.Linear(width, num_classes, device=weight.device)
        self.net.features.requires_grad_(not freeze)
        self.frozen = freeze
        self.train()

    def train(self, mode=True):
        super().train(mode)
        if self.frozen:
            self.net.features.eval()
        return self

    def forward(self, images):
        return self.net.classifier(torch.flatten(self.net.avgpool(self.net.features(images)), 1))


def shifted(images, rng, by=1):
    """The same batch, moved by at most a pixel; what comes in is black."""
    up, left = rng.randint(-by, by), rng.randint(-by, by)
    padded = F.pad(images, (by, by, by, by))
    return padded[:, :, by + up : by + up + images.shape[2], by + left : by + left + images.shape[3]]


def train(model, images, labels, epochs=5, batch_size=4, lr=3e-3, seed=0, keep=0.7, clip=5.0):
    rng = random.Random(seed)
    cuda = [images.device] if images.is_cuda else []
    with torch.random.fork_rng(devices=cuda):
        torch.manual_seed(seed)
        model.train()
        weights = [p for p in model.parameters() if p.requires_grad]
        average = [p.detach().clone() for p in weights]
        optimiser = torch.optim.AdamW(weights, lr=lr, weight_decay=1e-3)
        steps = epochs * math.ceil(len(images) / batch_size)
        cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, max(1, steps), eta_min=lr / 20)
        curve = []
        for _ in range(epochs):
            order = list(range(len(images)))
            rng.shuffle(order)
            losses = []
            for start in range(0, len(order), batch_size):
                pick = torch.tensor(order[start : start + batch_size], device=images.device)
                loss = F.cross_entropy(model(shifted(images[pick], rng)), labels[pick])
                optimiser.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(weights, clip)
                optimiser.step()
                cosine.step()
                with torch.no_grad():
                    torch._foreach_lerp_(average, [p.detach() for p in weights], 1 - keep)
                losses.append(loss.item())
            curve.append(math.fsum(losses) / len(losses))
        with torch.no_grad():
            for p, a in zip(weights, average):
                p.copy_(a)
    return curve
