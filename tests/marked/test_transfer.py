"""Part D, hidden tests of features (D1) and of a classifier on them (D2)."""

from __future__ import annotations

from typing import Any, cast

import torch
from answers import expect_alike, expect_finite, expect_steady
from hypothesis import given, settings
from hypothesis import strategies as st
from pixels import random, random_labels
from torch import nn
from trainings_transfer import (
    Children,
    children,
    expected_features,
    names_of_features,
    same,
    train_is_usable,
    working_classifier,
    would_train,
)

from autograder.grader import (
    Look,
    StudentObject,
    attribute,
    expect_close,
    fail,
    load_state,
    look,
    network,
    place,
    seed_process,
    state_of,
)

SEVERAL = settings(max_examples=max(1, settings().max_examples // 4))
LAYOUTS = ("AlexNet", "VGG")


def part(model: StudentObject, name: str) -> StudentObject:
    """A part of a network of the grader's own."""
    return cast(StudentObject, attribute(model, name))


def expect_as_before(before: Look, after: Look, of: str) -> None:
    """Require the same weights and statistics, training modes and gradient flags."""
    if before.state.keys() != after.state.keys() or before.training.keys() != after.training.keys():
        fail("expected the backbone to keep its layers and weights, but it has others now", of)
    for name, values in before.state.items():
        if not same(after.state[name], values):
            fail(f"expected the backbone's {name} to stay as it was, but it has changed", of)
    for what, was, now in (
        ("training", before.training, after.training),
        ("requires_grad", before.requires_grad, after.requires_grad),
    ):
        for name, flag in was.items():
            if now.get(name) is not flag:
                owner = f"backbone.{name}" if name else "the backbone"
                fail(f"expected {what} of {owner} to stay {flag}, got {now.get(name)}", of)


# ---------------------------------------------------------------------------- D1: features


def expect_some_features(got: object, made: Children, images: torch.Tensor) -> None:
    """Require as many features as there are, right or wrong: who computes nothing changes nothing."""
    features = expect_finite(got, tuple(expected_features(made, images).shape))
    if bool((features == features[:1]).all()):
        fail("expected features that tell different images apart, got the same for all of them")


@SEVERAL
@given(st.sampled_from(LAYOUTS), st.integers(1, 4), st.sampled_from([1, 3]), st.integers(8, 20), st.integers(8, 20))
def test_features_of_both_layouts(
    student: Any, layout: str, count: int, channels: int, height: int, width: int
) -> None:
    """Whatever the layout and the size, the features are those of eval mode, even if the backbone is in training."""
    made, images = children(layout, channels), random(count, channels, height, width)
    backbone = place(student, network(layout, made))
    got = student.transfer.image_features(backbone, images)
    of = f"image_features of {layout}, in training mode, for images ({count}, {channels}, {height}, {width})"
    expect_alike(got, expected_features(made, images), of)


def test_features_twice(student: Any) -> None:
    """The second images of a backbone in eval mode have their own features, and so have another's, and 70 at once."""
    first, second = children("VGG"), children("VGG", seed=1)
    for made in (first, second, first):
        backbone = place(student, network("VGG", made))
        backbone.eval()
        for count, seed in ((2, 3), (2, 4), (70, 5)):
            images = random(count, 1, 12, 9, seed=seed)
            expect_alike(student.transfer.image_features(backbone, images), expected_features(made, images))


def test_features_leave_modes_and_statistics(student: Any) -> None:
    """Each layer keeps its mode, whichever that was, and batch norm its statistics."""
    for layout, training, other in (("VGG", True, ""), ("AlexNet", False, ""), ("VGG", True, "1"), ("VGG", False, "6")):
        made, images = children(layout), random(4, 1, 10, 10)
        backbone = place(student, network(layout, made))
        backbone.train(training)
        mixed = f", features.{other} {'eval' if training else 'training'}" if other else ""
        if other:
            part(part(backbone, "features"), other).train(not training)
        before = look(backbone)
        expect_some_features(student.transfer.image_features(backbone, images), made, images)
        mode = "training" if training else "eval"
        expect_as_before(before, look(backbone), f"after image_features of a backbone in {mode} mode{mixed}")


def test_features_leave_requires_grad(student: Any) -> None:
    """What required gradients before does so afterwards, and what did not does not."""
    for frozen in ("", "features", "classifier"):
        made, images = children("AlexNet"), random(2, 1, 9, 9)
        backbone = place(student, network("AlexNet", made))
        if frozen:
            part(backbone, frozen).requires_grad_(False)
        before = look(backbone)
        expect_some_features(student.transfer.image_features(backbone, images), made, images)
        expect_as_before(before, look(backbone), f"after image_features, {frozen or 'nothing'} of the backbone frozen")


def test_features_have_no_gradient(student: Any) -> None:
    """No gradient flows back through the features."""
    made, images = children("VGG"), random(2, 1, 10, 10)
    got, gradient = student.transfer.image_features.with_gradient(1, place(student, network("VGG", made)), images)
    expect_alike(got, expected_features(made, images))
    if gradient is not None:
        fail("expected features without gradients, but they lead back to the images")


# ---------------------------------------------------------------------------- D2: a classifier on the features


def expect_logits(got: object, count: int, num_classes: int, of: str) -> torch.Tensor:
    """Require scores that have not become probabilities."""
    logits = expect_finite(got, (count, num_classes), of)
    if bool((logits >= 0).all()) and bool(((logits.sum(1) - 1).abs() < 1e-4).all()):
        fail("expected logits, got probabilities: they add up to 1 for each image", of)
    return logits


def test_classifier_makes_logits(student: Any) -> None:
    """As many logits as classes for each image, each image for itself, whatever the size and the layout."""
    for layout, channels, num_classes in (("AlexNet", 3, 2), ("VGG", 1, 7), ("AlexNet", 1, 3), ("VGG", 3, 5)):
        backbone = place(student, network(layout, children(layout, channels)))
        model = working_classifier(student, backbone, random(2, channels, 16, 16), num_classes)
        for count, height, width in ((3, 28, 28), (1, 9, 30), (2, 17, 8)):
            images = random(count, channels, height, width)
            of = f"TransferClassifier of a small {layout}, images ({count}, {channels}, {height}, {width})"
            logits = expect_logits(expect_steady(model, images, (count, num_classes), of), count, num_classes, of)
            expect_alike(model(images[-1:]), logits[-1:], f"{of}, the last image alone")


def test_classifier_sees_features_alone(student: Any) -> None:
    """Images with the same features have the same logits, images with other features others.

    avgpool takes the mean of each quarter of the image here, so pixels may change places within a quarter.
    """
    made = children("VGG")
    made["features"] = nn.Sequential(nn.Conv2d(1, 5, 1))
    made["avgpool"] = nn.AdaptiveAvgPool2d((2, 2))
    made["classifier"] = nn.Sequential(nn.Linear(20, 30), nn.LeakyReLU(), nn.Linear(30, 4))
    model = working_classifier(student, place(student, network("VGG", made)), random(2, 1, 8, 8))
    image = random(1, 1, 8, 8)
    quarters_turned = image.view(1, 1, 2, 4, 2, 4).flip(3).reshape(1, 1, 8, 8)
    logits = expect_finite(model(image), (1, 3))
    expect_alike(model(quarters_turned), logits, "the logits of an image with the same features")
    mirrored = expect_finite(model(image.flip(3)), (1, 3))
    if bool((mirrored - logits).abs().max() < 1e-5):
        fail("expected other logits for an image with other features, here the mirrored image, got the same")


def test_classifier_starts_from_the_backbone(student: Any) -> None:
    """The weights and statistics of the features are those of the given backbone, frozen or not."""
    for layout, freeze in (("AlexNet", True), ("VGG", False)):
        made = children(layout)
        backbone = place(student, network(layout, made))
        model = working_classifier(student, backbone, random(2, 1, 10, 10), freeze=freeze)
        names_of_features(model, made)


def test_frozen_statistics_stay(student: Any) -> None:
    """In training mode too, a frozen batch norm keeps its statistics, and uses them instead of the batch's."""
    for layout in LAYOUTS:
        made = children(layout)
        made["features"] = nn.Sequential(
            *(each for each in made["features"].children() if type(each) is not nn.Dropout)
        )
        backbone = place(student, network(layout, made))
        model = working_classifier(student, backbone, random(2, 1, 12, 12), freeze=True)
        answers = []
        for mode in (True, False, True):
            model.train(mode)
            for seed in (1, 2):
                images = torch.cat([random(1, 1, 12, 12), random(3, 1, 12, 12, seed=seed)])
                seed_process(student, 0)  # a head may have dropout
                answers.append(expect_finite(model(images), (4, 3)))
        names_of_features(model, made)
        own = sum(name.endswith("running_mean") for name in look(model).state)
        if own == sum(name.endswith("running_mean") for name in made["features"].state_dict()):
            expect_alike(
                answers[1][:1],
                answers[0][:1],
                "the logits of one image in training mode, frozen, with other images beside",
            )


def test_frozen_backbone_does_not_train(student: Any) -> None:
    """Frozen, which is the default, only the head trains."""
    trains = train_is_usable(student)
    images, labels = random(12, 1, 10, 10), random_labels(3, 12)
    for layout, freeze in (("AlexNet", {}), ("VGG", {"freeze": True})):
        made = children(layout)
        model = working_classifier(student, place(student, network(layout, made)), images, **freeze)
        names = names_of_features(model, made)
        if trains:
            before = state_of(model)
            student.transfer.train(model, images, labels, epochs=3, seed=1)
            after = state_of(model)
            for name, there in names.items():
                expect_close(after.get(there), before[there], 0.0, f"{name} after training, frozen")
            if all(same(after.get(name), values) for name, values in before.items()):
                fail("expected the head to train, but no weight of the classifier has changed")
        elif would_train(model, names, images):
            fail("expected features without gradients in a frozen classifier, but they have them")


def test_unfrozen_backbone_trains(student: Any) -> None:
    """With freeze=False the features train, and also if the given backbone's weights did not require gradients."""
    trains = train_is_usable(student)
    images, labels = random(12, 1, 10, 10), random_labels(3, 12)
    for frozen_before in (False, True):
        made = children("VGG")
        backbone = place(student, network("VGG", made))
        if frozen_before:
            backbone.requires_grad_(False)
        model = working_classifier(student, backbone, images, freeze=False)
        names = names_of_features(model, made)
        kernels = [names[name] for name in ("features.0.weight", "features.5.weight")]
        of = "TransferClassifier(backbone, 3, freeze=False)" + ", the backbone frozen before" * frozen_before
        if trains:
            before = state_of(model)
            student.transfer.train(model, images, labels, epochs=3, seed=1)
            after = state_of(model)
            if any(same(after.get(name), before[name]) for name in kernels):
                fail("expected the convolutions' weights to train, but some are as before", of)
        elif not would_train(model, names, images):
            fail("expected gradients for the features, got none", of)


def test_classifier_leaves_the_backbone(student: Any) -> None:
    """What becomes of the classifier, its modes and its weights, does not reach the backbone that was given."""
    for layout, freeze, training in (("VGG", True, True), ("AlexNet", False, False), ("VGG", False, True)):
        backbone = place(student, network(layout, children(layout)))
        backbone.train(training)
        before = look(backbone)
        model = working_classifier(student, backbone, random(2, 1, 10, 10), freeze=freeze)
        of = f"the backbone given to TransferClassifier(backbone, 3, freeze={freeze})"
        expect_as_before(before, look(backbone), of)
        model.train()
        model(random(3, 1, 10, 10))
        model.train(not training)
        expect_as_before(before, look(backbone), f"{of}, after a forward pass")
        load_state(model, {name: torch.zeros_like(values) for name, values in state_of(model).items()})
        expect_as_before(before, look(backbone), f"{of}, after the classifier's weights have changed")
