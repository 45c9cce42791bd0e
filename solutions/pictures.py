# given
"""The pictures of this assignment: each function shows one and returns it, to be changed or saved.

In a notebook a picture appears under its cell. When you run a .py file it opens in a window, and the program goes on
when you close it. `show_strip(images, "Zeros").savefig("zeros.png")` keeps one.

Images are (N, 1, H, W), on any device. No picture tells its story by colour alone.
"""

import math
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from torch import Tensor


def show_digits(images: Tensor) -> Figure:
    """Show images in a grid, row by row."""
    columns = math.ceil(math.sqrt(len(images)))
    return _grid([_pixels(row) for row in images.split(columns)])


def show_strip(images: Tensor, title: str) -> Figure:
    """Show images side by side, in their order."""
    return _grid([_pixels(images)], title=title)


def show_reconstructions(images: Tensor, reconstructions: Tensor) -> Figure:
    """Show images, and under each its reconstruction."""
    return _grid([_pixels(images), _pixels(reconstructions)], ["image", "rebuilt"])


def show_neighbours(queries: Tensor, by_embedding: Tensor, by_pixels: Tensor) -> Figure:
    """Show a row for each query (Q, 1, H, W): its neighbours (Q, k, 1, H, W) by embedding, then by pixels."""
    figure, axes = _axes(len(queries), 1 + by_embedding.shape[1] + by_pixels.shape[1])
    for row, images in zip(axes, zip(queries, by_embedding, by_pixels, strict=True), strict=True):
        pictures = np.concatenate([_pixels(image.reshape(-1, 1, *image.shape[-2:])) for image in images])
        for axis, picture in zip(row, pictures, strict=True):
            axis.imshow(picture, cmap="gray", vmin=0, vmax=1)
    for column, name in ((0, "query"), (1, "embedding"), (1 + by_embedding.shape[1], "pixels")):
        axes[0, column].set_title(name, loc="left")
    return _shown(figure)


def show_embedding(points: Tensor, labels: Tensor) -> Figure:
    """Show where images embed: at each of the points (N, 2) the digit that its label names."""
    figure, axis = plt.subplots(figsize=(8, 8))
    places, digits = _numbers(points), _numbers(labels)
    classes = np.unique(digits)
    for shade, digit in zip(np.linspace(0, 0.9, len(classes)), classes, strict=True):
        colour = plt.get_cmap("viridis")(shade)
        axis.scatter(*places[digits == digit].T, s=36, marker=f"${digit}$", color=colour, linewidths=0.2)
    axis.set(xlabel="first number of the embedding", ylabel="second number of the embedding")
    return _shown(figure)


def show_losses(losses: Sequence[float]) -> Figure:
    """Show the loss of each epoch."""
    figure, axis = plt.subplots(figsize=(6, 4))
    axis.plot(range(1, len(losses) + 1), losses, "o-")
    axis.set(xlabel="epoch", ylabel="mean loss")
    axis.set_ylim(bottom=0)
    return _shown(figure)


def show_sweep(results: dict[int, tuple[float, float]]) -> Figure:
    """Show the (training, validation) errors that belong to each size of the embedding."""
    figure, axis = plt.subplots(figsize=(6, 4))
    sizes = sorted(results)
    for index, (name, style) in enumerate([("training images", "o-"), ("validation images", "s--")]):
        axis.plot(sizes, [results[size][index] for size in sizes], style, label=name)
    axis.set_xscale("log")
    axis.set_xticks(sizes, [str(size) for size in sizes])
    axis.minorticks_off()
    axis.set_ylim(bottom=0)
    axis.set(xlabel="size of the embedding", ylabel="mean squared error")
    axis.legend()
    return _shown(figure)


def show_masks(images: Tensor, labels: Tensor, predictions: Tensor) -> Figure:
    """Show scenes, and under each the class of every pixel: the true one, then the predicted one, each (N, H, W)."""
    truth, predicted = _numbers(labels), _numbers(predictions)
    classes = int(max(truth.max(), predicted.max())) + 1
    figure, axes = _axes(3, len(truth), ["scene", "true", "predicted"])
    for column, scene in enumerate(_pixels(images)):
        axes[0, column].imshow(scene, cmap="gray", vmin=0, vmax=1)
        for axis, mask in zip(axes[1:, column], (truth[column], predicted[column]), strict=True):
            shown = axis.imshow(mask, cmap=plt.get_cmap("cividis", classes), vmin=-0.5, vmax=classes - 0.5)
    figure.colorbar(shown, ax=axes, ticks=range(classes), label="class")
    return _shown(figure)


def show_feature_maps(maps: Tensor, title: str) -> Figure:
    """Show the channels (C, H, W) that a layer makes of one image, all on one scale."""
    values = _numbers(maps)
    return _channels(values, title, float(values.min()), float(values.max()))


def show_filters(weights: Tensor) -> Figure:
    """Show the filters (F, C, h, w) of a convolution, of each the first channel; zero is the middle of the scale."""
    values = _numbers(weights[:, 0])
    largest = float(np.abs(values).max())
    return _channels(values, "filters", -largest, largest)


def _channels(values: np.ndarray, title: str, lowest: float, highest: float) -> Figure:
    columns = math.ceil(math.sqrt(2 * len(values)))
    figure, axes = _axes(math.ceil(len(values) / columns), columns)
    for axis, channel in zip(axes.flat, values, strict=False):
        shown = axis.imshow(channel, cmap="cividis", vmin=lowest, vmax=highest)
    figure.colorbar(shown, ax=axes)
    figure.suptitle(title)
    return _shown(figure)


def _grid(rows: list[np.ndarray], names: Sequence[str] = (), title: str = "") -> Figure:
    """Show rows of images, each (N, H, W), beside their names."""
    figure, axes = _axes(len(rows), max(len(row) for row in rows), names)
    for row, images in zip(axes, rows, strict=True):
        for axis, image in zip(row, images, strict=False):
            axis.imshow(image, cmap="gray", vmin=0, vmax=1)
    if title:
        figure.suptitle(title)
    return _shown(figure)


def _axes(rows: int, columns: int, names: Sequence[str] = ()) -> tuple[Figure, np.ndarray]:
    """Return a figure of (rows, columns) places without frames, the rows under their names."""
    size = (max(0.9 * columns, 3), 0.95 * rows + 0.4)
    figure, axes = plt.subplots(rows, columns, squeeze=False, layout="constrained", figsize=size)
    for axis in axes.flat:
        axis.set_axis_off()
    for axis, name in zip(axes[:, 0], names, strict=False):
        axis.set_title(name, loc="left")
    return figure, axes


def _pixels(images: Tensor) -> np.ndarray:
    return _numbers(images).squeeze(1)


def _numbers(values: Tensor) -> np.ndarray:
    return values.detach().cpu().numpy()


def _shown(figure: Figure) -> Figure:
    plt.show()
    return figure
