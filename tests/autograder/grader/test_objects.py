"""What a student's process says of its objects, when it lies."""

from __future__ import annotations

import pytest
import torch

from autograder.grader import look
from autograder.grader.messages import Failed

RIGHT = {"state": {"weight": torch.ones(2)}, "training": {"": True}, "requires_grad": {"weight": True}}


class Module:
    def __init__(self, answer):
        self.answer = answer

    def operate(self, name):
        return self.answer


def test_a_right_look_is_taken():
    assert look(Module(RIGHT)).training == {"": True}


@pytest.mark.parametrize(
    "lie",
    [
        {"state": {"weight": 5}},
        {"state": {3: torch.ones(2)}},
        {"state": None},
        {"training": {"": 1}},
        {"requires_grad": [True]},
    ],
    ids=str,
)
def test_a_look_that_is_none_is_the_students_fault(lie):
    with pytest.raises(Failed, match="expected a module to look into"):
        look(Module(RIGHT | lie))
