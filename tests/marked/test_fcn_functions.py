"""Part C, hidden tests of functions without a network: targets, loss, unpooling, IoU, field (C1, C4 to C7)."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from answers import expect_alike, expect_finite
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pixels import distinct, expected_targets, iou, random, random_labels, unpooled
from trainings_fcn import module

from autograder.grader import StudentObject, describe, expect_close, expect_equal, fail

ALL = settings().max_examples
SEVERAL = settings(max_examples=max(1, ALL * 2 // 5))
FEW = settings(max_examples=max(1, ALL // 5))
SEEDS = st.integers(0, 1000)
LAYERS = st.tuples(st.sampled_from([3, 5, 2, 1, 4, 7]), st.sampled_from([1, 2, 3]), st.sampled_from([1, 2, 3]))


# ---------------------------------------------------------------------------- C1: targets


@SEVERAL
@given(st.integers(1, 3), st.integers(2, 5), st.integers(1, 6), st.integers(1, 7), SEEDS)
def test_targets_mark_each_pixels_class(student: Any, n: int, classes: int, h: int, w: int, seed: int) -> None:
    """There is an image for each class, 1 at this class's pixels and 0 elsewhere."""
    labels = random_labels(classes, n, h, w, seed=seed)
    got = student.fcn.one_hot_targets(labels, classes)
    expect_close(got, expected_targets(labels, classes), 0.0)


def test_targets_are_floats(student: Any) -> None:
    """Targets are float32, as losses want them."""
    got = student.fcn.one_hot_targets(random_labels(3, 2, 4, 5), 3)
    expect_finite(got, (2, 3, 4, 5))
    if got.dtype is not torch.float32:
        fail(f"expected torch.float32, got {got.dtype}")


@FEW
@given(st.integers(1, 3), st.integers(0, 4) | st.just(299))
def test_targets_of_absent_classes(student: Any, n: int, only: int) -> None:
    """A class that no pixel has gets an image of zeros, whichever classes are absent."""
    labels = torch.full((n, 3, 4), only)
    for classes in (only + 1, only + 2, only + 4):
        expect_close(student.fcn.one_hot_targets(labels, classes), expected_targets(labels, classes), 0.0)


# ---------------------------------------------------------------------------- C4: the loss


@SEVERAL
@given(st.integers(1, 3), st.integers(2, 5), st.integers(1, 5), st.integers(1, 6), SEEDS)
def test_pixel_loss_value(student: Any, n: int, classes: int, h: int, w: int, seed: int) -> None:
    """The loss is the mean over all pixels of minus the logarithm of the right class's softmax."""
    logits, labels = 6 * random(n, classes, h, w, seed=seed) - 3, random_labels(classes, n, h, w, seed=seed)
    got = expect_finite(student.fcn.pixel_loss(logits, labels), ())
    expect_close(got, F.cross_entropy(logits, labels), 1e-5)


@FEW
@given(st.integers(1, 3), st.integers(2, 5), SEEDS)
def test_pixel_loss_gradient(student: Any, n: int, classes: int, seed: int) -> None:
    """Its gradient reaches the logits: the softmax less the one-hot target, divided by the number of pixels."""
    logits, labels = 6 * random(n, classes, 3, 4, seed=seed) - 3, random_labels(classes, n, 3, 4, seed=seed)
    _, gradient = student.fcn.pixel_loss.with_gradient(0, logits, labels)
    of = f"the gradient of pixel_loss for logits {tuple(logits.shape)}"
    if gradient is None:
        fail("expected a gradient with respect to the logits, got none", of)
    pixels = labels.numel()
    expect_close(gradient, (logits.softmax(1) - expected_targets(labels, classes)) / pixels, 1e-4 / pixels, of)


def test_pixel_loss_of_large_logits(student: Any) -> None:
    """Where logits are far apart, the loss is large or 0, but neither nan nor infinite; so for hundreds of classes."""
    labels = random_labels(3, 2, 4, 5)
    for scale in (50.0, 300.0):
        logits = scale * (2 * random(2, 3, 4, 5, seed=1) - 1)
        got = student.fcn.pixel_loss(logits, labels)
        expect_alike(got, F.cross_entropy(logits, labels), f"pixel_loss of logits from {-scale:g} to {scale:g}")
    # Every class counts: other data sets keep a number, such as 255, for "no label".
    logits, labels = 6 * random(1, 300, 10, 30), torch.arange(300).view(1, 10, 30)
    expect_close(student.fcn.pixel_loss(logits, labels), F.cross_entropy(logits, labels), 1e-4)


