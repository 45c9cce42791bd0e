"""Part C, hidden tests of training (C8), of the trained network (C9), and of devices (C10)."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from answers import (
    TOLERANCE,
    expect_alike,
    expect_finite,
    expect_losses,
    expect_the_last_epoch_alone,
    expect_training_to_repeat,
    expect_training_where_it_is,
)
from bounds import BOUNDS, STARTS
from models_fcn import OF_NO_USE, small_network, untrained, untrained_twins
from pixels import distinct, expected_targets, iou, misled, plain_images, random, random_labels
from torch import nn
from trainings_fcn import CLASSES, held_out_scenes, module, trained_fcn, training_scenes, with_weights

from autograder.grader import (
    Student,
    StudentObject,
    StudentRaised,
    attribute,
    describe,
    expect_close,
    expect_on_device,
    expect_score,
    fail,
    held,
    hold,
    on_device,
    place,
    seed_process,
    show_curve,
    show_images,
)


def few_scenes(source: str, count: int = 64) -> tuple[torch.Tensor, torch.Tensor]:
    """The first of the training scenes."""
    scenes, labels = training_scenes(source)
    return scenes[:count], labels[:count]


def training_loss(student: Student, model: StudentObject, scenes: torch.Tensor, labels: torch.Tensor) -> float:
    """The model's cross-entropy in train mode: after a few steps, the statistics of batch norm have not settled yet."""
    seed_process(student, 0)
    model.train()
    return float(F.cross_entropy(expect_finite(model(scenes), (len(scenes), CLASSES, *scenes.shape[2:])), labels))


# ---------------------------------------------------------------------------- C8: training


def test_fcn_train_says_one_loss_per_epoch(student: Any, source: str) -> None:
    """As many floats come back as there are epochs."""
    for epochs in (1, 3):
        losses = student.fcn.train(untrained(student), *few_scenes(source, 16), epochs=epochs, seed=4)
        expect_losses(losses, epochs)


def test_fcn_train_reduces_the_loss(student: Any, source: str) -> None:
    """The last epoch's loss is smaller than the first's, and the model that was handed in is better than before."""
    model, (scenes, labels) = untrained(student), few_scenes(source)
    before = training_loss(student, model, scenes, labels)
    losses = expect_losses(student.fcn.train(model, scenes, labels, epochs=4, seed=5), 4)
    show_curve("What train() says of 4 epochs with 64 scenes", losses, of="mean loss")
    if not losses[-1] < losses[0]:
        fail(f"expected the last epoch's loss to be smaller than the first's, got {losses[0]:.4g} and {losses[-1]:.4g}")
    after = training_loss(student, model, scenes, labels)
    if not after < before:
        fail(
            "expected the model that was handed in to be better afterwards, but its cross-entropy went "
            f"from {before:.4g} to {after:.4g}"
        )


def test_fcn_train_gives_each_image_its_own_labels(student: Any, source: str) -> None:
    """The loss is that of an image and its own labels, in whichever order the images come.

    The images are the logits, see `reported`: they are right for their own labels and wrong for other ones.
    """
    labels = random_labels(CLASSES, 64, 16, 16)
    sure = 3 * expected_targets(labels, CLASSES)
    try:
        own, other = (reported(student, sure, each, 2)[-1] for each in (labels, labels.roll(1, 0)))
    except StudentRaised:
        expect_no_sum(student, source)  # it asks more of a model than this one has
        return
    if not own < 0.5 * other:
        fail(
            "expected a small loss where the logits are right for each image's own labels, and a large one where they "
            f"are not, got {own:.3g} and {other:.3g}",
            "the losses that train returns for a model that takes its images for the logits",
        )


def test_fcn_train_same_seed_same_weights(student: Any, source: str) -> None:
    """The same starting weights, scenes and seed lead to the same weights, whatever the global generator's state."""
    scenes, labels = few_scenes(source, 34)

    def train(model: StudentObject, scenes: torch.Tensor) -> None:
        student.fcn.train(model, scenes, labels, epochs=2, seed=0)

    expect_training_to_repeat(student, train, untrained_twins(student), scenes)


def test_fcn_train_leaves_images_and_labels_as_they_are(student: Any, source: str) -> None:
    """The images and labels that were handed in are not changed."""
    scenes, labels = few_scenes(source, 32)
    stay = hold(student, scenes), hold(student, labels)
    expect_losses(student.fcn.train(untrained(student), *stay, epochs=1, seed=7), 1)
    expect_close(held(stay[0]), scenes, 0.0, "the images after train(model, images, labels)")
    expect_close(held(stay[1]), labels, 0.0, "the labels after train(model, images, labels)")
    if attribute(stay[0], "requires_grad") is not False:
        fail("expected the images as they were, got them with requires_grad", "after train(model, images, labels)")


