"""What of PyTorch's own Python looks behind a tensor, and has to be told of the simulated device."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import torch
from torch import nn

from autograder.student_worker.simulated.devices import CUDA, Generator, names_cuda
from autograder.student_worker.simulated.tensor import SimTensor

_Conversion = Callable[[torch.Tensor], torch.Tensor]
_NAME = "simulated on the CPU"
_MEMORY = 16 << 30
# What is registered lasts as long as this object.
_library = torch.library.Library("aten", "IMPL")  # type: ignore[no-untyped-call]


def apply() -> None:
    """Patch this process for good."""
    _show_one_device()
    torch.Generator = Generator  # type: ignore[misc]
    tensors: Any = torch.Tensor
    tensors.pin_memory = lambda self, device=None: self  # it speeds copies up, and changes no result
    _keep_parameters_when_moved()
    for kind in (nn.parameter.UninitializedParameter, nn.parameter.UninitializedBuffer):
        _materialise_on_the_device(kind)
    # What a file holds of the device's tensors are values on the CPU: only the tensors made of them are moved there.
    torch.serialization.register_package(
        0, lambda _: None, lambda storage, place: storage if names_cuda(place) else None
    )
    # torch.tensor([loss, loss]) reads its numbers where neither mode nor subclass is asked.
    _library.impl("_local_scalar_dense", lambda tensor: tensor.value.item(), "Lazy")  # type: ignore[no-untyped-call]


def _show_one_device() -> None:
    """Make `torch.cuda` speak of one device; its random numbers are the CPU's, so that both devices draw the same."""
    generator = torch.default_generator
    properties = SimpleNamespace(name=_NAME, major=9, minor=0, total_memory=_MEMORY, multi_processor_count=1)
    constants = {
        "is_available": True,
        "is_initialized": True,
        "is_bf16_supported": True,
        "device_count": 1,
        "current_device": 0,
        "get_device_name": _NAME,
        "get_device_capability": (properties.major, properties.minor),
        "get_device_properties": properties,
        "mem_get_info": (_MEMORY, _MEMORY),
        "_exchange_device": 0,
        "_maybe_exchange_device": 0,
        **dict.fromkeys(("memory_allocated", "max_memory_allocated", "memory_reserved", "max_memory_reserved"), 0),
        **dict.fromkeys(("_lazy_init", "init", "set_device", "synchronize", "empty_cache", "reset_peak_memory_stats")),
    }
    random = {
        "_lazy_call": lambda callable, **_: callable(),
        "manual_seed": lambda seed: _discard(generator.manual_seed(int(seed))),
        "manual_seed_all": lambda seed: _discard(generator.manual_seed(int(seed))),
        "seed": lambda: _discard(generator.seed()),
        "seed_all": lambda: _discard(generator.seed()),
        "initial_seed": lambda: generator.initial_seed(),
        "get_rng_state": lambda device=CUDA: generator.get_state(),
        "get_rng_state_all": lambda: [generator.get_state()],
        "set_rng_state": lambda state, device=CUDA: _discard(generator.set_state(state)),
        "set_rng_state_all": lambda states: _discard(generator.set_state(states[0])),
    }
    for name, answer in {**{name: _answering(value) for name, value in constants.items()}, **random}.items():
        setattr(torch.cuda, name, answer)
    torch.backends.cudnn.is_acceptable = _answering(False)
    torch.accelerator.is_available = _answering(True)
    torch.accelerator.device_count = _answering(1)
    torch.accelerator.current_accelerator = _answering(torch.device("cuda"))


def _answering(value: Any) -> Callable[..., Any]:
    """A function of its own for each name: torch._dynamo, which optimisers import, keeps a table by function."""
    return lambda *_, **__: value


def _discard(_: Any) -> None:
    """The functions of `torch.cuda` that seed return nothing."""


def _keep_parameters_when_moved() -> None:
    """Let `Module.to` keep the Parameter objects, as it does between CPU and CUDA.

    Between types of tensor as different as these it makes new ones, and an optimiser built before would train the old.
    """
    plain: Any = nn.Module._apply

    def move_then_apply(self: Any, fn: _Conversion, recurse: bool = True) -> Any:
        for parameter in self._parameters.values():
            if parameter is not None and not nn.parameter.is_lazy(parameter):
                _move(parameter, fn)
        with _uninitialised_held_back(self, fn):
            return plain(self, fn, recurse)

    nn.Module._apply = move_then_apply  # type: ignore[method-assign]


def _move(parameter: nn.Parameter, fn: _Conversion) -> None:
    """Give `parameter` the type and values of `fn(parameter)` if that is on another device, and its gradient too."""
    with torch.no_grad():
        moved = fn(parameter)
        if isinstance(moved, SimTensor) == isinstance(parameter, SimTensor):
            return
        gradient = None if parameter.grad is None else fn(parameter.grad)
        held, parameter.grad = parameter.grad, None
    try:
        _become(parameter, nn.Parameter(moved, parameter.requires_grad))
    except RuntimeError:  # held elsewhere, by a graph that was not let go of: PyTorch's own way is what is left
        parameter.grad = held
    else:
        parameter.grad = gradient


def _become(tensor: torch.Tensor, other: torch.Tensor) -> None:
    """Make an object another tensor, without a new object; the other is of no use afterwards."""
    torch.utils.swap_tensors(tensor, other)  # type: ignore[no-untyped-call]


@contextlib.contextmanager
def _uninitialised_held_back(module: Any, fn: _Conversion) -> Iterator[None]:
    """Keep what has no shape yet out of `Module._apply`; it is only told what to become."""
    held: list[tuple[dict[str, Any], str, Any]] = [
        (members, name, member)
        for members in (module._parameters, module._buffers)
        for name, member in members.items()
        if nn.parameter.is_lazy(member)
    ]
    for members, name, member in held:
        example = fn(torch.empty(0, dtype=member.dtype, device=member._device))
        member._device, member.data = example.device, torch.empty(0, dtype=example.dtype)
        members[name] = None
    try:
        yield
    finally:
        for members, name, member in held:
            members[name] = member


def _materialise_on_the_device(kind: Any) -> None:
    """Let what has no shape yet stay on the CPU until it gets one, and remember the device that it was made for."""
    make, materialise, is_parameter = kind.__new__, kind.materialize, kind.cls_to_become is nn.Parameter

    def new(cls: Any, requires_grad: bool = is_parameter, device: Any = None, *args: Any, **kwargs: Any) -> Any:
        member = make(cls, requires_grad, "cpu", *args, **kwargs)
        member._device = torch.empty(0, device=device).device
        return member

    def materialise_there(self: Any, shape: Any, device: Any = None, dtype: Any = None) -> None:
        device = device or self._device
        materialise(self, shape, "cpu", dtype)
        if names_cuda(device):
            there = self.detach().to(CUDA)
            _become(self, nn.Parameter(there, self.requires_grad) if is_parameter else there)

    def copied(self: Any, memo: dict[int, Any]) -> Any:
        memo[id(self)] = twin = type(self)(self.requires_grad, self._device, self.dtype)
        return twin

    kind.__new__, kind.materialize, kind.__deepcopy__ = new, materialise_there, copied
