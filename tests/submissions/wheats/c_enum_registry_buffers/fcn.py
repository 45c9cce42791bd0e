"""Typed to the teeth: Enum keys in ModuleDicts, NamedTuple stages, Protocol, buffers that train() fills (input statistics)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from functools import reduce
from typing import ClassVar, NamedTuple, Protocol, TypeVar, runtime_checkable

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Layer(NamedTuple):
    kernel: int
    stride: int
    dilation: int


class Reach(NamedTuple):
    field: int = 1
    jump: int = 1

    def through(self, layer: Layer) -> Reach:
        return Reach(self.field + self.jump * layer.dilation * (layer.kernel - 1), self.jump * layer.stride)


class Stage(str, Enum):
    FINE = "fine"
    MIDDLE = "middle"
    COARSE = "coarse"


@runtime_checkable
class Scorer(Protocol):
    training: bool

    def __call__(self, images: Tensor) -> Tensor: ...

    def eval(self) -> Scorer: ...

    def modules(self) -> Iterable[nn.Module]: ...


def one_hot_targets(labels: Tensor, num_classes: int) -> Tensor:
    return torch.stack([labels.eq(c) for c in range(num_classes)], dim=1).to(torch.float32)


def receptive_field(layers: list[tuple[int, int, int]]) -> int:
    return reduce(lambda reach, layer: reach.through(Layer(*layer)), layers, Reach()).field


def _conv(inputs: int, outputs: int, dilation: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=dilation, dilation=dilation), nn.PReLU(outputs))


class FCN(nn.Module):
    WIDTHS: ClassVar[dict[Stage, int]] = {Stage.FINE: 10, Stage.MIDDLE: 20, Stage.COARSE: 32}

    mean: Tensor
    std: Tensor

    def __init__(self, in_channels: int = 1, num_classes: int = 3) -> None:
        super().__init__()
        fine, middle, coarse = (self.WIDTHS[stage] for stage in Stage)
        self.register_buffer("mean", torch.zeros(1, in_channels, 1, 1))
        self.register_buffer("std", torch.ones(1, in_channels, 1, 1))
        self.down = nn.ModuleDict(
            {
                Stage.FINE.value: _conv(in_channels, fine),
                Stage.MIDDLE.value: nn.Sequential(nn.Conv2d(fine, middle, 4, stride=2, padding=1), nn.PReLU(middle)),
                Stage.COARSE.value: nn.Sequential(nn.Conv2d(middle, coarse, 4, stride=2, padding=1), nn.PReLU(coarse)),
            }
        )
        # wide enough to see a whole digit: dilation instead of a third halving
        self.context = nn.Sequential(_conv(coarse, coarse, 2), _conv(coarse, coarse, 3))
        self.up = nn.ModuleDict(
            {
                Stage.MIDDLE.value: nn.ConvTranspose2d(coarse, middle, 4, stride=2, padding=1),
                Stage.FINE.value: nn.ConvTranspose2d(middle, fine, 4, stride=2, padding=1),
            }
        )
        self.fuse = nn.ModuleDict(
            {Stage.MIDDLE.value: _conv(2 * middle, middle), Stage.FINE.value: _conv(2 * fine, fine)}
        )
        self.score = nn.Conv2d(fine, num_classes, 1)

    def forward(self, images: Tensor) -> Tensor:
        x = (images - self.mean) / self.std
        kept: dict[Stage, Tensor] = {}
        for stage in Stage:
            x = kept[stage] = self.down[stage.value](x)
        x = x + self.context(x)
        for stage in (Stage.MIDDLE, Stage.FINE):
            wanted = kept[stage].shape[2:]
            up = self.up[stage.value](x, output_size=list(wanted))
            x = self.fuse[stage.value](torch.cat((up, kept[stage]), dim=1))
        return self.score(x)

    @torch.no_grad()
    def look_at(self, images: Tensor) -> None:
        """Remember the brightness of the training images."""
        std, mean = torch.std_mean(images, dim=(0, 2, 3), keepdim=True)
        self.mean.copy_(mean)
        self.std.copy_(std.clamp_min(1e-3))


T = TypeVar("T")


def _quietly(model: nn.Module, work: Callable[[], T]) -> T:
    """Do the work in eval mode and without gradients; put each module's mode back."""
    modes: Sequence[bool] = tuple(module.training for module in model.modules())
    model.eval()
    try:
        with torch.no_grad():
            return work()
    finally:
        for module, mode in zip(model.modules(), modes, strict=True):
            module.training = mode


