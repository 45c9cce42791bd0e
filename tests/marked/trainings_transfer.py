"""What students train in Part D, and the networks that they transfer from, built in their process by the grader.

A mistake in a function must not cost the marks of another: where the student's classifier is of no use, a frozen one of
the grader's own takes its place, and where the student's `train` is of no use, classifiers are judged without it.
"""

from __future__ import annotations

from functools import cache
from typing import cast

import torch
from answers import call_for_its_effect, expect_finite
from backbone import CLASSES, pretrained
from digits import digits
from pixels import random, random_labels
from structure import wake
from torch import nn

from autograder.grader import (
    Student,
    StudentObject,
    StudentRaised,
    Unusable,
    attribute,
    describe,
    fail,
    fresh_process,
    load_state,
    look,
    network,
    place,
    seed_process,
    state_of,
    training,
)
from autograder.grader.worker import WorkerLost

FEW = 50
EPOCHS = 5
SEED = 321

Images = tuple[torch.Tensor, torch.Tensor]
Children = dict[str, nn.Module]
OF_NO_USE = (AssertionError, StudentRaised, Unusable, WorkerLost)


# ---------------------------------------------------------------------------- digits that the backbone does not know


@cache
def few_digits(source: str) -> Images:
    """50 images (50, 1, 28, 28) of the training share's digits 5 to 9, and their classes from 0 on."""
    known = digits(source)
    new = (known.training_labels >= CLASSES).nonzero().flatten()
    chosen = new[torch.randperm(len(new), generator=torch.Generator().manual_seed(SEED))[:FEW]]
    return known.training_images[chosen], known.training_labels[chosen] - CLASSES


# ---------------------------------------------------------------------------- backbones


def children(layout: str, channels: int = 1, seed: int = 0) -> Children:
    """A small network of torchvision's layout "AlexNet" or "VGG", for images from 8x8 on; every number is random.

    Both have batch norm and dropout among the features. The classifiers have the order of torchvision's: AlexNet's
    begins with dropout, VGG's with a linear layer.
    """
    width, pooled = (6, 2) if layout == "AlexNet" else (5, 3)
    first = nn.Conv2d(channels, 4, 3, stride=2, padding=1) if layout == "AlexNet" else nn.Conv2d(channels, 4, 3)
    features = nn.Sequential(
        first,
        nn.BatchNorm2d(4),
        nn.ReLU(inplace=True),
        nn.Dropout(0.5),
        nn.MaxPool2d(2),
        nn.Conv2d(4, width, 3, padding=1),
        nn.BatchNorm2d(width),
        nn.ReLU(inplace=True),
    )
    flat = width * pooled**2
    dropout, relu = nn.Dropout(0.5), nn.ReLU(inplace=True)
    first_dense, second_dense, last_dense = nn.Linear(flat, 12), nn.Linear(12, 10), nn.Linear(10, 4)
    if layout == "AlexNet":
        classifier = nn.Sequential(dropout, first_dense, relu, dropout, second_dense, relu, last_dense)
    else:
        classifier = nn.Sequential(first_dense, relu, dropout, second_dense, relu, dropout, last_dense)
    made = {"features": features, "avgpool": nn.AdaptiveAvgPool2d((pooled, pooled)), "classifier": classifier}
    _randomise(made, seed)
    return made


def _randomise(made: Children, seed: int) -> None:
    """Give each weight and statistic a value of its own, so that it is known again wherever it turns up."""
    generator = torch.Generator().manual_seed(seed)
    for name, values in nn.ModuleDict(made).state_dict().items():
        if values.is_floating_point():
            values.copy_(torch.rand(values.shape, generator=generator) - (0 if name.endswith("running_var") else 0.5))
            if name.endswith("running_var"):
                values.add_(0.5)


def expected_features(made: Children, images: torch.Tensor) -> torch.Tensor:
    """What `image_features` has to return, computed here."""
    with torch.no_grad():
        pooled: torch.Tensor = made["avgpool"].eval()(made["features"].eval()(images))
    return pooled.flatten(1)


# ---------------------------------------------------------------------------- classifiers


def new_classifier(student: Student, backbone: StudentObject, num_classes: int, **freeze: bool) -> StudentObject:
    """The student's classifier as its constructor makes it."""
    model = student.transfer.TransferClassifier(backbone, num_classes, **freeze)
    if not isinstance(model, StudentObject):
        fail(f"expected an nn.Module, got {describe(model)}")
    return model


