"""The simulated device's names, and the random generators that belong to it."""

from __future__ import annotations

from typing import Any
from weakref import WeakValueDictionary

import torch

CUDA = torch.device("cuda", 0)  # what students see
LAZY = torch.device("lazy", 0)  # what PyTorch's C++ sees


def names_cuda(device: Any) -> bool:
    """Whether this is the simulated device, in any of the ways to say so.

    Raises:
        RuntimeError: another device of CUDA's, which this machine does not have.
    """
    if type(device) is int:
        device = torch.device("cuda", device)
    elif isinstance(device, str):
        device = torch.device(device)
    if not isinstance(device, torch.device) or device.type not in (CUDA.type, LAZY.type):
        return False
    if device.index not in (None, 0):
        raise RuntimeError("CUDA error: invalid device ordinal")
    return True


class _GeneratorMeta(type(torch._C.Generator)):  # type: ignore[misc]
    """A generator that C++ made, such as `torch.default_generator`, is one too."""

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, torch._C.Generator)


class Generator(torch._C.Generator, metaclass=_GeneratorMeta):
    """`torch.Generator`: a CPU generator that knows which device it was asked for."""

    def __new__(cls, device: Any = "cpu") -> Generator:
        """Make one, and remember it if it is the simulated device's."""
        generator = super().__new__(cls)
        if names_cuda(device):
            _on_device[_address(generator)] = generator
        return generator

    @property
    def device(self) -> torch.device:  # type: ignore[override]
        """The device that it was made for."""
        return CUDA if is_on_device(self) else torch.device("cpu")


def is_on_device(generator: torch._C.Generator) -> bool:
    """Whether a generator was made for the simulated device."""
    return _address(generator) in _on_device


def _address(generator: torch._C.Generator) -> int:
    """Where C++ keeps it: the Python object may be another each time."""
    return generator._cdata  # type: ignore[attr-defined,no-any-return]


_on_device: WeakValueDictionary[int, Generator] = WeakValueDictionary()