def test_fcn_train_says_the_mean_loss(student: Any, source: str) -> None:
    """What is reported is the mean over the epoch: not its sum, not the last batch's loss, not a multiple of it.

    The images are the logits: the model gives them back, whatever its only weight, and cannot learn.
    """
    labels = random_labels(CLASSES, 500, 16, 16)
    of = "the losses that train returns for a model that takes its images for the logits"
    sure = 3 * expected_targets(labels, CLASSES)  # 3 for the right class, 0 for the others
    try:
        once = reported(student, sure, labels, 1)[0]
    except StudentRaised:
        expect_no_sum(student, source)  # it asks more of a model than this one has
        return
    few = reported(student, sure[:257], labels[:257], 1)[0]  # one image in the last batch of 2, 4, 8, ... 256
    if not abs(few - once) <= 0.02 * abs(once):
        fail(
            "expected a mean, which is the same for 500 and 257 images that are equally hard, "
            f"got {once:.4g} and {few:.4g}",
            of,
        )
    # Another loss than cross-entropy may be larger or smaller by 4, or by 256 where it sums over an image's pixels.
    expected = float(F.cross_entropy(sure, labels))
    if not 1 / 4 < once / expected < 4 and not 100 < once / expected < 1000:
        fail(f"expected the mean over all pixels, {expected:.3g} where it is the cross-entropy, got {once:.4g}", of)
    mixed = sure * (2 * random(500) ** 2).view(-1, 1, 1, 1)  # each image as hard as no other
    losses = reported(student, mixed, labels, 6)
    if not max(losses) - min(losses) <= 0.12 * abs(sum(losses)) / 6:
        fail(
            "expected the same in each epoch, since this model cannot learn: the mean over all images of the epoch, "
            f"got {describe([round(loss, 4) for loss in losses])}",
            of,
        )
    expect_no_history(student)


def expect_no_history(student: Any) -> None:
    """Require what is said of the last epoch to be its own loss, of a model that soon knows its easy images."""
    labels, epochs = random_labels(CLASSES, 64), 20
    images, at_each_pixel = plain_images(labels, CLASSES), labels.view(-1, 1, 1).repeat(1, 8, 8)
    model = place(student, nn.Sequential(misled(nn.Conv2d(10 * CLASSES, CLASSES, 9, padding=4), CLASSES)))
    losses = expect_losses(student.fcn.train(model, images, at_each_pixel, epochs=epochs, seed=8), epochs)
    model.eval()
    error = F.cross_entropy(expect_finite(model(images), (64, CLASSES, 8, 8)), at_each_pixel)
    expect_the_last_epoch_alone(losses, float(error), "the losses that train returns for images that are soon learned")


def expect_no_sum(student: Any, source: str) -> None:
    """Require of the student's own network that more scenes make the first epoch's loss no larger, as it learns."""
    half, whole = (
        expect_losses(student.fcn.train(untrained(student), *few_scenes(source, count), epochs=1, seed=8), 1)[0]
        for count in (64, 128)
    )
    if whole > 1.3 * half:
        fail(f"expected the mean loss of the epoch, got {half:.4g} for 64 scenes and {whole:.4g} for 128")


def reported(student: Any, logits: torch.Tensor, labels: torch.Tensor, epochs: int) -> list[float]:
    """What the student's training says of a model that gives back its images, which are not below 0."""
    model = place(student, nn.Sequential(nn.PReLU()))
    return expect_losses(student.fcn.train(model, logits, labels, epochs=epochs, seed=8), epochs)


# ---------------------------------------------------------------------------- C9: how well it sees


def test_mean_iou_on_held_out_scenes(student: Any, source: str) -> None:
    """The trained network labels the pixels of larger scenes, of digits that it has never seen.

    Of two starts the better one counts, for some starts of correct networks lead nowhere; the second is tried where
    the first does not reach full marks.
    """
    bounds, best = BOUNDS["C9"], 0.0
    scenes, labels = held_out_scenes(source, 100, 57, 75)
    for start in STARTS:
        model = with_weights(student, trained_fcn(student, start, source))
        of = "the trained FCN on 25 new scenes"
        scores = [expect_finite(model(some), (25, CLASSES, 57, 75), of) for some in scenes.split(25)]
        answer = torch.cat(scores).argmax(1)
        reached = iou(answer, labels, CLASSES)
        if reached > best:
            best = reached
            show_masks(scenes[:4], labels[:4], answer[:4])
        if best >= bounds.full:
            break
    expect_score(
        best,
        **bounds._asdict(),
        of="the mean IoU on new scenes of 57x75",
        beside={"a network that reduces nothing": 0.69, "the reference solution": 0.97},
    )


def show_masks(scenes: torch.Tensor, labels: torch.Tensor, answer: torch.Tensor) -> None:
    """Show scenes, and over them their classes and the network's: strokes of zeros dark blue, of ones bright yellow."""
    colours = torch.tensor([[0.0, 0.0, 0.0], [0.0, 0.35, 0.7], [1.0, 0.85, 0.2]])
    shown = scenes.expand(-1, 3, -1, -1)
    rows = {"scenes": shown}
    for name, classes in (("what the pixels are", labels), ("what your network says", answer)):
        over = colours[classes].permute(0, 3, 1, 2)
        rows[name] = torch.where(classes.unsqueeze(1) > 0, 0.8 * over + 0.2 * shown, 0.5 * shown)
    show_images("New scenes: zeros are painted dark blue, ones bright yellow", rows)


