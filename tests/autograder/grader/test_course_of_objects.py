"""What marked tests can do with a student's modules, in a small course of its own, graded once as a TA would."""

from __future__ import annotations

import csv
import json
import os
from textwrap import dedent

import pytest

CONFIG = """
course: objects
out_of: 21
limits: {seconds: 10, memory_mb: 1024}
sandbox: reduced
preload: [torch]
given: [numbers.txt]
data: {greeting: hello}
device: {missing: simulate}
parts:
  - id: P
    title: A part
    module: work
    items:
"""

TESTS = """
import torch
from torch import nn

from autograder.grader import *


def test_state_crosses_to_a_fresh_process(student):
    model = student.work.Model()
    model.fit()
    state, answer = state_of(model), model(torch.ones(1, 2))
    fresh_process(student)
    again = student.work.Model()
    expect_equal(student.work.count_models(), 1)
    load_state(again, state)
    expect_close(again(torch.ones(1, 2)), answer)


def test_a_tensor_that_stays_shows_what_became_of_it(student):
    stays = hold(student, torch.ones(2))
    student.work.double_in_place(stays)
    expect_close(held(stays), torch.full((2,), 2.0))


def test_a_module_can_be_looked_into(student):
    model = student.work.Model()
    model.eval()
    seen = look(model)
    expect_equal(seen.training, {"": False, "linear": False})
    expect_equal(seen.requires_grad, {"linear.weight": True, "linear.bias": True})
    expect_equal(attribute(model, "name"), "a model")
    assert attribute(model, "linear").type_name == "torch.nn.modules.linear.Linear"


def test_the_graders_own_network_is_placed(student):
    layers = {"encoder": nn.Sequential(nn.Flatten(), nn.Linear(4, 2)), "decoder": nn.Linear(2, 3)}
    placed = place(student, network("Sequential", layers))
    x = torch.randn(5, 1, 2, 2, generator=torch.Generator().manual_seed(0))
    expect_close(student.work.apply(placed, x), layers["decoder"](layers["encoder"](x)))
    expect_close(student.work.encode(placed, x), layers["encoder"](x))


def test_a_published_layout_is_placed(student):
    layers = {"features": nn.Conv2d(1, 2, 3), "avgpool": nn.AdaptiveAvgPool2d(2), "classifier": nn.Linear(8, 3)}
    x = torch.ones(1, 1, 9, 9)
    expected = layers["classifier"](layers["avgpool"](layers["features"](x)).flatten(1))
    for name in ("AlexNet", "VGG"):
        expect_close(student.work.apply(place(student, network(name, layers)), x), expected)


def test_gradients_are_taken(student):
    x = torch.tensor([1.0, 2.0])
    answer, gradient = student.work.square.with_gradient(0, x)
    expect_close(answer, torch.tensor(5.0))
    expect_close(gradient, 2 * x)
    expect_equal(student.work.detached.with_gradient(0, x)[1], None)


def test_seeds_are_the_graders(student):
    seed_process(student, 5)
    first = student.work.random_number()
    seed_process(student, 5)
    expect_close(student.work.random_number(), first)


def test_given_files_lie_beside(student):
    expect_equal(student.work.given(), "1 2 3")


def test_settings_reach_the_tests(course_data):
    assert course_data == {"greeting": "hello"}


def test_the_device_is_found(student_on_device):
    model = student_on_device.work.Model()
    model.to("cuda")
    expect_shape(expect_on_device(model(on_device(torch.ones(3, 2)))), (3, 2))
    assert all(not isinstance(each, torch.Tensor) for each in look(model).state.values())


def test_an_answer_on_the_cpu_is_told(student_on_device):
    expect_on_device(student_on_device.work.on_cpu(on_device(torch.ones(3, 2))))


def test_an_operator_that_the_simulation_lacks(student_on_device):
    student_on_device.work.rare_operator(on_device(torch.ones(3, 2)))


def test_a_crash_of_the_simulation(student_on_device):
    student_on_device.work.crash()


def test_a_crash(student):
    student.work.crash()


def test_a_share(student):
    expect_score(0.75, none=0.0, full=1.0, of="the score")


@training("work", "learn")
def learned(student, steps):
    return student.work.learn(steps)


def test_training_once(student):
    expect_equal(learned(student, 3), [1, 3])


def test_training_is_remembered(student):
    expect_equal(learned(student, 3), [1, 3])


@training("work", "fail")
def failed(student):
    return student.work.fail()


def test_training_that_fails(student):
    failed(student)


def test_training_that_is_needed(student):
    failed(student)


def test_for_ever(student):
    student.work.for_ever(0)


@training("work", "for_ever")
def endless(student):
    return student.work.for_ever(1)


def test_after_for_ever(student):
    endless(student)
"""

