"""What a network is made of, in whatever style it is written."""

from __future__ import annotations

from typing import Any

import torch

from autograder.grader import StudentObject, attribute, describe, fail, load_state, look, state_of


def parts(model: StudentObject) -> dict[str, StudentObject]:
    """The model and all its layers by name; its own name is ""."""
    found = {}
    for name in look(model).training:
        layer: Any = model
        for step in filter(None, name.split(".")):
            layer = attribute(layer, step)
            if not isinstance(layer, StudentObject):
                fail(f"expected a layer, got {describe(layer)}", f"{name} of the model")
        found[name] = layer
    return found


def wake(model: StudentObject) -> None:
    """Give the model small random weights where all are 0, as a constructor may have made its last layer's."""
    generator = torch.Generator().manual_seed(0)
    state = state_of(model)
    asleep = {
        name: 0.1 * torch.randn(weight.shape, generator=generator).to(weight.dtype)
        for name, weight in state.items()
        if weight.is_floating_point() and not weight.any()
    }
    load_state(model, state | asleep)


def transposed_kernels(model: StudentObject) -> dict[str, StudentObject]:
    """The weights of transposed convolutions, whatever their stride, by name, each with the layer that holds it.

    A weight with four dimensions that belongs to no layer of torch.nn is taken for one: functional code keeps such.
    """
    weights = {name: weight for name, weight in look(model).state.items() if isinstance(weight, torch.Tensor)}
    found = {}
    for name, layer in parts(model).items():
        prefix = f"{name}." if name else ""
        own = {key for key in weights if key.startswith(prefix) and "." not in key.removeprefix(prefix)}
        own |= {key for key in weights if key.startswith(f"{prefix}parametrizations.")}
        four = sorted(key for key in own if weights[key].ndim == 4)
        kind = layer.type_name
        if (
            "ConvTranspose2d" in kind
            or not kind.startswith("torch.nn.")
            or kind.endswith(("ParameterList", "ParameterDict"))
        ):
            found |= dict.fromkeys(four, layer)
    return found