def working_classifier(
    student: Student, backbone: StudentObject, images: torch.Tensor, num_classes: int = 3, **freeze: bool
) -> StudentObject:
    """The student's classifier in eval mode: it tells images apart, and its lazy layers have their weights."""
    model = new_classifier(student, backbone, num_classes, **freeze)
    model.eval()
    logits = expect_finite(model(images), (len(images), num_classes))
    if bool((logits == logits[:1]).all()):
        wake(model)  # a new head may score everything 0
        logits = expect_finite(model(images), (len(images), num_classes))
    if bool((logits == logits[:1]).all()):
        fail("expected logits that tell different images apart, got the same for all of them")
    return model


def names_of_features(model: StudentObject, made: Children) -> dict[str, str]:
    """Under which names the model holds the weights and statistics of the backbone's features, whatever it calls them.

    The count of batches that a batch norm has seen is left out: in a frozen one it changes nothing.
    """
    state = state_of(model)
    found = {}
    for name, values in made["features"].state_dict().items():
        if values.is_floating_point():
            found[f"features.{name}"] = next((key for key, value in state.items() if same(value, values)), "")
            if not found[f"features.{name}"]:
                fail(
                    f"expected the backbone's features.{name} in the new classifier's state dict, with the values that "
                    "the backbone has, but nothing there equals it",
                    "TransferClassifier(backbone, num_classes)",
                )
    return found


def would_train(model: StudentObject, names: dict[str, str], images: torch.Tensor) -> bool:
    """Whether an optimiser would find gradients for the features: they require them, and nothing holds them up."""
    flags = look(model).requires_grad
    model.train()
    return any(flags.get(name) for name in names.values()) and model.forward.with_gradient(0, images)[1] is not None


def same(got: object, values: torch.Tensor) -> bool:
    """Whether this is a tensor of the same type and the same values."""
    return (
        isinstance(got, torch.Tensor)
        and (got.device, got.dtype, got.shape) == (values.device, values.dtype, values.shape)
        and torch.equal(got, values)
    )


def train_is_usable(student: Student) -> bool:
    """Whether the student's `train` moves what requires gradients, and nothing else. Asked before anything is made."""
    try:
        model, frozen = half_frozen(student)
        before = state_of(model)
        student.transfer.train(model, random(12, 1, 4, 4), random_labels(3, 12), epochs=1, seed=1)
        after = state_of(model)
        return after.keys() == before.keys() and all(
            same(after[name], before[name]) is (name in frozen) for name in before
        )
    except OF_NO_USE:
        return False


def half_frozen(student: Student) -> tuple[StudentObject, set[str]]:
    """A network of the grader's own for images of 16 pixels and three classes, and the names of its frozen weights."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = place(student, nn.Sequential(nn.Flatten(), nn.Linear(16, 8), nn.Tanh(), nn.Linear(8, 3)))
    cast(StudentObject, attribute(model, "1")).requires_grad_(False)
    return model, {"1.weight", "1.bias"}


def transferred(student: Student) -> StudentObject:
    """A frozen classifier of five classes on the pretrained backbone: the student's, where it is one."""
    made = pretrained()
    try:
        model = new_classifier(student, place(student, network("VGG", made)), CLASSES)
        images = torch.zeros(2, 1, 28, 28)
        model.eval()
        expect_finite(model(images), (2, CLASSES))
        head_trains = any(look(model).requires_grad.values())
        if head_trains and not would_train(model, names_of_features(model, made), images):
            return model
    except OF_NO_USE:
        pass
    with torch.random.fork_rng():
        torch.manual_seed(SEED)
        head = nn.Sequential(nn.Flatten(), nn.Linear(64 * 3 * 3, CLASSES))
    own = {"features": made["features"], "avgpool": made["avgpool"], "head": head}
    model = place(student, network("Sequential", own))
    cast(StudentObject, attribute(model, "features")).requires_grad_(False)
    return model


@training("transfer", "TransferClassifier", "train")
def trained_classifier(student: Student, source: str) -> dict[str, torch.Tensor]:
    """The state dict of a frozen classifier after five epochs with 50 images."""
    seed_process(student, SEED)
    model = transferred(student)
    call_for_its_effect(student.transfer.train, model, *few_digits(source), epochs=EPOCHS, seed=SEED)
    return state_of(model)


def with_weights(student: Student, state: dict[str, torch.Tensor]) -> StudentObject:
    """A frozen classifier with these weights, in eval mode, in a fresh process: it has seen none of the 50 images."""
    fresh_process(student)
    model = transferred(student)
    load_state(model, state)
    model.eval()
    return model