# ---------------------------------------------------------------------------- C10: devices


def expect_same_on_device(got: object, on_cpu: object, of: str) -> None:
    """Require the answer to be on the device, and to be what the student's own answer is on the CPU, right or wrong."""
    if not isinstance(on_cpu, torch.Tensor) or on_cpu.is_complex() or on_cpu.device.type == "meta":
        fail(f"expected a tensor of real numbers on the CPU, got {describe(on_cpu)}", of)
    if not on_cpu.numel() or not bool(on_cpu.isfinite().all()):
        fail(f"expected finite numbers on the CPU too, got {describe(on_cpu)}", of)
    tolerance = TOLERANCE * max(1.0, float(on_cpu.double().abs().max()))
    expect_close(expect_on_device(got, of), on_cpu, tolerance, of)


def test_fcn_on_the_device(student_on_device: Any) -> None:
    """Moved to a device, the network takes images there, and scores them as on the CPU."""
    images, shape = random(2, 1, 40, 40), (2, CLASSES, 40, 40)
    moved = module(student_on_device.fcn.FCN(), "FCN()")
    on_cpu, again = (expect_finite(moved(images), shape, "FCN() on the CPU") for _ in range(2))
    moved.to("cuda")
    got = expect_finite(expect_on_device(moved(on_device(images))), shape, "FCN() on the device")
    if torch.equal(on_cpu, again):  # else what is drawn by chance is another item's
        expect_alike(got, on_cpu, "FCN() on the device, against the CPU")


def test_targets_on_the_device(student_on_device: Any) -> None:
    """Targets are where the labels are."""
    targets, labels = student_on_device.fcn.one_hot_targets, random_labels(3, 2, 4, 5)
    on_cpu = targets(labels, 3)
    expect_same_on_device(targets(on_device(labels), 3), on_cpu, "one_hot_targets on the device, against the CPU")


def test_pixel_loss_on_the_device(student_on_device: Any) -> None:
    """The loss of tensors on a device is there too."""
    loss, logits, labels = student_on_device.fcn.pixel_loss, random(2, 3, 4, 5), random_labels(3, 2, 4, 5)
    on_cpu = loss(logits, labels)
    got = loss(on_device(logits), on_device(labels))
    expect_same_on_device(got, on_cpu, "pixel_loss on the device, against the CPU")


def test_predictions_on_the_device(student_on_device: Any) -> None:
    """Probabilities and classes are where the model and the images are."""
    images = random(2, 1, 6, 7)
    for name in ("predict_proba", "predict"):
        placed = module(place(student_on_device, small_network(3)), "the grader's network")
        on_cpu = getattr(student_on_device.fcn, name)(placed, images)
        placed.to("cuda")
        got = getattr(student_on_device.fcn, name)(placed, on_device(images))
        expect_same_on_device(got, on_cpu, f"{name} on the device, against the CPU")


def test_unpooling_on_the_device(student_on_device: Any) -> None:
    """Pooling and unpooling stay on the device."""
    layer, x = module(student_on_device.fcn.PoolUnpool(2), "PoolUnpool(2)"), distinct(2, 2, 7, 6, seed=1)
    on_cpu = layer(x)
    layer.to("cuda")
    expect_same_on_device(layer(on_device(x)), on_cpu, "PoolUnpool(2) on the device, against the CPU")
    answer = layer.pool(on_device(x))
    if not isinstance(answer, list | tuple) or len(answer) != 2:
        fail(f"expected two tensors, the maxima and their indices, got {describe(answer)}")
    expect_on_device(answer[0], "the maxima of PoolUnpool(2).pool on the device")
    if isinstance(answer[1], torch.Tensor):  # or a form of the student's own
        expect_on_device(answer[1], "the indices of PoolUnpool(2).pool on the device")


def model_on_device(student: Student) -> StudentObject:
    """The student's network on the device, or the grader's where that one is of no use there."""
    try:
        model = untrained(student)
        model.to("cuda")
        scores = expect_on_device(model(on_device(torch.zeros(2, 1, 40, 40))))
        expect_finite(scores, (2, CLASSES, 40, 40))
    except OF_NO_USE:
        model = place(student, small_network(CLASSES))
        model.to("cuda")
    return model


def test_fcn_train_on_the_device(student_on_device: Any, source: str) -> None:
    """A model on a device is trained with images there, and its weights stay there; one on the CPU stays on the CPU."""
    train, (scenes, labels) = student_on_device.fcn.train, few_scenes(source, 32)
    expect_training_where_it_is(train, untrained(student_on_device), scenes, labels)
    expect_training_where_it_is(train, model_on_device(student_on_device), on_device(scenes), on_device(labels))
