"""No nn layers: parameters in dictionaries and plain functions. Trained with cross-entropy + soft dice."""
import functools
import math

import torch
import torch.nn.functional as F
from torch import nn

act = functools.partial(F.leaky_relu, negative_slope=0.05)


class Functional(nn.Module):
    """Base class: `self.new(name, shape)` makes a weight with Kaiming-uniform values and a zero bias."""

    def new(self, name, *shape, fan_in):
        bound = math.sqrt(6.0 / fan_in)
        self.register_parameter(name + "_w", nn.Parameter(torch.empty(*shape).uniform_(-bound, bound)))

    def bias(self, name, size):
        self.register_parameter(name + "_b", nn.Parameter(torch.zeros(size)))

    def norm(self, name, size):
        self.register_parameter(name + "_g", nn.Parameter(torch.ones(size)))

    def make_conv(self, name, i, o, k=3):
        self.new(name, o, i, k, k, fan_in=i * k * k)
        self.bias(name, o)
        self.norm(name, o)

    def conv(self, name, x, dilation=1, normed=True):
        w = getattr(self, name + "_w")
        b, g = getattr(self, name + "_b"), getattr(self, name + "_g")
        x = F.conv2d(x, w, None, padding=dilation * (w.shape[-1] // 2), dilation=dilation)
        if not normed:
            return x * g.view(1, -1, 1, 1) + b.view(1, -1, 1, 1)
        # RMS norm over the channels of each pixel: no statistics that depend on the image size
        x = x * torch.rsqrt(x.square().mean(1, keepdim=True) + 1e-5)
        return act(x * g.view(1, -1, 1, 1) + b.view(1, -1, 1, 1))

    def make_up(self, name, i, o):
        self.new(name, i, o, 2, 2, fan_in=i)
        self.bias(name, o)

    def up(self, name, x, h, w):
        extra = (h - 2 * x.shape[2], w - 2 * x.shape[3])       # 0 or 1: the output_padding of lecture 8
        return F.conv_transpose2d(x, getattr(self, name + "_w"), getattr(self, name + "_b"), stride=2,
                                  output_padding=extra)


class FCN(Functional):
    def __init__(self, in_channels=1, num_classes=3, width=8):
        super().__init__()
        w = [width, 2 * width, 3 * width, 4 * width]
        self.depth = len(w)
        self.make_conv("enc0a", in_channels, w[0])
        self.make_conv("enc0b", w[0], w[0])
        for level in range(1, self.depth):
            self.make_conv(f"enc{level}a", w[level - 1], w[level])
            self.make_conv(f"enc{level}b", w[level], w[level])
        for level in range(self.depth - 1):
            self.make_up(f"up{level}", w[level + 1], w[level])
            self.make_conv(f"dec{level}", 2 * w[level], w[level])
        self.make_conv("logits", w[0], num_classes, k=1)

    def forward(self, x):
        kept = []
        for level in range(self.depth):
            if level > 0:
                x = F.max_pool2d(x, 2)
            x = self.conv(f"enc{level}b", self.conv(f"enc{level}a", x))
            kept.append(x)
        for level in range(self.depth - 2, -1, -1):
            skip = kept[level]
            x = self.up(f"up{level}", x, *skip.shape[2:])
            x = self.conv(f"dec{level}", torch.cat([x, skip], dim=1))
        return self.conv("logits", x, normed=False)


class ConvClassifier(Functional):
    def __init__(self, in_channels=1, num_classes=10):
        super().__init__()
        self.make_conv("a", in_channels, 16)
        self.make_conv("b", 16, 32)
        self.make_conv("c", 32, num_classes)

    def forward(self, x):
        x = F.max_pool2d(self.conv("a", x), 2)
        x = F.max_pool2d(self.conv("b", x), 2)
        x = self.conv("c", x, normed=False)
        return torch.einsum("nchw->nc", x) / (x.shape[2] * x.shape[3])      # global average pooling


def one_hot_targets(labels, num_classes):
    planes = [(labels == c) for c in range(num_classes)]
    return torch.stack(planes, dim=1).float()


def _evaluate(model, images):
    flags = [m.training for m in model.modules()]
    for m in model.modules():
        m.training = False
    try:
        with torch.no_grad():
            return model(images)
    finally:
        for m, flag in zip(model.modules(), flags):
            m.training = flag


def predict_proba(model, images):
    out = _evaluate(model, images)
    return (out.double() - out.double().logsumexp(dim=1, keepdim=True)).exp().to(out.dtype)


def predict(model, images):
    return _evaluate(model, images).argmax(1)       # softmax is monotonic


def pixel_loss(logits, labels):
    num_classes = logits.shape[1]
    rows = logits.permute(0, 2, 3, 1).reshape(-1, num_classes)
    return F.cross_entropy(rows, labels.reshape(-1))


def dice_loss(logits, labels, eps=1.0):
    p = logits.softmax(1)
    t = one_hot_targets(labels, logits.shape[1])
    inter = (p * t).sum((0, 2, 3))
    total = (p + t).sum((0, 2, 3))
    return 1 - ((2 * inter + eps) / (total + eps)).mean()


class PoolUnpool(nn.Module):
    """By hand: windows with unfold, and the flat index (row * W + column) of each maximum."""

    def __init__(self, kernel_size=2):
        super().__init__()
        self.kernel_size = kernel_size

    def pool(self, x):
        k, w = self.kernel_size, x.shape[3]
        windows = x.unfold(2, k, k).unfold(3, k, k)              # (N, C, h, w, k, k)
        pooled, where = windows.flatten(4).max(dim=4)
        rows = torch.arange(windows.shape[2], device=x.device).view(-1, 1) * k + torch.div(where, k, rounding_mode="floor")
        cols = torch.arange(windows.shape[3], device=x.device).view(1, -1) * k + where % k
        return pooled, rows * w + cols

    def unpool(self, pooled, indices, output_size):
        n, c, h, w = output_size
        canvas = torch.zeros(n * c, h * w, dtype=pooled.dtype, device=pooled.device)
        canvas = canvas.scatter_add(1, indices.reshape(n * c, -1), pooled.reshape(n * c, -1))
        return canvas.reshape(n, c, h, w)

    def forward(self, x):
        return self.unpool(*self.pool(x), x.shape)


def mean_iou(prediction, labels, num_classes):
    scores = []
    for c in range(num_classes):
        inter = int(torch.logical_and(prediction == c, labels == c).sum())
        union = int((prediction == c).sum()) + int((labels == c).sum()) - inter
        if union > 0:
            scores.append(inter / union)
    return float(sum(scores) / len(scores))


def receptive_field(layers):
    # walk one output pixel down through the layers: the interval [lo, hi] of inputs it sees
    lo, hi = 0, 0
    for kernel, stride, dilation in layers[::-1]:
        lo, hi = lo * stride, hi * stride + (kernel - 1) * dilation
    return hi - lo + 1


def train(model, images, labels, epochs=10, batch_size=8, lr=6e-3, seed=0):
    g = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.RAdam(model.parameters(), lr=lr)
    decay = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, max(1, epochs), eta_min=lr / 20)
    losses = []
    model.train()
    for _ in range(epochs):
        order = torch.randperm(len(images), generator=g).to(images.device)
        seen = 0.0
        for first in range(0, len(order), batch_size):
            pick = order[first:first + batch_size]
            logits = model(images[pick])
            loss = pixel_loss(logits, labels[pick]) + 0.3 * dice_loss(logits, labels[pick])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            seen += loss.item() * len(pick)
        decay.step()
        losses.append(seen / len(order))
    return losses
