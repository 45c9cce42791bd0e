"""Part C, hidden tests of the networks and of their predictions (C2, C3)."""

from __future__ import annotations

from typing import Any

import torch
from answers import expect_alike, expect_finite, expect_single_precision, expect_steady
from hypothesis import given, settings
from hypothesis import strategies as st
from models_fcn import OF_NO_USE, small_network, untrained
from pixels import expect_integers, random
from structure import transposed_kernels, wake
from torch import nn
from trainings_fcn import (
    CLASSES,
    held_out_digits,
    held_out_iou,
    held_out_scenes,
    module,
    new_fcn,
    trained_fcn,
    with_weights,
)

from autograder.grader import (
    StudentObject,
    attribute,
    expect_close,
    expect_equal,
    expect_shape,
    fail,
    load_state,
    look,
    place,
    state_of,
)

SEVERAL = settings(max_examples=max(1, settings().max_examples * 2 // 5))


# ---------------------------------------------------------------------------- C2: the network


def test_fcn_at_every_size(student: Any) -> None:
    """One network takes images of any size from 16 by 16 on, odd and non-square ones too."""
    model = new_fcn(student)
    sizes = [(40, 40), (16, 16), (17, 31), (23, 16), (19, 18), (57, 75), (32, 33), (16, 100), (61, 22), (47, 47)]
    for height, width in sizes:
        of = f"FCN() of 2 images of {height}x{width}"
        expect_single_precision(model(random(2, 1, height, width)), (2, CLASSES, height, width), of)


@SEVERAL
@given(st.integers(16, 50), st.integers(16, 50), st.integers(1, 2), st.sampled_from([1, 3, 2]), st.integers(2, 6))
def test_fcn_has_the_channels_asked_for(
    student: Any, height: int, width: int, count: int, channels: int, classes: int
) -> None:
    """in_channels go in and num_classes come out, at any size."""
    made = student.fcn.FCN(in_channels=channels, num_classes=classes)
    model = module(made, f"FCN(in_channels={channels}, num_classes={classes})")
    of = f"FCN({channels}, {classes}) of images {(count, channels, height, width)}"
    expect_finite(model(random(count, channels, height, width)), (count, classes, height, width), of)


def test_fcn_settings_in_order(student: Any) -> None:
    """FCN(2, 5) takes two channels and scores five classes."""
    expect_finite(new_fcn(student, 2, 5)(random(1, 2, 40, 40)), (1, 5, 40, 40))


def test_fcn_scores_are_logits(student: Any) -> None:
    """Scores are logits, or logarithms of probabilities, but not probabilities."""
    scores = expect_finite(new_fcn(student)(random(2, 1, 40, 40)), (2, CLASSES, 40, 40))
    if scores.min() >= 0 and bool(((scores.sum(1) - 1).abs() < 1e-3).all()):
        fail("expected logits, got probabilities: at each pixel not below 0 and with sum 1", "FCN()")


def test_fcn_looks_at_each_image_alone(student: Any) -> None:
    """In eval mode, an image gets the scores that it got, whichever images are beside it."""
    model = new_fcn(student)
    images = random(4, 1, 40, 40) * torch.tensor([1.0, 0.1, 0.5, 0.0]).view(-1, 1, 1, 1)
    together = expect_steady(model, images, (4, CLASSES, 40, 40), "FCN() of 4 images")
    for index in range(4):
        of = f"FCN() of image {index} of 4 alone"
        expect_alike(model(images[index : index + 1]), together[index : index + 1], of)


def test_fcn_upsamples_by_transposed_convolution(student: Any) -> None:
    """A transposed convolution that enlarges, as a layer or by torch.nn.functional, takes part in the answer."""
    model, images = new_fcn(student), random(2, 1, 40, 40)
    expect_finite(model(images), (2, CLASSES, 40, 40))  # lazy layers have their weights from here on
    kernels = transposed_kernels(model)
    if not kernels:
        fail(
            "expected a network that upsamples with nn.ConvTranspose2d, found none among the layers that print(model) "
            "lists",
            "FCN()",
        )
    wake(model)
    before = expect_finite(model(images), (2, CLASSES, 40, 40))
    state = state_of(model)
    load_state(model, state | {name: torch.zeros_like(state[name]) for name in kernels if name in state})
    after = expect_shape(model(images), (2, CLASSES, 40, 40))  # normalised by their norm, such weights give nan
    if torch.equal(after, before):
        fail("the transposed convolution is not used: without its weights, the scores are the same", "FCN()")


def response_offset(model: StudentObject, height: int, width: int) -> torch.Tensor:
    """(2,): by how many rows and columns the scores that one pixel changes lie away from this pixel, on average.

    Over 16 pixels around the middle, of each row and column once: a network's coarse layers move a single pixel's
    answer by less than their stride, and these moves have the mean 0.
    """
    steps = torch.arange(16)
    rows, columns = (height - 16) // 2 + steps, (width - 16) // 2 + (5 * steps) % 16
    images = torch.zeros(17, 1, height, width)
    images[steps, 0, rows, columns] = 1
    scores = expect_finite(model(images), (17, CLASSES, height, width))
    energy = (scores[:16] - scores[16]).double().square().sum(1)
    energy = energy * (energy > 0.1 * energy.amax((1, 2), keepdim=True))
    total = energy.sum((1, 2))
    seen = total > 0
    if not bool(seen.any()):
        fail(f"expected scores that depend on the image, but a bright pixel changes none of them on {height}x{width}")
    found = [
        (energy.sum(dim)[seen] * torch.arange(size)).sum(1) / total[seen] - at[seen]
        for dim, size, at in ((2, height, rows), (1, width, columns))
    ]
    return torch.stack([each.mean() for each in found])


def test_fcn_answers_at_the_pixels_place(student: Any) -> None:
    """What a pixel changes lies around it, whether or not the sizes divide by what the network reduces them by."""
    offsets: dict[tuple[int, int], list[torch.Tensor]] = {(64, 80): [], (63, 79): [], (57, 75): []}
    for _ in range(4):
        model = new_fcn(student)
        model(torch.zeros(1, 1, 40, 40))  # lazy layers have their weights from here on
        wake(model)
        for (height, width), found in offsets.items():
            found.append(response_offset(model, height, width))
    # Random weights have a side to which they lean: the same one at every size, and a training makes up for it.
    usual, *others = (torch.stack(found).mean(0) for found in offsets.values())
    for (height, width), offset in zip(list(offsets)[1:], others, strict=True):
        moved = [round(float(each), 1) for each in offset - usual]
        if max(map(abs, moved)) > 2:
            fail(
                f"expected each pixel's scores in its place, but they are moved by {moved[0]:g} rows and {moved[1]:g} "
                "columns, against those on 64x80",
                f"FCN() on {height}x{width}",
            )


def test_trained_fcn_at_sizes_that_do_not_divide(student: Any, source: str) -> None:
    """A trained network finds digits as well on 63 by 71 pixels as on 64 by 72."""
    expect_finite(new_fcn(student)(torch.zeros(2, 1, 63, 71)), (2, CLASSES, 63, 71), "FCN() on 63x71")
    try:
        model = with_weights(student, trained_fcn(student, 0, source))
        divides = held_out_iou(model, *held_out_scenes(source, 100, 64, 72))
    except OF_NO_USE:
        return  # what has not learned anything is not marked here, but in C8 and C9
    found = held_out_iou(model, *held_out_scenes(source, 100, 63, 71))
    if found < 0.7 * divides:
        fail(
            f"its mean IoU is {divides:.2f} on new scenes of 64x72, but {found:.2f} on those of 63x71: where sizes do "
            "not divide, layers of the way up have to be moved into place",
            "FCN(), trained",
        )


def test_trained_fcn_on_small_images(student: Any, source: str) -> None:
    """A trained network finds a digit in an image that is hardly larger, as it does in a scene."""
    expect_finite(new_fcn(student)(torch.zeros(2, 1, 24, 22)), (2, CLASSES, 24, 22), "FCN() on 24x22")
    try:
        model = with_weights(student, trained_fcn(student, 0, source))
        large = held_out_iou(model, *held_out_scenes(source, 100, 64, 72))
    except OF_NO_USE:
        return  # what has not learned anything is not marked here, but in C8 and C9
    small = held_out_iou(model, *held_out_digits(source, 24, 22))
    # Right networks kept eight tenths at least; layers of their own for small images, never trained, a third.
    if small < 0.5 * large:
        fail(
            f"its mean IoU is {large:.2f} on new scenes of 64x72, but {small:.2f} on digits cut out to 24x22: the same "
            "layers have to answer at every size, and all of them have to be trained",
            "FCN(), trained",
        )


# ---------------------------------------------------------------------------- C3: predictions


def in_eval_mode(student: Any, network: nn.Module) -> StudentObject:
    """The grader's network in the student's process: what its mode should be is another test's question."""
    return module(place(student, network), "the grader's network")


def test_probabilities_from_logits(student: Any) -> None:
    """At each pixel, the probabilities are the softmax of the logits over the classes."""
    for count, classes, height, width in ((2, 3, 5, 5), (2, 5, 4, 7), (1, 2, 9, 3), (70, 3, 4, 4)):
        network, images = small_network(classes), 3 * random(count, 1, height, width)
        got = student.fcn.predict_proba(in_eval_mode(student, network), images)
        of = f"predict_proba with {classes} classes on {count} images of {height}x{width}"
        expect_alike(got, network(images).detach().softmax(1), of)


def test_probabilities_from_negative_logits(student: Any) -> None:
    """Logits that are all below 0, or all above, are logits still."""
    for shift in (-20.0, 20.0):
        shifted = nn.Conv2d(3, 3, 1)
        with torch.no_grad():
            shifted.weight.copy_(torch.eye(3).view(3, 3, 1, 1))
            assert shifted.bias is not None
            shifted.bias.fill_(shift)
        network, images = small_network(3, shifted), 3 * random(2, 1, 6, 5)
        got = student.fcn.predict_proba(in_eval_mode(student, network), images)
        of = f"predict_proba with logits around {shift:g}"
        expect_alike(got, network(images).detach().softmax(1), of)


def test_probabilities_from_log_probabilities(student: Any) -> None:
    """A model that ends in log-softmax gives the same probabilities as one that ends in logits."""
    images = 3 * random(2, 1, 5, 8)
    network = small_network(4, nn.LogSoftmax(dim=1))
    got = student.fcn.predict_proba(in_eval_mode(student, network), images)
    expect_alike(got, network(images).detach().exp(), "predict_proba with a model that gives log-probabilities")


def test_probabilities_from_large_logits(student: Any) -> None:
    """Logits of some hundreds are certain, and not nan."""
    network, images = small_network(3), 3000 * random(1, 1, 6, 5)
    got = student.fcn.predict_proba(in_eval_mode(student, network), images)
    expect_alike(got, network(images).detach().softmax(1), "predict_proba with logits of some hundreds")


def test_prediction_is_the_most_probable_class(student: Any) -> None:
    """At each pixel, the class with the largest logit, as int64; from log-probabilities too."""
    for count, classes, more in ((2, 3, []), (1, 6, []), (70, 4, [nn.LogSoftmax(dim=1)])):
        network, images = small_network(classes, *more), 3 * random(count, 1, 7, 4)
        got = expect_integers(student.fcn.predict(in_eval_mode(student, network), images), (count, 7, 4))
        wrong = int((got != network(images).argmax(1)).sum())
        if wrong:
            fail(f"expected each pixel's class with the largest score, got another at {wrong} of {got.numel()} pixels")


def test_prediction_of_the_own_network(student: Any) -> None:
    """Of the student's own network, on images of 29 by 34, the answers are what its scores say."""
    model, images = untrained(student, 29, 34), random(2, 1, 29, 34)
    expected = expect_finite(model(images), (2, CLASSES, 29, 34)).softmax(1)
    expect_alike(student.fcn.predict_proba(model, images), expected, "predict_proba(FCN(), images of 29x34)")
    got = expect_integers(student.fcn.predict(model, images), (2, 29, 34))
    chosen = expected.gather(1, got.clamp(0, CLASSES - 1).unsqueeze(1)).squeeze(1)
    if int(got.min()) < 0 or int(got.max()) >= CLASSES or bool((chosen < expected.amax(1) - 1e-4).any()):
        fail("expected the most probable class of each pixel, got others", "predict(FCN(), images of 29x34)")


def test_predictions_are_made_in_eval_mode(student: Any) -> None:
    """A model that is in train mode when handed in, whole or in part, drops nothing and normalises as in eval mode."""
    network, images = small_network(3), random(3, 1, 6, 8)
    expected = network(images).detach()
    for name in ("predict_proba", "predict"):
        for case in ("with dropout and batch norm, in train mode", "in eval mode, its batch norm in train mode"):
            model = place(student, network)
            model.train()
            if "eval" in case:
                model.eval()
                module(attribute(model, "1"), "the grader's own batch norm").train()
            got = getattr(student.fcn, name)(model, images)
            of = f"{name} with a model {case} when handed in"
            if name == "predict":
                expect_equal(
                    int((expect_integers(got, (3, 6, 8), of) != expected.argmax(1)).sum()), 0, f"{of}: wrong pixels"
                )
            else:
                expect_alike(got, expected.softmax(1), of)


def test_predictions_leave_the_model_as_it_was(student: Any) -> None:
    """Afterwards each layer is in the mode that it was in, and buffers and weights are what they were."""
    images = random(3, 1, 6, 8)
    for name in ("predict_proba", "predict"):
        for mode, norm in (("train", "train"), ("eval", "eval"), ("train", "eval"), ("eval", "train")):
            model = place(student, nn.Sequential(small_network(3)))
            case = f"in {mode} mode, a batch norm deep in it in {norm} mode"
            inner = module(attribute(model, "0"), "the grader's own network")
            batch_norm = module(attribute(inner, "1"), "the grader's own batch norm")
            model.train() if mode == "train" else model.eval()
            batch_norm.train() if norm == "train" else batch_norm.eval()
            before = look(model)
            of = f"{name} with a model {case}"
            expect_shape(
                getattr(student.fcn, name)(model, images), (3, 6, 8) if name == "predict" else (3, 3, 6, 8), of
            )
            after = look(model)
            for layer, trains in before.training.items():
                if after.training.get(layer) is not trains:
                    which, right = f"layer {layer}" if layer else "the model", "train" if trains else "eval"
                    fail(f"expected {which} to be in {right} mode again afterwards, and it is not", of)
            for key, value in before.state.items():
                expect_close(after.state.get(key), value, 0.0, f"{key} after {of}")