WORK = """
import torch
from torch import nn

models = 0
trained = 0


class Model(nn.Module):
    def __init__(self):
        global models
        super().__init__()
        models += 1
        self.name = "a model"
        self.linear = nn.Linear(2, 2)

    def forward(self, x):
        return self.linear(x)

    def fit(self):
        with torch.no_grad():
            self.linear.weight += 1


def count_models():
    return models


def double_in_place(x):
    x *= 2


def apply(model, x):
    return model(x)


def encode(model, x):
    return model.encoder(x)


def square(x):
    return (x ** 2).sum()


def detached(x):
    return (x ** 2).sum().detach()


def random_number():
    return torch.rand(1)


def given():
    return open("numbers.txt").read()


def on_cpu(x):
    return torch.ones(3, 2)


def rare_operator(x):
    # As PyTorch says it of an operator that a device lacks; nearly all work, so none is taken as the example.
    raise NotImplementedError("Could not run 'aten::rare' with arguments from the 'Lazy' backend.")


def crash():
    import ctypes

    ctypes.string_at(0)


def learn(steps):
    global trained
    trained += 1
    return [trained, steps]


def fail():
    raise ValueError("no idea")


def for_ever(value):
    while True:
        value += 1
"""

UNDECIDED = "a person has to look at this before it earns marks"
EXPECTED = {
    "test_an_operator_that_the_simulation_lacks": ("GRADER_ERROR", UNDECIDED),
    "test_a_crash_of_the_simulation": ("GRADER_ERROR", UNDECIDED),
    "test_a_crash": ("CRASHED", "SIGSEGV"),
    "test_an_answer_on_the_cpu_is_told": ("FAILED", "expected the answer on the device of the inputs (cuda:0)"),
    "test_a_share": ("FAILED", "the score is 0.75; full marks at 1, none at 0"),
    "test_training_that_fails": ("FAILED", "fail() raised ValueError: no idea"),
    "test_training_that_is_needed": ("BLOCKED", "the training that it needs failed: fail() raised ValueError"),
    "test_for_ever": ("TIMED_OUT", "no answer within"),
    "test_after_for_ever": ("BLOCKED", "not run: for_ever(0): no answer within"),
}


def make(folder, **changes):
    names = [line.split("(")[0].removeprefix("def ") for line in TESTS.splitlines() if line.startswith("def test")]
    (folder / "tests/marked").mkdir(parents=True)
    (folder / "assignment").mkdir()
    (folder / "assignment/numbers.txt").write_text("1 2 3")
    (folder / "tests/marked/test_work.py").write_text(TESTS)
    config = CONFIG
    for before, after in changes.values():
        assert before in config
        config = config.replace(before, after)
    items = [
        f"      - {{id: I{at}, title: {name}, marks: 1, seconds: {2 if 'ever' in name else 10}, hidden: {{{name}: 1}}}}"
        for at, name in enumerate(names)
    ]
    (folder / "grading_config.yaml").write_text(config + "\n".join(items) + "\n")
    (folder / "class/amal").mkdir(parents=True)
    (folder / "class/amal/work.py").write_text(WORK)
    return folder


def graded(autograder, folder, out="out", *options):
    done = autograder("grade", folder / "class", "--course", folder, "--out", folder / out, *options)
    assert done.returncode == (3 if "GRADER_ERROR" in done.stderr else 0), done.stderr
    with (folder / out / "outcomes.csv").open(newline="") as stream:
        return {row["test"]: row for row in csv.DictReader(stream)}


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return make(tmp_path_factory.mktemp("course"))


@pytest.fixture(scope="module")
def outcomes(autograder, course):
    return graded(autograder, course, "out", "--trainings", course / "kept")


def test_each_test_meets_the_outcome_that_it_must(outcomes):
    for name, row in outcomes.items():
        outcome, words = EXPECTED.get(name, ("PASSED", ""))
        assert row["outcome"] == outcome, row
        assert words in row["message"]


def test_what_only_the_students_process_says_of_a_device_earns_nothing_until_a_person_has_looked(outcomes):
    for name, (outcome, _) in EXPECTED.items():
        if outcome == "GRADER_ERROR":
            assert outcomes[name]["earned"] == "0"


