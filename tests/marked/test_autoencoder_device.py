"""Part B, hidden tests of devices (B12)."""

from __future__ import annotations

from typing import Any

import torch
from answers import expect_alike, expect_finite, expect_training_where_it_is
from digits import Digits
from models import DIM, stand_in, untrained

from autograder.grader import (
    StudentObject,
    StudentRaised,
    describe,
    expect_on_device,
    fail,
    on_device,
)


def test_networks_on_the_device(student_on_device: Any, mnist: Digits) -> None:
    """Moved to a device, the networks take inputs there, answer there, and draw what they drew on the CPU."""
    images = mnist.training_images[:3]
    points = torch.randn(3, DIM, generator=torch.Generator().manual_seed(0))
    for name, given in (("Decoder", points), ("Encoder", images), ("Autoencoder", images)):
        network = getattr(student_on_device.autoencoder, name)(embedding_dim=DIM)
        if not isinstance(network, StudentObject):
            fail(f"expected an nn.Module, got {describe(network)}", f"{name}(embedding_dim={DIM})")
        network.eval()
        shape = (3, DIM) if name == "Encoder" else (3, 1, 28, 28)
        expected, again = (expect_finite(network(given), shape, f"{name} on the CPU") for _ in range(2))
        network.to("cuda")
        got = expect_finite(expect_on_device(network(on_device(given))), shape, f"{name} on the device")
        if torch.equal(expected, again):  # else what is drawn by chance is another item's
            expect_alike(got, expected, f"{name} on the device, against the CPU")


def test_loss_on_the_device(student_on_device: Any, mnist: Digits) -> None:
    """The loss of tensors on a device is there too."""
    images = mnist.training_images[:3]
    expect_there(student_on_device.autoencoder.reconstruction_loss(on_device(images / 2), on_device(images)))


def expect_there(answer: object) -> None:
    """Require an answer on the device, whatever else may be wrong with it: that is another item's."""
    tensors = answer if isinstance(answer, list | tuple) and answer else [answer]
    for each in tensors:
        if not expect_on_device(each).numel():
            fail("expected an answer, got an empty tensor")


def model_on_device(student: Any, source: str) -> StudentObject:
    """The student's autoencoder on the device, or the grader's where that one is of no use there."""
    try:
        model = untrained(student, source)
        model.eval()
        model.to("cuda")
        images = on_device(torch.zeros(2, 1, 28, 28))
        drawn = expect_on_device(model.decoder(on_device(torch.zeros(2, DIM))))
        for answer, shape in ((model.encoder(images), (2, DIM)), (model(images), drawn.shape)):
            expect_finite(expect_on_device(answer), tuple(shape))
    except (AssertionError, StudentRaised):
        model = stand_in(student, source)
        model.to("cuda")
    return model


def test_train_on_the_device(student_on_device: Any, mnist: Digits, source: str) -> None:
    """A model on a device is trained on images there, and its weights stay there; one on the CPU stays on the CPU."""
    train, images = student_on_device.autoencoder.train, mnist.training_images[:256]
    expect_training_where_it_is(train, untrained(student_on_device, source), images)
    expect_training_where_it_is(train, model_on_device(student_on_device, source), on_device(images))


def test_interpolate_on_the_device(student_on_device: Any, mnist: Digits, source: str) -> None:
    """Images on a device are interpolated there."""
    model, (a, b) = model_on_device(student_on_device, source), mnist.training_images[:2]
    expect_there(student_on_device.autoencoder.interpolate(model, on_device(a), on_device(b), steps=3))


def test_generate_on_the_device(student_on_device: Any, mnist: Digits, source: str) -> None:
    """From images on a device, new ones are made there."""
    model = model_on_device(student_on_device, source)
    expect_there(student_on_device.autoencoder.generate(model, on_device(mnist.training_images[:64]), 3, seed=1))


def test_neighbours_on_the_device(student_on_device: Any, mnist: Digits, source: str) -> None:
    """Among images on a device, neighbours are found there."""
    model, images = model_on_device(student_on_device, source), mnist.training_images[:40]
    find = student_on_device.autoencoder.nearest_neighbours
    expect_there(find(model, on_device(images[:32]), on_device(images[32:]), k=3))
