"""The TRUSTED side: runs the marked tests; never imports, unpickles or evaluates anything a student made.

A marked test asks for the fixture `student` and reads naturally:

    def test_it_fits(student):
        expect_equal(student.conv_inverse.conv_output_size(5, kernel_size=5), 1)

Each call crosses the wire to the student's sandboxed process and comes back as plain values and tensors
(`autograder.wire`), or as a `StudentObject` that stays there.
"""

from autograder.grader.expect import (
    expect_close,
    expect_equal,
    expect_integers,
    expect_layer,
    expect_numbers,
    expect_raises,
    expect_score,
    expect_shape,
)
from autograder.grader.faults import StudentRaised, Unusable
from autograder.grader.marking import COURSE_DATA
from autograder.grader.messages import Failed, describe, fail
from autograder.grader.objects import (
    Look,
    attribute,
    expect_on_device,
    fresh_process,
    held,
    hold,
    load_state,
    look,
    network,
    on_device,
    place,
    seed_process,
    state_of,
)
from autograder.grader.proxy import Student, StudentObject
from autograder.grader.showing import show_curve, show_images, show_points
from autograder.grader.training import training

__all__ = [
    "COURSE_DATA",
    "Failed",
    "Look",
    "Student",
    "StudentObject",
    "StudentRaised",
    "Unusable",
    "attribute",
    "describe",
    "expect_close",
    "expect_equal",
    "expect_integers",
    "expect_layer",
    "expect_numbers",
    "expect_on_device",
    "expect_raises",
    "expect_score",
    "expect_shape",
    "fail",
    "fresh_process",
    "held",
    "hold",
    "load_state",
    "look",
    "network",
    "on_device",
    "place",
    "seed_process",
    "show_curve",
    "show_images",
    "show_points",
    "state_of",
    "training",
]
