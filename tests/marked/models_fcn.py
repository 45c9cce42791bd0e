"""The models on which the functions of Part C are tested: the student's own, or the grader's where that is of no use.

A mistake in a network must not cost the marks of the functions that take one. The grader's own is built of torch.nn's
layers, in the student's process.
"""

from __future__ import annotations

import torch
from answers import expect_finite
from torch import nn
from trainings_fcn import CLASSES, new_fcn

from autograder.grader import Student, StudentObject, StudentRaised, Unusable, place
from autograder.grader.worker import WorkerLost

OF_NO_USE = (AssertionError, StudentRaised, Unusable, WorkerLost)


def untrained(student: Student, height: int = 40, width: int = 40) -> StudentObject:
    """A network from images to the logits of three classes, in eval mode: the student's, where it takes this size."""
    try:
        model = new_fcn(student)
        expect_finite(model(torch.zeros(2, 1, height, width)), (2, CLASSES, height, width))
        return model
    except OF_NO_USE:
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
