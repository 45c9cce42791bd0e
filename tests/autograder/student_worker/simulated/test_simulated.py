"""The simulated accelerator: right code gives the CPU's bits, mistakes about devices fail, and nothing else changes.

All this runs in processes of its own: `install` is for good.
"""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[3]
RIGHT = (HERE / "right_models.py", HERE / "right_operators.py")
MISTAKES = (HERE / "mistakes.py",)


def cases(files):
    lines = [line for file in files for line in file.read_text().splitlines()]
    return [line[4 : line.index("(")] for line in lines if line.startswith("def ") and line[4] != "_"]


def python(*arguments):
    environment = {"PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1", "PATH": ""}
    done = subprocess.run(
        [sys.executable, *map(str, arguments)],
        capture_output=True,
        text=True,
        env=environment,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@cache
def outcomes():
    lines = map(json.loads, python(HERE / "run_cases.py", *RIGHT, *MISTAKES).splitlines())
    return {(line["case"], line["device"]): line for line in lines}


@pytest.mark.parametrize("case", cases(RIGHT))
def test_right_code_gives_the_bits_of_the_cpu(case):
    on_cpu, simulated = outcomes()[case, "cpu"], outcomes()[case, "cuda"]
    assert "error" not in on_cpu, on_cpu["error"]
    assert "error" not in simulated, simulated["error"]
    assert simulated["value"] == on_cpu["value"]


@pytest.mark.parametrize("case", cases(MISTAKES))
def test_a_mistake_about_devices_fails_as_on_cuda(case):
    on_cpu, simulated = outcomes()[case, "cpu"], outcomes()[case, "cuda"]
    assert "error" not in on_cpu, on_cpu["error"]
    assert "error" in simulated
    kind, _, text = simulated["error"].partition(": ")
    assert kind in ("RuntimeError", "TypeError")
    assert any(word in text for word in ("cuda", "device", "CUDA", "incompatible tensor type")), text


def test_the_wire_gets_plain_values_and_the_random_numbers_stay_as_they_were():
    code = """
import torch
from autograder.student_worker import simulated

torch.manual_seed(0)
expected = torch.rand(3)
torch.manual_seed(0)
simulated.install()
assert torch.equal(torch.rand(3), expected)

layer = torch.nn.Linear(2, 3).to("cuda")
values = simulated.to_cpu(layer.weight)
assert simulated.is_simulated(layer.weight)
assert not simulated.is_simulated(values)
assert type(values) is torch.Tensor and values.device.type == "cpu" and not values.requires_grad
assert torch.equal(values, layer.weight.detach().cpu())

plain = torch.ones(2, requires_grad=True)
assert not simulated.is_simulated(plain)
assert not simulated.to_cpu(plain).requires_grad

# An optimiser imports torch._dynamo, which reads the patched functions if it was not imported before.
torch.optim.SGD(layer.parameters(), lr=0.1).zero_grad()
print(values.numpy().shape)
"""
    assert python("-c", code) == "(3, 2)\n"


def test_a_pytorch_that_does_not_carry_it_is_unavailable():
    code = """
import os

import torch
from autograder.student_worker import simulated
from autograder.student_worker.simulated import rules

for damage in (
    "del torch._C._ensureCUDADeviceGuardSet",
    "torch.Tensor._make_wrapper_subclass = None",
    "rules.Rule.check = lambda *_: None",
    "torch.Tensor.to = lambda self, *_, **__: self",
    "pass",
):
    if os.fork():
        os.wait()
        continue
    exec(damage)
    try:
        simulated.install()
    except simulated.Unavailable:
        print("unavailable", flush=True)
    else:
        print("installed", flush=True)
    os._exit(0)
"""
    assert python("-c", code).split() == ["unavailable"] * 4 + ["installed"]
