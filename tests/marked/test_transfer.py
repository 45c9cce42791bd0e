"""Part D, hidden tests: features (D1), a classifier on them (D2), training it with few images (D3)."""

from __future__ import annotations

import math
from typing import Any, cast

import torch
import torch.nn.functional as F
from answers import (
    expect_alike,
    expect_finite,
    expect_losses,
    expect_other_weights,
    expect_same_weights,
    expect_steady,
    expect_the_last_epoch_alone,
)
from backbone import CLASSES, pretrained
from bounds import BOUNDS
from digits import digits
from hypothesis import given, settings
from hypothesis import strategies as st
from pixels import misled, plain_images, random, random_labels
from structure import wake
from torch import nn
from trainings_transfer import (
    OF_NO_USE,
    Children,
    children,
    expected_features,
    few_digits,
    half_frozen,
    names_of_features,
    new_classifier,
    same,
    train_is_usable,
    trained_classifier,
    transferred,
    with_weights,
    would_train,
)

from autograder.grader import (
    Look,
    StudentObject,
    StudentRaised,
    attribute,
    describe,
    expect_close,
    expect_score,
    fail,
    held,
    hold,
    load_state,
    look,
    network,
    place,
    seed_process,
    show_curve,
    show_images,
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


def working_classifier(
    student: Any, backbone: StudentObject, images: torch.Tensor, num_classes: int = 3, **freeze: bool
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


# ---------------------------------------------------------------------------- D3: training with few images


def trained(student: Any, model: StudentObject, data: tuple[Any, Any], epochs: int, seed: int) -> list[float]:
    """What the student's training says of its epochs; the weights that were handed in have to be others afterwards."""
    before = state_of(model)
    losses = expect_losses(student.transfer.train(model, *data, epochs=epochs, seed=seed), epochs)
    after = state_of(model)
    if all(same(after.get(name), values) for name, values in before.items()):
        fail("expected the weights of the model that was handed in to change, but they are as before")
    return losses


def test_transfer_train_says_one_loss_per_epoch(student: Any, source: str) -> None:
    """As many floats come back as there are epochs, and the last one is smaller than the first."""
    trained(student, transferred(student), few_digits(source), epochs=1, seed=4)
    losses = trained(student, transferred(student), few_digits(source), epochs=4, seed=4)
    show_curve("What train() says of 4 epochs with 50 digits", losses, of="mean loss")
    if not losses[-1] < losses[0]:
        fail(f"expected the last epoch's loss to be smaller than the first's, got {losses[0]:.4g} and {losses[-1]:.4g}")


def test_transfer_train_same_seed_same_weights(student: Any, source: str) -> None:
    """The same starting weights, images and seed lead to the same weights, whatever the global generator's state."""
    model = transferred(student)
    images, labels = (each[:47] for each in few_digits(source))
    others = torch.cat([images[:-2], 1 - images[-2:]])
    start, reached = state_of(model), []
    for state, seen in ((11, images), (12, images), (12, others)):
        load_state(model, start)
        seed_process(student, state)
        trained(student, model, (seen, labels), epochs=2, seed=0)
        reached.append(state_of(model))
    expect_same_weights(*reached[:2])
    expect_other_weights(*reached[1:], "the last two of 47 images")


def test_transfer_train_leaves_its_inputs(student: Any, source: str) -> None:
    """The images and labels that were handed in are not changed."""
    images, labels = few_digits(source)
    model, stay = transferred(student), (hold(student, images), hold(student, labels))
    trained(student, model, stay, epochs=1, seed=7)
    expect_close(held(stay[0]), images, 0.0, "the images after train(model, images, labels)")
    expect_close(held(stay[1]), labels, 0.0, "the labels after train(model, images, labels)")


def test_transfer_train_leaves_what_is_frozen(student: Any, source: str) -> None:
    """A weight that does not require gradients stays as it is, and one that does changes."""
    model, frozen = half_frozen(student)
    before, flags = state_of(model), look(model).requires_grad
    try:
        student.transfer.train(model, random(24, 1, 4, 4), random_labels(3, 24), epochs=2, seed=1)
    except StudentRaised:
        expect_own_frozen_to_stay(student, source)  # it asks for parts that only the own classifier has
        return
    after = state_of(model)
    for name, values in before.items():
        if name in frozen:
            expect_close(after.get(name), values, 0.0, f"the frozen {name} after train")
        elif same(after.get(name), values):
            fail(f"expected {name}, which requires gradients, to change, but it is as before", "after train")
    if look(model).requires_grad != flags:
        fail("expected requires_grad of each weight to stay as it was", "after train")


def expect_own_frozen_to_stay(student: Any, source: str) -> None:
    """Require the same of the student's own classifiers, of which not all that requires gradients need change."""
    model = transferred(student)
    before, flags = state_of(model), look(model).requires_grad
    trained(student, model, few_digits(source), epochs=2, seed=1)
    after = state_of(model)
    for name, trains in flags.items():
        if not trains:
            expect_close(after.get(name), before[name], 0.0, f"the frozen {name} after train")
    if look(model).requires_grad != flags:
        fail("expected requires_grad of each weight to stay as it was", "after train")
    made, images = pretrained(), few_digits(source)[0][:4]
    try:
        backbone = place(student, network("VGG", made))
        unfrozen = working_classifier(student, backbone, images, CLASSES, freeze=False)
    except OF_NO_USE:
        return
    names = names_of_features(unfrozen, made)
    if would_train(unfrozen, names, images):  # else it is the classifier's mistake
        before = state_of(unfrozen)
        trained(student, unfrozen, few_digits(source), epochs=2, seed=1)
        after = state_of(unfrozen)
        if all(same(after.get(name), before[name]) for name in names.values()):
            fail("expected the features of a classifier that is not frozen to train, but they are as before")


def test_transfer_train_says_the_mean_loss(student: Any, source: str) -> None:
    """What is reported is the mean over the epoch: not its sum, not the last batch's loss, not a multiple of it.

    The images are the logits: the model gives them back, whatever its only weight, and cannot learn.
    """
    labels = random_labels(CLASSES, 300)
    of = "the losses that train returns for a model that takes its images for the logits"
    sure = 3 * F.one_hot(labels, CLASSES).float()  # 3 for the right class, 0 for the others
    try:
        once, other = (reported(student, sure, labels, 1, seed)[0] for seed in (8, 9))
    except StudentRaised:
        expect_no_sum(student, source)  # it asks for parts that only the own classifier has
        return
    # Who draws changes of the images trains with losses that chance decides a little.
    allowed = 0.02 if math.isclose(once, other, rel_tol=1e-5) else 0.1
    for count in (51, 65):  # one image in the last batch of 5, 10, 25 or 50, and of 2, 4, 8, 16, 32 or 64
        few = reported(student, sure[:count], labels[:count], 1)[0]
        if not abs(few - once) <= allowed * abs(once):
            fail(
                f"expected a mean, which is the same for 300 and {count} images that are equally hard, "
                f"got {once:.4g} and {few:.4g}",
                of,
            )
    others = labels != 1
    missing = reported(student, sure[others], labels[others], 1)[0]
    if not abs(missing - once) <= allowed * abs(once):
        fail(f"expected the same where no image is of class 1, got {once:.4g} and {missing:.4g}", of)
    expected = float(F.cross_entropy(sure, labels))
    if not 1 / 4 < once / expected < 4:  # label smoothing, say, makes another loss
        fail(f"expected the mean over all images, {expected:.3g} where it is the cross-entropy, got {once:.4g}", of)
    mixed = sure * torch.where(random(300) < 0.25, 0.0, 1.0).view(-1, 1)
    losses = reported(student, mixed, labels, 6)
    if not max(losses) - min(losses) <= 0.15 * abs(sum(losses)) / 6:
        fail(
            "expected the same in each epoch, since this model cannot learn: the mean over all images of the epoch, "
            f"got {describe([round(loss, 4) for loss in losses])}",
            of,
        )
    expect_no_history(student)


def expect_no_history(student: Any) -> None:
    """Require what is said of the last epoch to be its own loss, of a model that soon knows its easy images."""
    labels, epochs = random_labels(CLASSES, 64), 20
    images = plain_images(labels, CLASSES)
    layer = misled(nn.Linear(images[0].numel(), CLASSES), CLASSES)
    model = place(student, nn.Sequential(nn.Flatten(), layer))
    losses = expect_losses(student.transfer.train(model, images, labels, epochs=epochs, seed=8), epochs)
    model.eval()
    error = F.cross_entropy(expect_finite(model(images), (64, CLASSES)), labels)
    expect_the_last_epoch_alone(losses, float(error), "the losses that train returns for images that are soon learned")


def expect_no_sum(student: Any, source: str) -> None:
    """Require of the student's own classifier that more images make the first epoch's loss no larger, as it learns."""
    images, labels = few_digits(source)
    half, whole = (
        trained(student, transferred(student), (images[:count], labels[:count]), epochs=1, seed=8)[0]
        for count in (25, 50)
    )
    if whole > 1.3 * half:
        fail(f"expected the mean loss of the epoch, got {half:.4g} for 25 images and {whole:.4g} for 50")


def reported(student: Any, logits: torch.Tensor, labels: torch.Tensor, epochs: int, seed: int = 8) -> list[float]:
    """What the student's training says of a model that gives back its images, which are not below 0."""
    model = place(student, nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.PReLU()))
    images = logits.view(len(logits), CLASSES, 1, 1).repeat(1, 1, 8, 8)  # who moves or turns them leaves most of it
    return expect_losses(student.transfer.train(model, images, labels, epochs=epochs, seed=seed), epochs)


def test_few_images_are_enough(student: Any, source: str) -> None:
    """A classifier on a frozen backbone that knows the digits 0 to 4 recognises 5 to 9 after 50 images."""
    model = with_weights(student, trained_classifier(student, source))
    right = recognised(model, source)
    accuracy = float(right.double().mean())
    expect_score(
        accuracy,
        **BOUNDS["D3"]._asdict(),
        of="the accuracy on digits never seen",
        beside={"chance": 1 / CLASSES, "from scratch": 0.38, "the reference solution": 0.85},
    )


def recognised(model: StudentObject, source: str) -> torch.Tensor:
    """Which of the held-out digits 5 to 9 the model recognises; a few of both kinds are shown."""
    known = digits(source)
    new = known.held_out_labels >= CLASSES
    images, labels = known.held_out_images[new], known.held_out_labels[new] - CLASSES
    logits = expect_finite(model(images), (len(images), CLASSES), f"the trained classifier on {len(images)} new digits")
    right = logits.argmax(1) == labels
    show_images("New digits", {"recognised": images[right][:8], "taken for another digit": images[~right][:8]})
    return right
