"""The models on which the functions of Part B are tested: the student's own, or the grader's where that is of no use.

A mistake in a network must not cost the marks of the functions that take one. The grader's own are built of torch.nn's
layers, with the same two attributes, in the student's process.
"""

from __future__ import annotations

import torch
from answers import expect_alike, expect_finite, expect_images
from baselines import pca
from bounds import STARTS
from digits import digits
from torch import nn
from trainings import new_autoencoder, trained_autoencoder, with_weights

from autograder.grader import (
    Student,
    StudentObject,
    StudentRaised,
    Unusable,
    fail,
    fresh_process,
    load_state,
    network,
    place,
    state_of,
)
from autograder.grader.worker import WorkerLost

DIM = 16
_OF_NO_USE = (AssertionError, StudentRaised, Unusable, WorkerLost)


def untrained(student: Student, source: str) -> StudentObject:
    """An autoencoder with random weights, embedding_dim 16: the student's, where all that it should do it does."""
    return untrained_twins(student, source)[0]


def untrained_twins(student: Student, source: str) -> tuple[StudentObject, StudentObject]:
    """Two of them, in the same process, with the same weights and in train mode, as constructors leave them."""
    try:
        first, second = new_autoencoder(student, DIM), new_autoencoder(student, DIM)
        images = digits(source).training_images[:4]
        drawn = _expect_usable(first, images)
        _expect_usable(second, images)
        load_state(second, state_of(first))
        expect_alike(second(images), drawn)
        first.train()
        second.train()
        return first, second
    except _OF_NO_USE:
        with torch.random.fork_rng():
            torch.manual_seed(0)
            encoder = nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, DIM))
            decoder = nn.Sequential(nn.Linear(DIM, 784), nn.Sigmoid(), nn.Unflatten(1, (1, 28, 28)))
        words = network("Sequential", {"encoder": encoder, "decoder": decoder})
        return place(student, words), place(student, words)


def briefly_trained(student: Student, images: torch.Tensor) -> StudentObject:
    """The student's autoencoder after one epoch with these images, or without where `train` is of no use; eval mode."""
    try:
        model = new_autoencoder(student, DIM)
        student.autoencoder.train(model, images, epochs=1, seed=2)
        model.eval()
        expect_finite(model(images[:2]), (2, 1, 28, 28))
        return model
    except _OF_NO_USE:
        fresh_process(student)
    model = new_autoencoder(student, DIM)
    model.eval()
    return model


def trained(student: Student, source: str) -> StudentObject:
    """A trained autoencoder, embedding_dim 16, in eval mode: the student's, where the training has led anywhere.

    It is in a process of its own: objects from before are gone.
    """
    try:
        model = with_weights(student, DIM, trained_autoencoder(student, STARTS[0], DIM, source))
        images = digits(source).training_images[:256]
        reconstructions = _expect_usable(model, images)
        if ((reconstructions - images) ** 2).mean() > 0.8 * ((images.mean(0) - images) ** 2).mean():
            fail("the model draws little more than the mean image")
        return model
    except _OF_NO_USE:
        fresh_process(student)
        return stand_in(student, source)


def by_whom(model: StudentObject) -> str:
    """Words for a picture of what `trained` returned: whose model it shows."""
    stands_in = model.type_name == f"{nn.Sequential.__module__}.Sequential"
    return "by a model of the grader's, for yours could not be used" if stands_in else "by your model"


def stand_in(student: Student, source: str, dropout: float = 0.0) -> StudentObject:
    """The grader's own trained autoencoder: PCA, with the contrast raised so that it is not linear.

    Its embeddings lie around 20 and not around 0, where few are, as a student's own may.

    Args:
        student: in whose process it is.
        source: of the digits.
        dropout: this share of the pixels and of the embedding, which a model in eval mode does not drop.
    """
    mean, directions = pca(source, DIM)
    scale, centre, contrast = 3.0, 20.0, 8.0
    into, out_of = nn.Linear(784, DIM), nn.Linear(DIM, 784)
    with torch.no_grad():
        into.weight.copy_(scale * directions)
        into.bias.copy_(centre - scale * directions @ mean)
        out_of.weight.copy_(contrast / scale * directions.T)
        out_of.bias.copy_(contrast * (mean - 0.5 - centre / scale * directions.sum(0)))
    encoder = nn.Sequential(nn.Flatten(), nn.Dropout(dropout), into)
    decoder = nn.Sequential(nn.Dropout(dropout), out_of, nn.Sigmoid(), nn.Unflatten(1, (1, 28, 28)))
    model = place(student, network("Sequential", {"encoder": encoder, "decoder": decoder}))
    model.eval()
    return model


def _expect_usable(model: StudentObject, images: torch.Tensor) -> torch.Tensor:
    """Require all that the functions build on, and return the reconstructions; leaves the model in eval mode."""
    model.eval()
    embeddings = expect_finite(model.encoder(images), (len(images), DIM))
    drawn = expect_images(model.decoder(embeddings), len(images))
    expect_images(model(images), len(images))
    if not drawn.any():
        fail("all is black, and dead layers cannot be trained")
    # Each image and each embedding for itself, the same twice, whatever came between: or no answer can be checked.
    expect_alike(model.encoder(images[:1]), embeddings[:1])
    model.encoder(images[1:2])
    expect_alike(model.decoder(embeddings[:1]), drawn[:1])
    return drawn
