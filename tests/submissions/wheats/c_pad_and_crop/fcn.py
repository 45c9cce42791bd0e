"""Pads the image at its end to what divides by 4, crops at the end; no skip connections, dilation instead."""

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F


def one_hot_targets(labels, num_classes):
    target = torch.zeros(labels.shape[0], num_classes, *labels.shape[1:], device=labels.device)
    return target.scatter_(1, labels[:, None], 1.0)


class FCN(nn.Module):
    def __init__(self, in_channels=1, num_classes=3):
        super().__init__()

        def layer(i, o, dilation=1):
            return [nn.Conv2d(i, o, 3, padding=dilation, dilation=dilation, bias=False), nn.BatchNorm2d(o), nn.ReLU()]

        self.net = nn.Sequential(
            *layer(in_channels, 12),
            nn.MaxPool2d(2),
            *layer(12, 24),
            nn.MaxPool2d(2),
            *layer(24, 32),
            *layer(32, 32, 2),
            *layer(32, 32, 3),
            nn.ConvTranspose2d(32, 16, 2, stride=2),
            nn.BatchNorm2d(16),
            nn.ReLU(),
            nn.ConvTranspose2d(16, 8, 2, stride=2),
            nn.ReLU(),
            nn.Conv2d(8, num_classes, 1),
        )

    def forward(self, images):
        height, width = images.shape[-2:]
        padded = F.pad(images, (0, -width % 4, 0, -height % 4))
        return self.net(padded)[:, :, :height, :width]


def predict_proba(model, images):
    modes = {name: module.training for name, module in model.named_modules()}
    model.eval()
    with torch.no_grad():
        answer = torch.softmax(model(images), 1)
    for name, module in model.named_modules():
        module.training = modes[name]
    return answer


def predict(model, images):
    return predict_proba(model, images).argmax(1)


def pixel_loss(logits, labels):
    right = logits.gather(1, labels.unsqueeze(1)).squeeze(1)
    return (torch.logsumexp(logits, 1) - right).mean()


class PoolUnpool(nn.Module):
    """With indices of its own: where in its window a maximum was."""

    def __init__(self, kernel_size=2):
        super().__init__()
        self.k = kernel_size

    def pool(self, x):
        n, c, h, w = x.shape
        k = self.k
        windows = x[:, :, : h // k * k, : w // k * k].reshape(n, c, h // k, k, w // k, k)
        maxima, indices = windows.permute(0, 1, 2, 4, 3, 5).flatten(4).max(-1)
        return maxima, indices

    def unpool(self, pooled, indices, output_size):
        n, c, h, w = pooled.shape
        k = self.k
        windows = pooled.new_zeros(n, c, h, w, k * k).scatter(4, indices[..., None], pooled[..., None])
        image = pooled.new_zeros(output_size)
        image[:, :, : h * k, : w * k] = (
            windows.reshape(n, c, h, w, k, k).permute(0, 1, 2, 4, 3, 5).reshape(n, c, h * k, w * k)
        )
        return image

    def forward(self, x):
        return self.unpool(*self.pool(x), x.shape)


def mean_iou(prediction, labels, num_classes):
    prediction, labels = prediction.cpu().numpy(), labels.cpu().numpy()
    found = []
    for k in range(num_classes):
        union = np.logical_or(prediction == k, labels == k).sum()
        if union:
            found.append(np.logical_and(prediction == k, labels == k).sum() / union)
    return float(np.mean(found))


def receptive_field(layers):
    reached = {0}
    for kernel, stride, dilation in reversed(layers):
        first, last = min(reached), max(reached)
        reached = {first * stride, last * stride + dilation * (kernel - 1)}
    return max(reached) - min(reached) + 1


def train(model, images, labels, epochs=10, batch_size=16, lr=0.004, seed=0):
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    model.train()
    losses = []
    for _ in range(epochs):
        order = torch.from_numpy(rng.permutation(len(images))).to(images.device)
        total = 0.0
        for start in range(0, len(images), batch_size):
            batch = order[start : start + batch_size]
            loss = pixel_loss(model(images[batch]), labels[batch])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            total += float(loss.detach()) * len(batch)
        losses.append(total / len(images))
    return losses


class ConvClassifier(nn.Module):
    def __init__(self, in_channels=1, num_classes=10):
        super().__init__()
        self.a = nn.Conv2d(in_channels, 12, 5, stride=2)
        self.b = nn.Conv2d(12, num_classes, 3)

    def forward(self, x):
        x = self.b(torch.relu(self.a(x)))
        return F.avg_pool2d(x, x.shape[-2:])[:, :, 0, 0]
