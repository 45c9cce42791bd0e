"""Functional: weights kept as parameters, F.conv2d and F.conv_transpose2d called with them."""

import math

import torch
import torch.nn.functional as F
from torch import nn


def kernel(*shape):
    return nn.Parameter(torch.randn(*shape) * math.sqrt(2 / (shape[1] * shape[2] * shape[3])))


class Scale(nn.Module):
    """Normalises each channel over the batch, and keeps running statistics in buffers of its own."""

    def __init__(self, channels):
        super().__init__()
        self.gain, self.shift = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("var", torch.ones(channels))

    def forward(self, x):
        return F.batch_norm(x, self.mean, self.var, self.gain, self.shift, training=self.training)


class FCN(nn.Module):
    def __init__(self, in_channels=1, num_classes=3):
        super().__init__()
        sizes = [in_channels, 8, 16, 32, 48]
        self.down = nn.ParameterList([kernel(b, a, 3, 3) for a, b in zip(sizes, sizes[1:])])
        self.up = nn.ParameterList([kernel(b, a, 3, 3) for a, b in ((8, 16), (16, 32), (32, 48))])
        self.scales = nn.ModuleList([Scale(c) for c in sizes[1:]])
        self.up_scales = nn.ModuleList([Scale(c) for c in (8, 16, 32)])
        self.head = kernel(num_classes, 8, 1, 1)
        self.bias = nn.Parameter(torch.zeros(num_classes))

    def forward(self, x):
        kept = []
        for level, (weight, scale) in enumerate(zip(self.down, self.scales)):
            x = F.relu(scale(F.conv2d(x, weight, stride=1 if level == 0 else 2, padding=1)))
            kept.append(x)
        for level in (2, 1, 0):
            skip = kept[level]
            extra = [a - (2 * b - 1) for a, b in zip(skip.shape[2:], x.shape[2:])]
            x = F.conv_transpose2d(x, self.up[level], stride=2, padding=1, output_padding=extra)
            x = F.relu(self.up_scales[level](x) + skip)
        return F.conv2d(x, self.head, self.bias)


def one_hot_targets(labels, num_classes):
    return F.one_hot(labels, num_classes=num_classes).movedim(3, 1).type(torch.float)


def predict_proba(model, images):
    was = [m.training for m in model.modules()]
    try:
        return model.eval()(images).detach().softmax(-3)
    finally:
        for m, mode in zip(model.modules(), was):
            m.training = mode


predict = lambda model, images: predict_proba(model, images).argmax(-3)  # noqa: E731


def pixel_loss(logits, labels):
    n, c, h, w = logits.shape
    return F.cross_entropy(logits.permute(0, 2, 3, 1).reshape(-1, c), labels.reshape(-1))


class PoolUnpool(nn.Module):
    def __init__(self, kernel_size=2):
        super().__init__()
        self.kernel_size = kernel_size

    def pool(self, x):
        return tuple(nn.MaxPool2d(self.kernel_size, return_indices=True)(x))

    def unpool(self, pooled, indices, output_size):
        return nn.MaxUnpool2d(self.kernel_size)(pooled, indices, output_size=list(output_size))

    def forward(self, x):
        pooled, where = self.pool(x)
        return self.unpool(pooled, where, list(x.size()))


def mean_iou(prediction, labels, num_classes):
    prediction, labels = prediction.reshape(-1).tolist(), labels.reshape(-1).tolist()
    both, either = [0] * num_classes, [0] * num_classes
    for p, t in zip(prediction, labels):
        if p == t:
            both[p] += 1
            either[p] += 1
        else:
            either[p] += 1
            either[t] += 1
    return math.fsum(b / e for b, e in zip(both, either) if e) / sum(e > 0 for e in either)


def receptive_field(layers):
    return 1 + sum(
        dilation * (k - 1) * math.prod(s for _, s, _ in layers[:at]) for at, (k, _, dilation) in enumerate(layers)
    )


def train(model, images, labels, epochs=10, batch_size=10, lr=5e-3, seed=0):
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    rng = torch.Generator().manual_seed(seed)
    count, out = images.shape[0], []
    model.train()
    for _ in range(epochs):
        order = torch.randperm(count, generator=rng)
        x, y = images[order], labels[order]
        per_batch = []
        for i in range(0, count, batch_size):
            loss = pixel_loss(model(x[i : i + batch_size]), y[i : i + batch_size])
            grads = torch.autograd.grad(loss, list(model.parameters()))
            for p, g in zip(model.parameters(), grads):
                p.grad = g
            optimizer.step()
            per_batch.append(loss.item())
        out.append(math.fsum(per_batch) / len(per_batch))
    return out


class ConvClassifier(nn.Module):
    def __init__(self, in_channels=1, num_classes=10):
        super().__init__()
        self.first, self.second = kernel(16, in_channels, 5, 5), kernel(num_classes, 16, 3, 3)

    def forward(self, x):
        x = F.relu(F.conv2d(x, self.first, stride=2, padding=2))
        return F.adaptive_avg_pool2d(F.conv2d(x, self.second, padding=1), 1).flatten(1)