def predict_proba(model: nn.Module, images: Tensor) -> Tensor:
    assert isinstance(model, Scorer)
    return _quietly(model, lambda: torch.softmax(model(images).double(), dim=1).to(images.dtype))


def predict(model: nn.Module, images: Tensor) -> Tensor:
    return predict_proba(model, images).argmax(dim=1)


def pixel_loss(logits: Tensor, labels: Tensor) -> Tensor:
    targets = one_hot_targets(labels, logits.shape[1])
    return F.cross_entropy(logits, targets)  # probabilities as targets: sum over classes, mean over pixels


def mean_iou(prediction: Tensor, labels: Tensor, num_classes: int) -> float:
    shares: list[float] = []
    for c in range(num_classes):
        here, there = prediction.eq(c), labels.eq(c)
        if union := torch.logical_or(here, there).sum().item():
            shares.append(torch.logical_and(here, there).sum().item() / union)
    return math.fsum(shares) / len(shares)


def train(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    epochs: int = 10,
    batch_size: int = 12,
    lr: float = 4e-3,
    seed: int = 0,
) -> list[float]:
    if isinstance(model, FCN):
        model.look_at(images)
    generator = torch.Generator(device="cpu")
    generator.manual_seed(seed)
    optimiser = torch.optim.NAdam(model.parameters(), lr=lr)
    means: list[float] = []
    model.train()
    for epoch in range(epochs):
        if epoch == math.ceil(0.75 * epochs):
            optimiser.param_groups[0]["lr"] *= 0.25
        total = torch.zeros((), dtype=torch.float64, device=images.device)
        for chosen in torch.randperm(images.shape[0], generator=generator).to(images.device).split(batch_size):
            optimiser.zero_grad()
            loss = pixel_loss(model(images[chosen]), labels[chosen])
            loss.backward()
            optimiser.step()
            total += loss.detach().double() * chosen.numel()
        means.append((total / images.shape[0]).item())
    return means


class Pooled(NamedTuple):
    values: Tensor
    indices: Tensor


class PoolUnpool(nn.Module):
    def __init__(self, kernel_size: int = 2) -> None:
        super().__init__()
        self.kernel_size = kernel_size

    def pool(self, x: Tensor) -> Pooled:
        return Pooled(*F.max_pool2d(x, self.kernel_size, stride=self.kernel_size, return_indices=True))

    def unpool(self, pooled: Tensor, indices: Tensor, output_size: tuple[int, ...]) -> Tensor:
        n, c, h, w = output_size
        # one long row for everything: an index counts inside its channel, a channel begins every h * w
        begins = torch.arange(n * c, device=indices.device).view(n, c, 1, 1) * (h * w)
        flat = pooled.new_zeros(n * c * h * w)
        return flat.index_put(((indices + begins).reshape(-1),), pooled.reshape(-1)).view(n, c, h, w)

    def forward(self, x: Tensor) -> Tensor:
        return self.unpool(*self.pool(x), tuple(x.shape))


class ConvClassifier(nn.Module):
    def __init__(self, in_channels: int = 1, num_classes: int = 10) -> None:
        super().__init__()
        self.trunk = nn.Sequential(_conv(in_channels, 16), nn.AvgPool2d(2), _conv(16, 32), nn.AvgPool2d(2))
        self.score = nn.Conv2d(32, num_classes, 3)

    def forward(self, images: Tensor) -> Tensor:
        return F.adaptive_avg_pool2d(self.score(self.trunk(images)), 1)[:, :, 0, 0]
