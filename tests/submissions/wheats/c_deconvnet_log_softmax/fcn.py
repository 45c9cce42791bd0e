"""DeconvNet: unpooling enlarges, transposed convolutions with stride 1 fill in; the head is a log-softmax."""

import torch
from torch import nn
import torch.nn.functional as F


def one_hot_targets(labels, num_classes):
    return F.one_hot(labels, num_classes).permute(0, 3, 1, 2).contiguous().float()


class PoolUnpool(nn.Module):
    def __init__(self, kernel_size=2):
        super().__init__()
        self.kernel_size = kernel_size

    def pool(self, x):
        return F.max_pool2d(x, self.kernel_size, self.kernel_size, return_indices=True)

    def unpool(self, pooled, indices, output_size):
        return F.max_unpool2d(pooled, indices, self.kernel_size, self.kernel_size, output_size=output_size[-2:])

    def forward(self, x):
        return self.unpool(*self.pool(x), x.shape)


class FCN(nn.Module):
    def __init__(self, in_channels=1, num_classes=3, widths=(12, 24, 32)):
        super().__init__()
        channels = [in_channels, *widths]
        self.pooling = PoolUnpool(2)
        self.convs = nn.ModuleList(
            nn.Sequential(nn.Conv2d(a, b, 3, padding=1), nn.BatchNorm2d(b), nn.ReLU()) for a, b in zip(channels, widths)
        )
        self.middle = nn.Sequential(nn.Conv2d(widths[-1], 48, 3, padding=1), nn.ReLU(), nn.Conv2d(48, widths[-1], 1))
        outs = [widths[0], *widths[:-1]]
        self.deconvs = nn.ModuleList(
            nn.Sequential(nn.ConvTranspose2d(b, a, 3, padding=1), nn.BatchNorm2d(a), nn.ReLU())
            for a, b in zip(outs, widths)
        )
        self.score = nn.Conv2d(widths[0], num_classes, 1)

    def forward(self, x):
        places = []
        for conv in self.convs:
            x = conv(x)
            size = x.shape
            x, indices = self.pooling.pool(x)
            places.append((indices, size))
        x = self.middle(x)
        for deconv, (indices, size) in zip(reversed(self.deconvs), reversed(places)):
            x = deconv(self.pooling.unpool(x, indices, size))
        return F.log_softmax(self.score(x), dim=1)


def _evaluate(model, images):
    modes = [(m, m.training) for m in model.modules()]
    model.train(False)
    with torch.no_grad():
        scores = model(images)
    for m, mode in modes:
        m.training = mode
    return scores


def predict_proba(model, images):
    scores = _evaluate(model, images)
    return torch.exp(scores - torch.logsumexp(scores, dim=1, keepdim=True))


def predict(model, images):
    return _evaluate(model, images).argmax(dim=1)


def pixel_loss(logits, labels):
    return F.cross_entropy(logits, labels, reduction="sum") / labels.numel()


def mean_iou(prediction, labels, num_classes):
    total, present = 0.0, 0
    for c in set(prediction.unique().tolist()) | set(labels.unique().tolist()):
        hits = ((prediction == c) * (labels == c)).sum().item()
        total += hits / ((prediction == c).sum().item() + (labels == c).sum().item() - hits)
        present += 1
    return total / present


def receptive_field(layers):
    if not layers:
        return 1
    (kernel, stride, dilation), *rest = layers
    return (receptive_field(rest) - 1) * stride + dilation * (kernel - 1) + 1


def train(model, images, labels, epochs=10, batch_size=12, lr=6e-3, seed=0):
    model.train()
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    criterion = nn.NLLLoss()
    losses = []
    for epoch in range(epochs):
        order = torch.randperm(images.size(0), generator=torch.Generator().manual_seed(1000 * seed + epoch))
        running = torch.zeros((), device=images.device)
        for batch in order.to(images.device).split(batch_size):
            optimizer.zero_grad()
            loss = criterion(F.log_softmax(model(images[batch]), dim=1), labels[batch])
            loss.backward()
            optimizer.step()
            running += loss.detach() * batch.numel()
        losses.append(running.item() / images.size(0))
    return losses


class ConvClassifier(nn.Module):
    def __init__(self, in_channels=1, num_classes=10):
        super().__init__()
        self.c1 = nn.Conv2d(in_channels, 8, 3)
        self.c2 = nn.Conv2d(8, 16, 3)
        self.c3 = nn.Conv2d(16, num_classes, 3)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.c1(x)), 2)
        x = F.relu(self.c2(x))
        return self.c3(x).mean((-1, -2))
