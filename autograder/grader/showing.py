"""How marked tests show what a student's model does. Nothing here decides a mark.

What holds nan or infinities, as a student's tensors may, is not shown; what is too large is a mistake of the test.
A test that shows two pictures under one title shows the later one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch.nn.utils.rnn import pad_sequence

from autograder.grader.messages import show
from autograder.pictures import Curve, Images, Points

_MOST_IMAGE_BYTES = 1 << 18
_MOST_NUMBERS = 2000


def show_images(title: str, rows: Mapping[str, torch.Tensor]) -> None:
    """Show images in rows, each row under its name.

    Args:
        title: what they are, for a heading.
        rows: what a row shows -> (N, 1 or 3, H, W) in [0, 1]; N may differ, and a shorter row ends in white.

    Raises:
        ValueError: they are no images of one size, or more than 256 KiB at a byte for each number.
    """
    images = pad_sequence([row.detach().float().cpu() for row in rows.values()], batch_first=True, padding_value=1.0)
    if images.ndim != 5 or images.shape[2] not in (1, 3) or not 0 < images.numel() <= _MOST_IMAGE_BYTES:
        raise ValueError(f"{title}: {tuple(images.shape)} is no (rows, N, 1 or 3, H, W) that fits into a page")
    if bool(images.isfinite().all()):
        pixels = (images.clamp(0, 1) * 255).round().to(torch.uint8).permute(0, 1, 3, 4, 2)
        _, columns, height, width, channels = pixels.shape
        size = (height, width, channels)
        show(Images(title, tuple(rows), columns, size, pixels.contiguous().numpy().tobytes()))


def show_curve(title: str, values: Sequence[float], *, of: str, over: str = "epoch") -> None:
    """Show at most 2000 numbers in their order: a loss, say.

    Args:
        title: what they are, for a heading.
        values: one for each `over`.
        of: what a value is: "mean loss", say.
        over: what is counted.
    """
    numbers = _finite(torch.tensor(values, dtype=torch.float64), title)
    if numbers is not None:
        show(Curve(title, over, of, tuple(numbers.tolist())))


def show_points(title: str, points: torch.Tensor, labels: Sequence[object]) -> None:
    """Show at most 1000 points, (N, 2), each as its label: a digit, say."""
    numbers = _finite(points.detach().double().cpu(), title)
    if numbers is not None:
        if numbers.shape != (len(labels), 2):
            raise ValueError(f"{title}: {len(labels)} labels of {tuple(numbers.shape)}, which is not (N, 2)")
        show(Points(title, tuple((x, y) for x, y in numbers.tolist()), tuple(map(str, labels))))


def _finite(numbers: torch.Tensor, title: str) -> torch.Tensor | None:
    if not 0 < numbers.numel() <= _MOST_NUMBERS:
        raise ValueError(f"{title}: {numbers.numel()} numbers, and 1 to {_MOST_NUMBERS} are shown")
    return numbers if bool(numbers.isfinite().all()) else None
