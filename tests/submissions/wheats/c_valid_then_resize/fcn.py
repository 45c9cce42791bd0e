"""No padding on the way up; what comes out is resized to the image, then refined beside it."""

from typing import List, Tuple

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, nll_loss, log_softmax


def one_hot_targets(labels: Tensor, num_classes: int) -> Tensor:
    return torch.stack([labels == c for c in range(num_classes)], dim=1).to(torch.float32)


def conv(i: int, o: int, **settings: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(i, o, 3, **settings), nn.BatchNorm2d(o), nn.SiLU())


class FCN(nn.Module):
    def __init__(self, in_channels: int = 1, num_classes: int = 3) -> None:
        super().__init__()
        self.fine = conv(in_channels, 8, padding=1)
        self.down = nn.Sequential(
            conv(8, 16, stride=2, padding=1), conv(16, 32, stride=2, padding=1), conv(32, 48, stride=2, padding=1)
        )
        self.up = nn.Sequential(
            nn.ConvTranspose2d(48, 32, 3, stride=2),
            nn.ReLU(inplace=True),
            nn.ConvTranspose2d(32, 16, 3, stride=2),
            nn.ReLU(inplace=True),
            nn.ConvTranspose2d(16, 8, 3, stride=2),
        )
        self.refine = nn.Sequential(conv(16, 16, padding=1), nn.Conv2d(16, num_classes, 3, padding=1))

    def forward(self, images: Tensor) -> Tensor:
        fine = self.fine(images)
        coarse = interpolate(self.up(self.down(fine)), size=images.shape[2:], mode="bilinear", align_corners=False)
        return self.refine(torch.cat((fine, coarse), 1))


def predict_proba(model: nn.Module, images: Tensor) -> Tensor:
    training = [m for m in model.modules() if m.training]
    model.eval()
    try:
        with torch.no_grad():
            scores = model(images)
            scores = scores - scores.amax(dim=1, keepdim=True)
            return scores.exp() / scores.exp().sum(dim=1, keepdim=True)
    finally:
        for m in training:
            m.training = True


def predict(model: nn.Module, images: Tensor) -> Tensor:
    return torch.argmax(predict_proba(model, images), dim=1)


def pixel_loss(logits: Tensor, labels: Tensor) -> Tensor:
    return nll_loss(log_softmax(logits, dim=1), labels)


class PoolUnpool(nn.Module):
    def __init__(self, kernel_size: int = 2) -> None:
        super().__init__()
        self.kernel_size = kernel_size

    def pool(self, x: Tensor) -> Tuple[Tensor, Tensor]:
        return nn.functional.max_pool2d_with_indices(x, self.kernel_size)

    def unpool(self, pooled: Tensor, indices: Tensor, output_size: Tuple[int, ...]) -> Tensor:
        flat = torch.zeros(*output_size[:2], output_size[2] * output_size[3], device=pooled.device, dtype=pooled.dtype)
        return flat.scatter(2, indices.flatten(2), pooled.flatten(2)).view(*output_size)

    def forward(self, x: Tensor) -> Tensor:
        return self.unpool(*self.pool(x), x.shape)


def mean_iou(prediction: Tensor, labels: Tensor, num_classes: int) -> float:
    p, t = one_hot_targets(prediction, num_classes).bool(), one_hot_targets(labels, num_classes).bool()
    intersection, union = (p & t).sum((0, 2, 3)), (p | t).sum((0, 2, 3))
    return (intersection[union > 0] / union[union > 0]).mean().item()


def receptive_field(layers: List[Tuple[int, int, int]]) -> int:
    """By the gradient of a real stack of convolutions whose weights are all 1."""
    x = torch.zeros(1, 1, 20000, dtype=torch.float64, requires_grad=True)
    y = x
    for kernel, stride, dilation in layers:
        y = nn.functional.conv1d(y, torch.ones(1, 1, kernel, dtype=torch.float64), stride=stride, dilation=dilation)
    y[0, 0, 0].backward()
    return int(x.grad.flatten().nonzero().max()) + 1


def train(model, images, labels, epochs=10, batch_size=24, lr=8e-3, seed=0):
    generator = torch.Generator(device="cpu")
    generator.manual_seed(seed)
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=lr, total_steps=max(2, epochs * -(-len(images) // batch_size))
    )
    result = []
    for _ in range(epochs):
        model.train()
        seen, summed = 0, 0.0
        order = torch.randperm(len(images), generator=generator)
        for batch in torch.split(order, batch_size):
            x, y = images[batch.to(images.device)], labels[batch.to(labels.device)]
            loss = pixel_loss(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            scheduler.step()
            seen, summed = seen + len(x), summed + loss.item() * len(x)
        result.append(summed / seen)
    return result


class ConvClassifier(nn.Module):
    def __init__(self, in_channels: int = 1, num_classes: int = 10) -> None:
        super().__init__()
        self.features = nn.Sequential(conv(in_channels, 16, padding=1), nn.MaxPool2d(2), conv(16, 32, padding=1))
        self.pool = nn.AdaptiveAvgPool2d((1, 1))
        self.scores = nn.Conv2d(32, num_classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.scores(self.pool(self.features(x))).squeeze(-1).squeeze(-1)
