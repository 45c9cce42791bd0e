"""A torch.nn layer in words (`wire.Layer`) and back: how layers cross the wall without being pickled.

Besides single layers: `nn.Sequential` of layers, and networks in torchvision's layout, which are made of named
children and have nothing of their own (`NETWORKS`).
"""

from __future__ import annotations

import importlib
import inspect
from typing import Any

import torch

from autograder import wire

NETWORKS = ("AlexNet", "VGG")  # of torchvision.models: their forward pass is all that they add to their children


def in_words(module: torch.nn.Module) -> wire.Layer:
    """A layer's settings, read off its constructor's arguments, its state and, of a container, its children.

    A class that is not torch.nn's own keeps its full name and has no settings: nobody could build it elsewhere.
    """
    kind = type(module)
    name = kind.__name__ if getattr(torch.nn, kind.__name__, None) is kind else f"{kind.__module__}.{kind.__qualname__}"
    if kind is torch.nn.Sequential:
        return network_in_words(name, dict(module.named_children()))
    settings: dict[str, Any] = {}
    if name == kind.__name__:
        for parameter in inspect.signature(kind.__init__).parameters:
            if parameter == "bias":
                settings[parameter] = module.bias is not None
            elif parameter not in ("self", "dtype", "device") and hasattr(module, parameter):
                settings[parameter] = getattr(module, parameter)
    state = {key: value for key, value in module.state_dict().items() if isinstance(value, torch.Tensor)}
    if state:
        first = next(iter(state.values()))
        settings |= {"dtype": str(first.dtype).removeprefix("torch."), "device": str(first.device)}
    return wire.Layer(name, settings, state)


def network_in_words(type_name: str, children: dict[str, torch.nn.Module]) -> wire.Layer:
    """A container of this type, "Sequential" or one of `NETWORKS`, with these children."""
    return wire.Layer(type_name, {}, {}, {name: in_words(child) for name, child in children.items()})


def build(layer: wire.Layer) -> torch.nn.Module:
    """Make the torch.nn layer that the words describe, sharing the tensors of its state.

    The layer is laid out on `meta` first, so that absurd settings take no memory.

    Raises:
        ValueError: the words describe no layer (unknown type, settings it refuses, a state that does not fit).
    """
    if layer.children:
        return _network(layer)
    kind = getattr(torch.nn, layer.type_name, None)
    if not (isinstance(kind, type) and issubclass(kind, torch.nn.Module)):
        raise ValueError(f"torch.nn has no layer {layer.type_name}")
    settings = dict(layer.settings)
    settings.pop("device", None)
    try:
        if "dtype" in settings:
            settings["dtype"] = wire.DTYPES[settings["dtype"]]
        with torch.device("meta"):
            module: torch.nn.Module = kind(**settings)
        module.load_state_dict(layer.state, assign=True)
    except Exception as error:  # whatever a constructor raises on settings that it was never meant for
        raise ValueError(f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}") from error
    return module


def _network(layer: wire.Layer) -> torch.nn.Module:
    if layer.type_name not in ("Sequential", *NETWORKS):
        raise ValueError(f"{layer.type_name} is no container")
    kind = getattr(
        torch.nn if layer.type_name == "Sequential" else importlib.import_module("torchvision.models"), layer.type_name
    )
    # Not by its constructor, which would lay out the whole published network.
    module: torch.nn.Module = kind.__new__(kind)
    torch.nn.Module.__init__(module)
    for name, child in layer.children.items():
        module.add_module(name, build(child))
    return module
