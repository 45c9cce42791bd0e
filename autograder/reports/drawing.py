"""Pictures' data as what a page can hold: PNG files for images, coordinates for drawings. All in CSS pixels."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass

import numpy as np
from PIL import Image

from autograder.pictures import Curve, Images, Points, Scale

_GAP = 1  # between images
WIDTH, CURVE_HEIGHT, POINTS_HEIGHT = 360, 170, 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 48, 12, 10, 34

# Ten colours that are told apart by people who do not see all colours (after Paul Tol and Okabe and Ito), dark enough
# to be read on white. They only help the eye: each point is drawn as its label.
COLOURS = (
    "#0b5394", "#a61c00", "#00695c", "#6a1b9a", "#7f5f00", "#000000", "#b3006b", "#33691e", "#455a64", "#8d4004",
)  # fmt: skip


@dataclass(frozen=True)
class Strip:
    """One row of images as a PNG.

    Attributes:
        source: a data URI.
        alternative: what it shows, in words.
    """

    name: str
    source: str
    alternative: str
    width: int
    height: int


@dataclass(frozen=True)
class Tick:
    """A mark on an axis: where, and what is written there."""

    at: float
    text: str


@dataclass(frozen=True)
class Line:
    """A curve in WIDTH x CURVE_HEIGHT pixels."""

    path: str
    dots: tuple[tuple[float, float], ...]
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    alternative: str


@dataclass(frozen=True)
class Glyph:
    """A point, drawn as its label."""

    x: float
    y: float
    text: str
    colour: str


@dataclass(frozen=True)
class Place:
    """Something on a scale: its name, its score, and where it lies, from 0 (worst) to 100 (best)."""

    name: str
    score: float
    at: float
    own: bool = False


def strips(images: Images) -> list[Strip]:
    """Each row of images as one PNG, with a grey line between images."""
    height, width, channels = images.size
    shape = (len(images.rows), images.columns, height, width, channels)
    made = []
    for name, row in zip(images.rows, np.frombuffer(images.pixels, np.uint8).reshape(shape), strict=True):
        framed = np.pad(row, ((0, 0), (_GAP, _GAP), (_GAP, 0), (0, 0)), constant_values=128)
        joined = np.pad(np.concatenate(list(framed), axis=1), ((0, 0), (0, _GAP), (0, 0)), constant_values=128)
        file = io.BytesIO()
        Image.fromarray(joined.squeeze(-1) if channels == 1 else joined).save(file, "PNG")
        source = f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
        count = "1 image" if images.columns == 1 else f"{images.columns} images side by side"
        made.append(Strip(name, source, f"{name}: {count}", joined.shape[1], joined.shape[0]))
    return made


def line(curve: Curve) -> Line:
    """A curve over 1, 2, 3 and so on, on an axis that begins at 0 unless a value is negative."""
    low, high = min(0.0, *curve.values), max(*curve.values, 0.0)
    high = high if high > low else low + 1
    last = max(len(curve.values) - 1, 1)
    dots = tuple(
        (
            round(_LEFT + (WIDTH - _LEFT - _RIGHT) * index / last, 1),
            round(_TOP + (CURVE_HEIGHT - _TOP - _BOTTOM) * (high - value) / (high - low), 1),
        )
        for index, value in enumerate(curve.values)
    )
    step = max(1, -(-len(curve.values) // 10))
    across = tuple(Tick(dots[index][0], str(index + 1)) for index in range(0, len(dots), step))
    up = tuple(
        Tick(round(_TOP + (CURVE_HEIGHT - _TOP - _BOTTOM) * (1 - share), 1), f"{low + share * (high - low):.3g}")
        for share in (0, 0.5, 1)
    )
    first, end = curve.values[0], curve.values[-1]
    words = f"{curve.of}: {first:.3g} in {curve.over} 1, {end:.3g} in {curve.over} {len(curve.values)}"
    return Line(" ".join(f"{x},{y}" for x, y in dots), dots, across, up, words)


def glyphs(points: Points) -> list[Glyph]:
    """Points in WIDTH x POINTS_HEIGHT pixels, as large as they fit; the two axes keep their own scales."""
    places = np.array(points.points)
    low, extent = places.min(0), np.ptp(places, axis=0)
    shares = (places - low) / np.where(extent > 0, extent, 1)
    kinds = sorted(set(points.labels))
    return [
        Glyph(
            round(float(10 + (WIDTH - 20) * x), 1),
            round(float(14 + (POINTS_HEIGHT - 24) * (1 - y)), 1),
            label,
            COLOURS[kinds.index(label) % len(COLOURS)],
        )
        for (x, y), label in zip(shares, points.labels, strict=True)
    ]


def places(scale: Scale) -> list[Place]:
    """The student's score, the bounds and what lies beside them, the best first."""
    scores = {**scale.beside, "full marks from": scale.full, "no marks at": scale.none}
    worst, best = (pick([scale.score, *scores.values()]) for pick in ((min, max) if _larger(scale) else (max, min)))
    extent = best - worst or 1.0
    found = [Place(name, score, round(100 * (score - worst) / extent, 1)) for name, score in scores.items()]
    found.append(Place("your model", scale.score, round(100 * (scale.score - worst) / extent, 1), own=True))
    return sorted(found, key=lambda place: -place.at)


def _larger(scale: Scale) -> bool:
    """Whether the larger score is the better one."""
    return scale.full > scale.none
