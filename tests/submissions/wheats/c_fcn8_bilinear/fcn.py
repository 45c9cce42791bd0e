"""FCN-8s: scores at three resolutions, added; transposed convolutions begin as bilinear interpolation; one-hot loss."""

import torch
import torch.nn as nn
import torch.nn.functional as F


def one_hot_targets(labels, num_classes):
    classes = torch.arange(num_classes, device=labels.device)
    return (labels[:, None] == classes[None, :, None, None]).float()


def bilinear(channels):
    layer = nn.ConvTranspose2d(channels, channels, 4, stride=2, padding=1, groups=channels, bias=False)
    ramp = torch.tensor([0.25, 0.75, 0.75, 0.25])
    with torch.no_grad():
        layer.weight.copy_((ramp[:, None] * ramp[None, :]).expand_as(layer.weight))
    return layer


class FCN(nn.Module):
    def __init__(self, in_channels=1, num_classes=3):
        super().__init__()
        widths = (16, 32, 64)
        self.stem = self.block(in_channels, 12)
        self.stages = nn.ModuleList([self.block(a, b) for a, b in zip((12, 16, 32), widths)])
        self.scores = nn.ModuleDict({str(i): nn.Conv2d(c, 4 * num_classes, 1) for i, c in enumerate((12, *widths))})
        self.up = nn.ModuleList([bilinear(4 * num_classes) for _ in range(3)])
        self.last = nn.Conv2d(4 * num_classes, num_classes, 3, padding=1)

    @staticmethod
    def block(i, o):
        return nn.Sequential(nn.Conv2d(i, o, 3, padding=1), nn.ReLU(), nn.BatchNorm2d(o))

    def forward(self, x):
        features = [self.stem(x)]
        for stage in self.stages:
            features.append(stage(F.avg_pool2d(features[-1], 2, ceil_mode=True)))
        y = self.scores["3"](features[3])
        for level in (2, 1, 0):
            finer = self.scores[str(level)](features[level])
            y = self.up[level](y)[:, :, : finer.shape[2], : finer.shape[3]] + finer
        return self.last(torch.relu(y))


def predict_proba(model, images):
    before = {m: m.training for m in model.modules()}
    model.eval()
    with torch.no_grad():
        p = nn.Softmax(dim=1)(model(images))
    for m, flag in before.items():
        m.train(flag) if not list(m.children()) else setattr(m, "training", flag)
    return p


def predict(model, images):
    return predict_proba(model, images).max(dim=1)[1]


def pixel_loss(logits, labels):
    target = one_hot_targets(labels, logits.shape[1])
    return -(target * F.log_softmax(logits, dim=1)).sum(dim=1).mean()


class PoolUnpool(nn.Module):
    """Puts the maxima back by comparing: the index image is the mask of the maxima, flattened per window."""

    def __init__(self, kernel_size=2):
        super().__init__()
        self.kernel_size = kernel_size

    def pool(self, x):
        k = self.kernel_size
        n, c, h, w = x.shape
        columns = F.unfold(x.reshape(n * c, 1, h, w), k, stride=k)
        values, which = columns.max(dim=1)
        return values.view(n, c, h // k, w // k), which.view(n, c, h // k, w // k)

    def unpool(self, pooled, indices, output_size):
        k = self.kernel_size
        n, c, h, w = output_size
        columns = F.one_hot(indices.reshape(n * c, -1), k * k).transpose(1, 2).float() * pooled.reshape(n * c, 1, -1)
        return F.fold(columns, (h, w), k, stride=k).view(n, c, h, w)

    def forward(self, x):
        return self.unpool(*self.pool(x), x.shape)


def mean_iou(prediction, labels, num_classes):
    scores = []
    for c in range(num_classes):
        p, t = prediction.eq(c), labels.eq(c)
        if not (p.any() or t.any()):
            continue
        scores.append((p.logical_and(t).sum() / p.logical_or(t).sum()).item())
    return sum(scores) / len(scores)


def receptive_field(layers):
    jump, size = 1, 1
    for k, s, d in layers:
        size = size + ((k - 1) * d + 1 - 1) * jump
        jump = jump * s
    return size


def train(model, images, labels, epochs=10, batch_size=16, lr=5e-3, seed=0):
    state = torch.get_rng_state()
    torch.manual_seed(seed)
    model.train()
    optimizer = torch.optim.RAdam(model.parameters(), lr=lr)
    history = []
    for _ in range(epochs):
        losses, sizes = [], []
        for batch in torch.randperm(len(images)).split(batch_size):
            x, y = images[batch.to(images.device)], labels[batch.to(images.device)]
            if torch.rand(()) < 0.5:
                x, y = x.flip(-1), y.flip(-1)  # a zero and a one stay what they are in the mirror
            loss = pixel_loss(model(x), y)
            model.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
            sizes.append(len(batch))
        history.append(sum(a * b for a, b in zip(losses, sizes)) / sum(sizes))
    torch.set_rng_state(state)
    return history


class ConvClassifier(nn.Module):
    def __init__(self, in_channels=1, num_classes=10):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(in_channels, 16, 3, 2, 1), nn.BatchNorm2d(16), nn.ReLU(), nn.Conv2d(16, num_classes, 3, 2, 1)
        )

    def forward(self, images):
        return self.body(images).flatten(2).mean(2)
