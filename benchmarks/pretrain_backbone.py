"""Pretrains the backbone that students transfer from in Part D, and measures what it is worth.

    python benchmarks/pretrain_backbone.py            makes tests/marked/backbone.npz; takes seconds
    python benchmarks/pretrain_backbone.py --measure  prints what the file that is there gives, over 10 seeds

It learns the digits 0 to 4 of the training share. Measured as in D3: a new head for 5 to 9 learns from 50 images of the
training share, and is asked about the held-out ones. The training is the reference solution's.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

REPOSITORY = Path(__file__).parents[1]
sys.path[:0] = [str(REPOSITORY / "solutions"), str(REPOSITORY / "tests" / "marked")]

from backbone import CLASSES, WEIGHTS, pretrained, small_backbone  # noqa: E402
from digits import digits  # noqa: E402
from transfer import TransferClassifier, train  # noqa: E402

PRETRAINING_EPOCHS = 8
FEW = 50
EPOCHS = (5, 10, 30)
SEEDS = 10


class Network(nn.Module):
    """A network of AlexNet's layout, made of its children."""

    def __init__(self, children: dict[str, nn.Module]) -> None:
        super().__init__()
        for name, child in children.items():
            self.add_module(name, child)

    def forward(self, images: Tensor) -> Tensor:
        return self.classifier(self.avgpool(self.features(images)).flatten(1))


def pretrain() -> None:
    """Train a backbone on digits 0 to 4, and write its weights."""
    data = digits()
    torch.manual_seed(0)
    network = Network(small_backbone())
    seen = data.training_labels < CLASSES
    images, labels = data.training_images[seen], data.training_labels[seen]
    train(network, images, labels, epochs=PRETRAINING_EPOCHS, batch_size=32, lr=1e-3)
    np.savez_compressed(WEIGHTS, **{name: weights.numpy() for name, weights in network.state_dict().items()})
    of_old_classes = data.held_out_labels < CLASSES
    reached = accuracy(network, data.held_out_images[of_old_classes], data.held_out_labels[of_old_classes])
    print(f"{WEIGHTS}: accuracy {reached:.3f} on held-out digits 0 to 4")


def measure() -> None:
    """Print the accuracies on digits 5 to 9 of a frozen backbone, one that is not, and one from scratch."""
    data = digits()
    new, asked = data.training_labels >= CLASSES, data.held_out_labels >= CLASSES
    images, labels = data.training_images[new], data.training_labels[new] - CLASSES
    held_out, held_out_labels = data.held_out_images[asked], data.held_out_labels[asked] - CLASSES
    print("epochs  start          lowest  mean    highest")
    for epochs in EPOCHS:
        for name in ("frozen", "not frozen", "from scratch"):
            reached = []
            for seed in range(SEEDS):
                torch.manual_seed(seed)
                start = Network(small_backbone() if name == "from scratch" else pretrained())
                model = TransferClassifier(start, CLASSES, freeze=name == "frozen")
                few = torch.randperm(len(images), generator=torch.Generator().manual_seed(seed))[:FEW]
                train(model, images[few], labels[few], epochs=epochs, seed=seed)
                reached.append(accuracy(model, held_out, held_out_labels))
            print(f"{epochs:<7} {name:<14} {min(reached):.3f}   {statistics.mean(reached):.3f}   {max(reached):.3f}")


def accuracy(model: nn.Module, images: Tensor, labels: Tensor) -> float:
    """Return the share of images that the model recognises."""
    model.eval()
    with torch.no_grad():
        return (model(images).argmax(dim=1) == labels).float().mean().item()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Pretrain the backbone of Part D, or measure it.")
    parser.add_argument("--measure", action="store_true", help="print what the file that is there gives")
    torch.set_num_threads(1)
    measure() if parser.parse_args().measure else pretrain()
