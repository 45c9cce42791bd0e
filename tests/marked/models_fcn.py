"""The models on which the functions of Part C are tested: the student's own, or the grader's where that is of no use.

A mistake in a network must not cost the marks of the functions that take one. The grader's own is built of torch.nn's
layers, in the student's process.
"""

from __future__ import annotations

import torch
from answers import expect_alike, expect_finite
from pixels import random
from torch import nn
from trainings_fcn import CLASSES, new_fcn

from autograder.grader import Student, StudentObject, StudentRaised, Unusable, load_state, place, state_of
from autograder.grader.worker import WorkerLost

OF_NO_USE = (AssertionError, StudentRaised, Unusable, WorkerLost)


def untrained(student: Student, height: int = 40, width: int = 40) -> StudentObject:
    """A network from images to the logits of three classes, in eval mode: the student's, where it takes this size."""
    try:
        model = new_fcn(student)
        expect_finite(model(torch.zeros(2, 1, height, width)), (2, CLASSES, height, width))
        return model
    except OF_NO_USE:
        return _the_graders(student)


def untrained_twins(student: Student) -> tuple[StudentObject, StudentObject]:
    """Two of them with the same weights: the student's, where the state dict holds all that its answer depends on."""
    try:
        first, second = new_fcn(student), new_fcn(student)
        images = random(2, 1, 40, 40)
        answer = expect_finite(first(images), (2, CLASSES, 40, 40))
        second(images)  # lazy layers have their weights from here on
        load_state(second, state_of(first))
        expect_alike(second(images), answer)
        return first, second
    except OF_NO_USE:
        return _the_graders(student), _the_graders(student)


def _the_graders(student: Student) -> StudentObject:
    model = place(student, small_network(CLASSES, dropout=0.0))  # train need not seed what it does not use
    model.eval()
    return model


def small_network(num_classes: int, *more: nn.Module, dropout: float = 0.5) -> nn.Sequential:
    """Convolutions with batch norm and dropout, always the same; with `more` layers behind the logits."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1),
            nn.BatchNorm2d(8),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Conv2d(8, num_classes, 3, padding=1),
            *more,
        )
        for name, values in model.named_buffers():
            if name.endswith(("running_mean", "running_var")):
                values.uniform_(0.5, 1.5)  # not those of any batch
    return model.eval()