# ---------------------------------------------------------------------------- C5: unpooling


def pool_unpool(student: Any, kernel: int) -> StudentObject:
    """The student's layer for this kernel."""
    return module(student.fcn.PoolUnpool(kernel_size=kernel), f"PoolUnpool(kernel_size={kernel})")


def pooled(layer: StudentObject, x: torch.Tensor, kernel: int) -> tuple[torch.Tensor, Any]:
    """The maxima of x, of the right shape, and their indices, in whatever form the layer's `unpool` takes."""
    of = f"PoolUnpool({kernel}).pool of {tuple(x.shape)}"
    answer = layer.pool(x)
    if not isinstance(answer, list | tuple) or len(answer) != 2:
        fail(f"expected two things, the maxima and their indices, got {describe(answer)}", of)
    shape = (*x.shape[:2], x.shape[2] // kernel, x.shape[3] // kernel)
    return expect_finite(answer[0], shape, of), answer[1]


KERNELS = st.sampled_from([2, 3, 4])
BEYOND = st.integers(0, 9)  # rows and columns beyond one window


@SEVERAL
@given(KERNELS, BEYOND, BEYOND, st.integers(1, 2), st.integers(1, 3), SEEDS)
@example(2, 5, 8, 1, 1, 0)
def test_unpooling_puts_each_maximum_back(
    student: Any, kernel: int, rows: int, columns: int, n: int, channels: int, seed: int
) -> None:
    """Each window's maximum stays in its place and the rest is 0, rows and columns of no window included."""
    x = distinct(n, channels, kernel + rows, kernel + columns, seed=seed)
    expected = unpooled(F.max_pool2d(x, kernel), x, kernel)
    expect_close(pool_unpool(student, kernel)(x), expected, of=f"PoolUnpool({kernel}) of {tuple(x.shape)}")


@FEW
@given(KERNELS, BEYOND, BEYOND, SEEDS)
def test_pooling_takes_maxima(student: Any, kernel: int, rows: int, columns: int, seed: int) -> None:
    """pool returns the maximum of each whole window."""
    x = distinct(2, 2, kernel + rows, kernel + columns, seed=seed)
    maxima, _ = pooled(pool_unpool(student, kernel), x, kernel)
    expect_close(maxima, F.max_pool2d(x, kernel), of=f"PoolUnpool({kernel}).pool of {tuple(x.shape)}")


@FEW
@given(KERNELS, BEYOND, BEYOND, SEEDS)
def test_unpooling_other_values(student: Any, kernel: int, rows: int, columns: int, seed: int) -> None:
    """unpool puts whatever values stand for the maxima where these were, in an image of the size asked for."""
    x = distinct(2, 2, kernel + rows, kernel + columns, seed=seed)
    layer = pool_unpool(student, kernel)
    maxima, indices = pooled(layer, x, kernel)
    others = 1 + random(*maxima.shape, seed=seed)
    of = f"PoolUnpool({kernel}).unpool of other values than the maxima, to {tuple(x.shape)}"
    expect_close(layer.unpool(others, indices, tuple(x.shape)), unpooled(others, x, kernel), of=of)


def test_unpooling_depends_on_its_indices_alone(student: Any) -> None:
    """Indices of one image lead back to its size and places after another image was pooled."""
    layer = pool_unpool(student, 2)
    first, second = distinct(2, 3, 7, 10, seed=1), distinct(1, 3, 9, 5, seed=2)
    maxima, indices = pooled(layer, first, 2)
    pooled(layer, second, 2)
    of = "PoolUnpool(2).unpool to (2, 3, 7, 10), after an image of (1, 3, 9, 5) was pooled,"
    expect_close(layer.unpool(maxima, indices, (2, 3, 7, 10)), unpooled(maxima, first, 2), of=of)


def test_pooling_windows_of_two(student: Any) -> None:
    """PoolUnpool() has windows of 2 by 2, PoolUnpool(3) of 3 by 3."""
    x = distinct(1, 2, 9, 8, seed=3)
    for arguments, kernel in (((), 2), ((3,), 3)):
        layer = module(student.fcn.PoolUnpool(*arguments), f"PoolUnpool{arguments}")
        expect_close(pooled(layer, x, kernel)[0], F.max_pool2d(x, kernel))


# ---------------------------------------------------------------------------- C6: intersection over union


def expect_iou(got: object, expected: float, of: str = "") -> None:
    """Require this float, as precisely as float32 computes it."""
    if type(got) is not float or not abs(got - expected) <= 1e-5:
        fail(f"expected {expected:.6g}, got {describe(got)}", of)


@SEVERAL
@given(st.integers(1, 3), st.integers(2, 5), st.integers(1, 6), st.integers(1, 7), SEEDS)
def test_mean_iou_value(student: Any, n: int, classes: int, h: int, w: int, seed: int) -> None:
    """The mean over the classes of intersection over union, the background included."""
    prediction, labels = (random_labels(classes, n, h, w, seed=each) for each in (seed, seed + 1))
    labels[:, :, : w // 2] = prediction[:, :, : w // 2]
    expect_iou(student.fcn.mean_iou(prediction, labels, classes), iou(prediction, labels, classes))


@FEW
@given(st.integers(3, 6), st.integers(0, 5), st.integers(0, 5))
def test_mean_iou_of_absent_classes(student: Any, classes: int, one: int, other: int) -> None:
    """A class that neither has does not count; one that only one of them has counts as 0."""
    one, other = min(one, classes - 1), min(other, classes - 1)
    prediction, labels = torch.full((2, 3, 4), one), torch.full((2, 3, 4), one)
    prediction[0, :, :2] = other
    for a, b, of in ((prediction, labels, "predicted"), (labels, prediction, "labelled")):
        got = student.fcn.mean_iou(a, b, classes)
        expect_iou(got, iou(a, b, classes), f"mean_iou, {classes} classes, all pixels {one}, a quarter {of} as {other}")


def test_mean_iou_of_all_images_together(student: Any) -> None:
    """Pixels of all images count together: it is not the mean of the images' own IoU."""
    labels = torch.zeros(2, 4, 4, dtype=torch.int64)
    labels[0, :3] = 1
    prediction = labels.clone()
    prediction[0, 0], prediction[1, 0, 0] = 0, 1
    of = "mean_iou of two images, whose own are not the same"
    expect_iou(student.fcn.mean_iou(prediction, labels, 2), iou(prediction, labels, 2), of)


def test_mean_iou_at_its_ends(student: Any) -> None:
    """All right is 1.0, whatever is absent, and all wrong is 0.0."""
    labels = random_labels(3, 2, 5, 4)
    expect_iou(student.fcn.mean_iou(labels.clone(), labels, 3), 1.0, "mean_iou of the labels themselves")
    expect_iou(student.fcn.mean_iou(labels.clone(), labels, 7), 1.0, "mean_iou of the labels, 4 of 7 classes absent")
    expect_iou(student.fcn.mean_iou((labels + 1) % 3, labels, 3), 0.0, "mean_iou where every pixel is wrong")


# ---------------------------------------------------------------------------- C7: the receptive field


def expected_field(layers: list[tuple[int, int, int]]) -> int:
    """From an output pixel back to the first layer's input: each layer's windows start a stride apart."""
    field = 1
    for kernel, stride, dilation in reversed(layers):
        field = (field - 1) * stride + dilation * (kernel - 1) + 1
    return field


@FEW
@given(st.lists(st.sampled_from([3, 5, 2, 4, 1, 7]), min_size=1, max_size=5))
def test_receptive_field_of_kernels(student: Any, kernels: list[int]) -> None:
    """Each kernel adds one pixel less than it has, while nothing strides; without layers, a pixel is a pixel."""
    layers = [(kernel, 1, 1) for kernel in kernels]
    expect_equal(student.fcn.receptive_field(layers), expected_field(layers))
    expect_equal(student.fcn.receptive_field([]), 1)


@SEVERAL
@given(
    st.lists(
        st.tuples(st.sampled_from([3, 5, 2, 1, 4]), st.sampled_from([2, 1, 3]), st.just(1)), min_size=1, max_size=5
    )
)
def test_receptive_field_with_strides(student: Any, layers: list[tuple[int, int, int]]) -> None:
    """A layer's stride makes all that follow see further, and not the layer itself."""
    expect_equal(student.fcn.receptive_field(layers), expected_field(layers))


@SEVERAL
@given(st.lists(LAYERS, min_size=1, max_size=5))
def test_receptive_field_with_dilation(student: Any, layers: list[tuple[int, int, int]]) -> None:
    """Dilation spreads a kernel, from its first pixel to its last."""
    expect_equal(student.fcn.receptive_field(layers), expected_field(layers))
