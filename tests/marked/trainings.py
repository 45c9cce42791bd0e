"""What students train, and how the grader looks at it: each training once, each look in a process of its own.

    weights ─▶ process 1: Autoencoder(d), these weights: held-out images ─▶ embeddings
    weights ─▶ process 2: Autoencoder(d), these weights: embeddings ─▶ reconstructions

Process 2 has never seen an image, so what it draws came through the embedding, or is in the weights.
"""

from __future__ import annotations

import torch
from answers import call_for_its_effect, expect_finite
from digits import digits

from autograder.grader import (
    Student,
    StudentObject,
    describe,
    fail,
    fresh_process,
    load_state,
    seed_process,
    state_of,
    training,
)

EPOCHS = 10
SEED = 321


@training("autoencoder", "Autoencoder", "train")
def trained_autoencoder(student: Student, start: int, embedding_dim: int, source: str) -> dict[str, torch.Tensor]:
    """The state dict of the student's autoencoder after ten epochs on the training share, from this start's weights."""
    seed_process(student, start)
    model = new_autoencoder(student, embedding_dim)
    call_for_its_effect(student.autoencoder.train, model, digits(source).training_images, epochs=EPOCHS, seed=SEED)
    return state_of(model)


def new_autoencoder(student: Student, embedding_dim: int) -> StudentObject:
    """The student's autoencoder as its constructor makes it."""
    model = student.autoencoder.Autoencoder(embedding_dim=embedding_dim)
    if not isinstance(model, StudentObject):
        fail(f"expected an nn.Module, got {describe(model)}")
    return model


def with_weights(student: Student, embedding_dim: int, state: dict[str, torch.Tensor], seed: int = 0) -> StudentObject:
    """The student's autoencoder with these weights, in eval mode, in a fresh process.

    Its constructor finds the random generators in the state `seed`: what is not in `state` comes out differently.
    """
    fresh_process(student)
    seed_process(student, seed)
    model = new_autoencoder(student, embedding_dim)
    load_state(model, state)
    model.eval()
    return model


def embedded(
    student: Student, embedding_dim: int, state: dict[str, torch.Tensor], images: torch.Tensor
) -> torch.Tensor:
    """(N, embedding_dim): where the images embed."""
    got = with_weights(student, embedding_dim, state, seed=1).encoder(images)
    return expect_finite(got, (len(images), embedding_dim))


def decoded(
    student: Student, embedding_dim: int, state: dict[str, torch.Tensor], embeddings: torch.Tensor
) -> torch.Tensor:
    """(N, 1, 28, 28): what the decoder draws, in a process that knows the weights and the embeddings alone."""
    got = with_weights(student, embedding_dim, state, seed=2).decoder(embeddings)
    return expect_finite(got, (len(embeddings), 1, 28, 28))
