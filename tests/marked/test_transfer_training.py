"""Part D, hidden tests of training a classifier with few images (D3)."""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from answers import expect_finite, expect_losses, expect_other_weights, expect_same_weights, expect_the_last_epoch_alone
from backbone import CLASSES, pretrained
from bounds import BOUNDS
from digits import digits
from pixels import misled, plain_images, random, random_labels
from torch import nn
from trainings_transfer import (
    OF_NO_USE,
    few_digits,
    half_frozen,
    names_of_features,
    same,
    trained_classifier,
    transferred,
    with_weights,
    working_classifier,
    would_train,
)

from autograder.grader import (
    StudentObject,
    StudentRaised,
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
