"""What the worker does itself with the objects that it keeps: look at a module, load weights, take a gradient.

All of it runs in the student's process, so its answers are the student's word, like any other answer's.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from autograder import layers, wire


def describe(module: torch.nn.Module) -> wire.Layer:
    """A layer's type, settings and state."""
    return layers.in_words(module)


def attribute(owner: Any, name: str) -> Any:
    """The attribute's value; a module stays here."""
    return getattr(owner, name)


def look(module: torch.nn.Module) -> dict[str, dict[str, Any]]:
    """A module's state dict, its parts' training modes, and which parameters require gradients."""
    state = {name: value for name, value in module.state_dict().items() if isinstance(value, torch.Tensor)}
    return {
        "state": state,
        "training": {name: part.training for name, part in module.named_modules()},
        "requires_grad": {name: parameter.requires_grad for name, parameter in module.named_parameters()},
    }


def load(module: torch.nn.Module, state: dict[str, torch.Tensor]) -> None:
    """Give the module this state dict.

    Raises:
        RuntimeError: names or shapes differ, as `nn.Module.load_state_dict` says it.
    """
    module.load_state_dict(state)


def keep(value: Any) -> wire.Remote | Any:
    """A module that the grader sent in words stays here."""
    return value


class Held:
    """A tensor that the grader sent to stay here, so that it can look afterwards whether a call has changed it."""

    def __init__(self, tensor: torch.Tensor) -> None:
        self.tensor = tensor


def hold(tensor: torch.Tensor) -> Held:
    """The tensor stays here; calls can be given it."""
    return Held(tensor)


def read(tensor: torch.Tensor) -> torch.Tensor:
    """What a tensor that stayed here holds now."""
    return tensor


def seed(number: int) -> None:
    """Seed every global generator."""
    random.seed(number)
    np.random.seed(number % 2**32)
    torch.manual_seed(number)


OPERATIONS: dict[str, Callable[..., Any]] = {
    each.__name__: each for each in (describe, attribute, look, load, keep, hold, read, seed)
}


def with_gradient(function: Callable[..., Any], arguments: list[Any], index: int) -> tuple[Any, torch.Tensor | None]:
    """The function's answer, and the gradient of its sum with respect to one argument (None where there is none)."""
    at = arguments[index].detach().clone().requires_grad_(True)
    answer = function(*arguments[:index], at, *arguments[index + 1 :])
    if not isinstance(answer, torch.Tensor) or not answer.requires_grad:
        return answer, None
    (found,) = torch.autograd.grad(answer.sum(), at, allow_unused=True)
    return answer, found
