"""What students train in Part C, each once, and how the grader looks at it: in a process that saw no training."""

from __future__ import annotations

from functools import cache

import torch
from answers import call_for_its_effect, expect_finite
from data import make_scenes
from digits import digits
from pixels import iou

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

CLASSES = 3
EPOCHS = 10
SEED = 321

Scenes = tuple[torch.Tensor, torch.Tensor]


@cache
def training_scenes(source: str) -> Scenes:
    """600 scenes (600, 1, 40, 40) and their labels (600, 40, 40): those of the handout."""
    known = digits(source)
    return make_scenes(known.training_images, known.training_labels, 600, 40, 40, digits_per_scene=2, seed=0)


@cache
def held_out_scenes(source: str, count: int, height: int, width: int) -> Scenes:
    """Scenes of three digits that no student's process saw while it trained."""
    new = digits(source)
    return make_scenes(new.held_out_images, new.held_out_labels, count, height, width, digits_per_scene=3, seed=SEED)


@cache
def held_out_digits(source: str, height: int, width: int) -> Scenes:
    """The middles of 100 scenes of one digit, which they hold nearly all of: at most 28 by 28."""
    new = digits(source)
    scenes, labels = make_scenes(new.held_out_images, new.held_out_labels, 100, 28, 28, digits_per_scene=1, seed=SEED)
    rows, columns = (slice((28 - size) // 2, (28 - size) // 2 + size) for size in (height, width))
    return scenes[..., rows, columns], labels[..., rows, columns]


@training("fcn", "FCN", "train")
def trained_fcn(student: Student, start: int, source: str) -> dict[str, torch.Tensor]:
    """The state dict of the student's FCN() after ten epochs, from the weights that this start gives it."""
    seed_process(student, start)
    model = new_fcn(student)
    call_for_its_effect(student.fcn.train, model, *training_scenes(source), epochs=EPOCHS, seed=SEED)
    return state_of(model)


def new_fcn(student: Student, *settings: int) -> StudentObject:
    """The student's FCN as its constructor makes it, in eval mode."""
    return module(student.fcn.FCN(*settings), f"FCN({', '.join(map(str, settings))})")


def module(answer: object, of: str) -> StudentObject:
    """Require a module, and put it in eval mode."""
    if not isinstance(answer, StudentObject):
        fail(f"expected an nn.Module, got {describe(answer)}", of)
    answer.eval()
    return answer


def with_weights(student: Student, state: dict[str, torch.Tensor]) -> StudentObject:
    """The student's FCN with these weights, in eval mode, in a fresh process: it has never seen a training scene."""
    fresh_process(student)
    model = new_fcn(student)
    load_state(model, state)
    model.eval()
    return model


def held_out_iou(model: StudentObject, scenes: torch.Tensor, labels: torch.Tensor) -> float:
    """Mean IoU of the model's logits on 100 held-out scenes."""
    height, width = scenes.shape[2:]
    of = "the trained FCN on 25 new scenes"
    scores = [expect_finite(model(some), (25, CLASSES, height, width), of) for some in scenes.split(25)]
    return iou(torch.cat(scores).argmax(1), labels, CLASSES)
