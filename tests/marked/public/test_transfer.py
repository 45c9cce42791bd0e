"""Part D, public tests: an example or two of each item. The hidden tests ask for more of the same.

`student` is your code: `student.transfer.image_features(backbone, images)` calls your function. The tests that train
(D3) run when you ask for it: `autograder check --train`.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from autograder.grader import (
    StudentObject,
    StudentRaised,
    describe,
    expect_close,
    expect_numbers,
    expect_score,
    fail,
    look,
    network,
    place,
    show_images,
)

Share = tuple[torch.Tensor, torch.Tensor]


def of_alexnets_layout() -> dict[str, nn.Module]:
    """A backbone's children; its features are the mean, over each quarter of the image, of 1 + 2 * pixel, or 0."""
    layer = nn.Conv2d(1, 1, kernel_size=1)
    nn.init.constant_(layer.weight, 2.0)
    assert layer.bias is not None
    nn.init.constant_(layer.bias, 1.0)
    return {
        "features": nn.Sequential(layer, nn.ReLU(), nn.Dropout(0.5)),
        "avgpool": nn.AdaptiveAvgPool2d((2, 2)),
        "classifier": nn.Sequential(nn.Dropout(0.5), nn.Linear(4, 3), nn.ReLU(), nn.Dropout(0.5), nn.Linear(3, 2)),
    }


def a_classifier(student: Any, backbone: StudentObject, num_classes: int) -> StudentObject:
    """Your TransferClassifier, in eval mode."""
    answer = student.transfer.TransferClassifier(backbone, num_classes)
    if not isinstance(answer, StudentObject):
        fail(f"expected a module, got {describe(answer)}")
    answer.eval()
    return answer


def test_features_of_two_images(student: Any) -> None:
    """An image of ones has four features of 3, one of -1 four of 0, and the backbone is still in training mode."""
    backbone = place(student, network("AlexNet", of_alexnets_layout()))
    images = torch.stack([torch.ones(1, 6, 6), -torch.ones(1, 6, 6)])
    answer = student.transfer.image_features(backbone, images)
    expect_close(answer, torch.tensor([[3.0] * 4, [0.0] * 4]))
    if not all(look(backbone).training.values()):
        fail("expected each layer of the backbone to be in training mode still", "after image_features")


def test_classifier_of_three_images(student: Any) -> None:
    """Three images of any size have five logits each."""
    model = a_classifier(student, place(student, network("AlexNet", of_alexnets_layout())), 5)
    for size in (6, 9):
        expect_numbers(model(torch.ones(3, 1, size, size)), (3, 5))


def test_transfer_train_for_two_epochs(student: Any, training_share: Share) -> None:
    """Two epochs with 40 images give two losses, the second smaller than the first."""
    layers = nn.Sequential(nn.AvgPool2d(4), nn.Flatten(), nn.Linear(49, 10))
    few = [each[:40] for each in training_share]
    try:
        answer = student.transfer.train(place(student, layers), *few, epochs=2, seed=1)
    except StudentRaised:
        # It may ask for parts that only the own classifier has.
        children = of_alexnets_layout() | {"features": nn.Sequential(nn.Conv2d(1, 8, 5, stride=2), nn.ReLU())}
        model = a_classifier(student, place(student, network("AlexNet", children)), 10)
        answer = student.transfer.train(model, *few, epochs=2, seed=1)
    if not isinstance(answer, list | tuple) or len(answer) != 2 or not all(isinstance(each, float) for each in answer):
        fail(f"expected two floats, got {describe(answer)}")
    if not answer[1] < answer[0]:
        fail(f"expected the second loss to be the smaller one, got {describe(answer)}")


def knows_zero_to_four(share: Share) -> dict[str, nn.Module]:
    """A backbone's children, trained here on a thousand digits from 0 to 4."""
    old = (share[1] < 5).nonzero().flatten()[:1000]
    with torch.random.fork_rng():
        torch.manual_seed(0)
        first, second, third = nn.Conv2d(1, 16, 3, padding=1), nn.Conv2d(16, 32, 3, padding=1), nn.Conv2d(32, 32, 3)
        children: dict[str, nn.Module] = {
            "features": nn.Sequential(first, nn.ReLU(), nn.MaxPool2d(2), second, nn.ReLU(), nn.MaxPool2d(2), third),
            "avgpool": nn.AdaptiveAvgPool2d((3, 3)),
            "classifier": nn.Sequential(nn.ReLU(), nn.Linear(32 * 3 * 3, 64), nn.ReLU(), nn.Linear(64, 5)),
        }
        whole = nn.Sequential(children["features"], children["avgpool"], nn.Flatten(), children["classifier"])
        optimiser = torch.optim.Adam(whole.parameters(), lr=2e-3)
        for chosen in old.repeat(4).split(25):
            optimiser.zero_grad()
            nn.functional.cross_entropy(whole(share[0][chosen]), share[1][chosen]).backward()
            optimiser.step()
    return children


def test_digits_from_fifty_images(student: Any, training_share: Share) -> None:
    """A backbone that knows 0 to 4 recognises more than a third of 5 to 9 after 50 images; chance is a fifth."""
    images, labels = (each[training_share[1] >= 5] for each in training_share)
    model = a_classifier(student, place(student, network("AlexNet", knows_zero_to_four(training_share))), 5)
    student.transfer.train(model, images[:50], labels[:50] - 5, epochs=5, seed=1)
    model.eval()
    shown = images[50:550]
    answer = expect_numbers(model(shown), (500, 5)).argmax(1) + 5
    correct = answer == labels[50:550]
    rows = {"recognised": shown[correct][:8], "taken for another digit": shown[~correct][:8]}
    show_images("New digits", rows)
    share = float(correct.double().mean())
    # Chance is a fifth; this backbone, trained in seconds, knows less than the one that hidden tests use.
    expect_score(share, none=0.2, full=1 / 3, of="the accuracy on 500 other digits")
