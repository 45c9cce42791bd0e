"""What marked tests do with the student's modules besides calling them: look, load weights, move to a device.

The answers are the student's process's word. What decides marks is computed from them: weights that were fetched are
loaded into a fresh process, or compared with what the grader's own computation makes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from autograder import layers, wire
from autograder.grader.messages import describe, fail
from autograder.grader.proxy import Student, StudentObject, session_of


@dataclass(frozen=True)
class Look:
    """A module's insides.

    Attributes:
        state: its state dict; a tensor on the accelerator is a `wire.OnDevice`.
        training: its own and its parts' training modes, by name ("" is the module itself).
        requires_grad: which parameters require gradients, by name.
    """

    state: dict[str, Any]
    training: dict[str, bool]
    requires_grad: dict[str, bool]


def look(module: StudentObject) -> Look:
    """What the module's state, modes and gradient flags are."""
    found = module.operate("look")
    if not isinstance(found, dict) or set(found) != set(Look.__dataclass_fields__):
        fail(f"expected a module to look into, got {describe(found)}")
    # The student's process says this: whatever it says, tests compute with tensors and flags.
    for what, kinds in (("state", (torch.Tensor, wire.OnDevice)), ("training", bool), ("requires_grad", bool)):
        values = found[what]
        if not isinstance(values, dict) or not all(type(k) is str and isinstance(v, kinds) for k, v in values.items()):
            fail(f"expected a module to look into, got {describe(values)} as its {what}")
    return Look(**found)


def state_of(module: StudentObject) -> dict[str, torch.Tensor]:
    """The module's state dict, fetched to this side, from the CPU."""
    state = look(module).state
    for name, tensor in state.items():
        if not isinstance(tensor, torch.Tensor) or tensor.device.type != "cpu":
            fail(f"expected the weight {name} on the CPU, got {describe(tensor)}")
    return state


def load_state(module: StudentObject, state: dict[str, torch.Tensor]) -> None:
    """Load a state dict into the module."""
    module.operate("load", state)


def attribute(module: StudentObject, name: str) -> Any:
    """One attribute: a plain value, a tensor, or a module as a StudentObject."""
    return module.operate("attribute", name)


def place(student: Student, module: torch.nn.Module | wire.Layer) -> StudentObject:
    """Build a module of the grader's own (layers, Sequential, `network`) in the student's process."""
    session = session_of(student)
    words = module if isinstance(module, wire.Layer) else layers.in_words(module)
    placed = session.ask(wire.Operate("keep", [words]))
    if not isinstance(placed, StudentObject):
        fail(f"expected the grader's own module back, got {describe(placed)}")
    return placed


def hold(student: Student, tensor: torch.Tensor) -> StudentObject:
    """Send a tensor to stay in the student's process; given to calls, it is one and the same object there."""
    held = session_of(student).ask(wire.Operate("hold", [tensor]))
    if not isinstance(held, StudentObject):
        fail(f"expected the grader's own tensor to stay, got {describe(held)}")
    return held


def held(tensor: StudentObject) -> Any:
    """What a tensor that stayed holds now."""
    return tensor.operate("read")


def network(type_name: str, children: dict[str, torch.nn.Module]) -> wire.Layer:
    """A network for `place`: "AlexNet" or "VGG" of torchvision.models, or "Sequential", with these named children."""
    return layers.network_in_words(type_name, children)


def seed_process(student: Student, seed: int) -> None:
    """Seed the global generators of the student's process; an audit with another seed turns them elsewhere."""
    session = session_of(student)
    session.ask(wire.Operate("seed", [session.elsewhere(seed)]))


def fresh_process(student: Student) -> None:
    """End the student's process; what is called next runs in a new one, which knows nothing of the old one."""
    session_of(student).close()


def on_device(tensor: torch.Tensor) -> wire.OnDevice:
    """The tensor, to arrive on the accelerator of the student's process."""
    return wire.OnDevice(tensor)


def expect_on_device(got: object, of: str = "") -> torch.Tensor:
    """Require a tensor on the accelerator, and return it on the CPU."""
    if isinstance(got, wire.OnDevice):
        return got.tensor
    if isinstance(got, torch.Tensor):
        fail(f"expected the answer on the device of the inputs (cuda:0), got it on {got.device.type}", of)
    return fail(f"expected a tensor on the device of the inputs (cuda:0), got {describe(got)}", of)
