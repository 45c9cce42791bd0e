"""What marked tests show of a student's own models: bounded plain data, drawn by `reports` when marks are done.

marked test ─▶ grader.showing ─▶ TestResult.pictures ─▶ marks.sqlite ─▶ feedback/<student>.html
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec


class Images(msgspec.Struct, frozen=True, tag="images"):
    """Rows of images of one size.

    Attributes:
        rows: what each row shows.
        columns: how many images each row has.
        size: height, width and channels (1 or 3) of each image.
        pixels: uint8 (rows, columns, height, width, channels), flattened.
    """

    title: str
    rows: tuple[str, ...]
    columns: int
    size: tuple[int, int, int]
    pixels: bytes


class Curve(msgspec.Struct, frozen=True, tag="curve"):
    """Finite numbers in their order.

    Attributes:
        over: what is counted along the curve: "epoch", say.
        of: what the values are: "mean loss", say.
    """

    title: str
    over: str
    of: str
    values: tuple[float, ...]


class Points(msgspec.Struct, frozen=True, tag="points"):
    """Finite points in the plane, each drawn as its label of a character or two."""

    title: str
    points: tuple[tuple[float, float], ...]
    labels: tuple[str, ...]


class Scale(msgspec.Struct, frozen=True, tag="scale"):
    """Where a score lies.

    Attributes:
        none: the bound at which there are no marks.
        full: the bound from which on there are all; either may be the larger.
        beside: what else reaches which score, by name.
    """

    title: str
    score: float
    none: float
    full: float
    beside: dict[str, float]


Picture: TypeAlias = Images | Curve | Points | Scale
