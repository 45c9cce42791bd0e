"""Numbers, labels and answers for the tests of Part C."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from autograder.grader import expect_shape, fail


def random(*shape: int, seed: int = 0) -> torch.Tensor:
    """Numbers from 0 to 1."""
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def random_labels(num_classes: int, *shape: int, seed: int = 0) -> torch.Tensor:
    """Classes from 0 to num_classes - 1."""
    return torch.randint(num_classes, shape, generator=torch.Generator().manual_seed(seed))


def plain_images(labels: torch.Tensor, num_classes: int) -> torch.Tensor:
    """Images (N, 10 C, 8, 8) that say their class themselves: its ten channels are 1, all others 0."""
    return (
        F.one_hot(labels, num_classes).float().repeat_interleave(10, 1).view(len(labels), -1, 1, 1).repeat(1, 1, 8, 8)
    )


def misled(layer: nn.Conv2d | nn.Linear, num_classes: int) -> nn.Module:
    """The layer on plain images, made to take each class for the next one, by 3; any training soon mends that."""
    with torch.no_grad():
        layer.weight.zero_()
        channels = layer.weight.unflatten(1, (num_classes, -1))
        for one in range(num_classes):
            channels[(one + 1) % num_classes, one] = 3 / channels[0, one].numel()
        layer.bias.zero_()
    return layer


def expect_integers(got: object, shape: tuple[int, ...], of: str = "") -> torch.Tensor:
    """Require a tensor of int64."""
    tensor = expect_shape(got, shape, of)
    if tensor.dtype is not torch.int64 or tensor.device.type == "meta":
        fail(f"expected int64, got {tensor.dtype} on {tensor.device.type}", of)
    return tensor


def distinct(*shape: int, seed: int) -> torch.Tensor:
    """Different numbers, below 0 and above, in a random order."""
    count = torch.Size(shape).numel()
    return (torch.randperm(count, generator=torch.Generator().manual_seed(seed)).float() - 0.7 * count).view(shape) / 7


def unpooled(values: torch.Tensor, x: torch.Tensor, kernel: int) -> torch.Tensor:
    """An image like x with these values where the maxima of x are, and 0 elsewhere."""
    places = F.max_pool2d(x, kernel, return_indices=True)[1]
    return F.max_unpool2d(values, places, (kernel, kernel), output_size=x.shape)


def expected_targets(labels: torch.Tensor, num_classes: int) -> torch.Tensor:
    """(N, C, H, W): 1 where the pixel is of the class."""
    return (labels.unsqueeze(1) == torch.arange(num_classes).view(1, -1, 1, 1)).float()


def iou(prediction: torch.Tensor, labels: torch.Tensor, num_classes: int) -> float:
    """Mean intersection over union of the classes that are present in either, over all pixels together."""
    pairs = [(prediction == one, labels == one) for one in range(num_classes)]
    ratios = [int((a & b).sum()) / int((a | b).sum()) for a, b in pairs if bool((a | b).any())]
    return sum(ratios) / len(ratios)