def test_a_share_earns_its_part(outcomes):
    assert outcomes["test_a_share"]["earned"] == "0.75"


def test_outputs_say_what_ran_on_a_device_and_that_it_was_simulated(course, outcomes):
    on_device = {name for name, row in outcomes.items() if row["device"]}
    assert on_device == {
        "test_the_device_is_found",
        "test_an_answer_on_the_cpu_is_told",
        "test_an_operator_that_the_simulation_lacks",
        "test_a_crash_of_the_simulation",
    }
    assert {outcomes[name]["device"] for name in on_device} == {"simulated"}
    document = json.loads((course / "out/results/amal.json").read_text())
    assert "device:simulated" in document["flags"]


def test_trainings_are_kept_and_used_by_what_they_reach(autograder, course, outcomes):
    [kept] = (course / "kept").iterdir()
    before = kept.stat().st_mtime_ns
    work = course / "class/amal/work.py"
    work.write_text(WORK.replace('"no idea"', '"still no idea"'))
    again = graded(autograder, course, "again", "--trainings", course / "kept")
    assert "still no idea" in again["test_training_that_fails"]["message"]
    assert [path.name for path in (course / "kept").iterdir()] == [kept.name]
    assert kept.stat().st_mtime_ns == before
    kept.write_bytes(kept.read_bytes()[:20])  # damaged: made anew
    work.write_text(WORK)
    assert graded(autograder, course, "repaired", "--trainings", course / "kept") == outcomes


def test_without_a_device_its_tests_are_not_run_and_cost_nothing(autograder, tmp_path):
    course = make(tmp_path, device=("missing: simulate", "missing: not_run"), out_of=("out_of: 21", "out_of: 18"))
    outcomes = graded(autograder, course)
    assert outcomes["test_the_device_is_found"]["outcome"] == "NOT_RUN"
    with (course / "out/marks.csv").open(newline="") as stream:
        [row] = csv.DictReader(stream)
    assert row["out_of"] == "14"


def test_a_gpu_that_does_not_work_is_nobodys_fault(autograder, tmp_path):
    """A machine whose driver answers, and whose PyTorch cannot use it: here, a driver's program of the test's own."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/nvidia-smi").write_text("#!/bin/sh\necho A GPU, 1 MiB\n")
    (tmp_path / "bin/nvidia-smi").chmod(0o755)
    course = make(tmp_path / "course")
    arguments = ("grade", course / "class", "--course", course, "--out", course / "out")
    path = {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"}
    done = autograder(*arguments, env=path)
    assert done.returncode == 3
    assert "the cuda device is unavailable" in done.stderr
    assert "test_the_device_is_found,GRADER_ERROR,1,1,cuda" in (course / "out/outcomes.csv").read_text()
    done = autograder(*arguments, env={**path, "CUDA_VISIBLE_DEVICES": ""})
    assert "test_the_device_is_found,PASSED,1,1,simulated" in (course / "out/outcomes.csv").read_text()


def test_a_course_may_refuse_to_grade_without_a_device(autograder, tmp_path):
    course = make(tmp_path, device=("missing: simulate", "missing: refuse"))
    done = autograder("grade", course / "class", "--course", course, "--out", course / "out")
    assert done.returncode == 2
    assert "no GPU that answers" in done.stderr


def test_a_given_file_that_is_missing_is_named(autograder, tmp_path):
    course = make(tmp_path)
    (course / "assignment/numbers.txt").unlink()
    done = autograder("grade", course / "class", "--course", course, "--out", course / "out")
    assert done.returncode == 2
    assert "numbers.txt, which is given to students" in done.stderr


@pytest.mark.parametrize(("runs", "outcome"), [("definitions", "FAILED"), ("everything", "PASSED")])
def test_what_runs_of_a_notebook_is_the_configs_choice(autograder, tmp_path, runs, outcome):
    course = make(tmp_path, notebooks=("preload: [torch]", f"preload: [torch]\nnotebooks: {runs}"))
    (course / "class/amal/work.py").unlink()
    cells = [
        WORK.replace("trained = 0", "trained = 0\nstart = [0]"),
        "start.append(1)",
        "trained = 0 if start[1:] else 9",
    ]
    source = dedent("def learn(steps):\n    return [len(start) - 1, steps]\n")
    document = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {},
        "cells": [
            {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": cell}
            for cell in [*cells, source]
        ],
    }
    (course / "class/amal/work.ipynb").write_text(json.dumps(document))
    assert graded(autograder, course)["test_training_once"]["outcome"] == outcome
