"""fastai habits: body + head, splitter with parameter groups, discriminative learning rates, one cycle."""
import copy
from functools import reduce
from operator import mul

import torch
from torch import nn
import torch.nn.functional as F


def create_body(backbone):
    "cut the backbone before its classifier"
    return nn.Sequential(copy.deepcopy(backbone.features), copy.deepcopy(backbone.avgpool), nn.Flatten(1))


def num_features_model(body):
    "channels of the last layer that has any, times the pooled size; no image needed"
    nf = None
    for m in body[0].modules():
        if isinstance(m, nn.Conv2d): nf = m.out_channels
        elif isinstance(m, nn.BatchNorm2d): nf = m.num_features
    size = body[1].output_size
    return nf * (reduce(mul, size, 1) if isinstance(size, (tuple, list)) else size ** 2)


def create_head(nf, n_out, p=0.1):
    return nn.Sequential(nn.LayerNorm(nf), nn.Dropout(p), nn.Linear(nf, 64), nn.ReLU(inplace=True), nn.Linear(64, n_out))


def image_features(backbone, images):
    body = create_body(backbone).eval()
    for p in body.parameters(): p.requires_grad_(False)
    return body(images.detach())


class TransferClassifier(nn.Module):
    def __init__(self, backbone, num_classes, freeze=True):
        super().__init__()
        self.body = create_body(backbone)
        ref = next(self.body.parameters())
        self.head = create_head(num_features_model(self.body), num_classes).to(ref)
        self.is_frozen = freeze
        self.body.requires_grad_(not freeze)
        self.train()

    def train(self, mode=True):
        super().train(mode)
        if self.is_frozen: self.body.eval()
        return self

    def splitter(self, lr):
        if self.is_frozen: return [dict(params=list(self.head.parameters()), lr=lr)]
        return [dict(params=list(self.body.parameters()), lr=lr / 4), dict(params=list(self.head.parameters()), lr=lr)]

    def forward(self, x):
        return self.head(self.body(x))


def train(model, images, labels, epochs=10, batch_size=8, lr=4e-3, seed=0):
    state = torch.get_rng_state()
    torch.manual_seed(seed)             # dropout draws from the global generator
    if images.is_cuda: torch.cuda.manual_seed_all(seed)
    groups = model.splitter(lr) if hasattr(model, 'splitter') else [dict(params=model.parameters(), lr=lr)]
    opt = torch.optim.AdamW(groups, weight_decay=0.01, betas=(0.9, 0.99))
    n = len(images)
    total = max(1, epochs * -(-n // batch_size))
    base = [g['lr'] for g in opt.param_groups]
    step, losses = 0, []
    model.train()
    for _ in range(epochs):
        cum = 0.
        for idx in torch.randperm(n).split(batch_size):
            pct = step / total
            mult = min(1., 0.2 + pct / 0.2) if pct < 0.2 else max(0.02, 1 - (pct - 0.2) / 0.8)
            for g, b in zip(opt.param_groups, base): g['lr'] = b * mult
            idx = idx.to(images.device)
            loss = F.cross_entropy(model(images[idx]), labels[idx], label_smoothing=0.05)
            loss.backward()
            nn.utils.clip_grad_norm_([p for p in model.parameters() if p.requires_grad], 5.)
            opt.step()
            opt.zero_grad()
            step += 1
            cum += loss.item() * len(idx)
        losses.append(cum / n)
    torch.set_rng_state(state)
    return losses
