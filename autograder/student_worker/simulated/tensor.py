"""A tensor that says it is on `cuda:0` while its values lie on the CPU.

PyTorch's C++ sees a tensor on the device type `lazy`, for which no kernel exists: every operator arrives at `_run`,
which checks the devices, runs the operator on the values and wraps what comes back. Autograd is above all this and
works as ever; its engine runs `lazy` in the calling thread, so that an exception arrives where it belongs.
"""

from __future__ import annotations

import contextlib
import copy
from typing import Any, NoReturn

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from autograder.student_worker.simulated.devices import CUDA, LAZY, is_on_device, names_cuda
from autograder.student_worker.simulated.rules import rule_of


class SimTensor(torch.Tensor):
    """A tensor of the simulated device.

    Attributes:
        value: the plain CPU tensor, without gradient, that holds its numbers.
    """

    value: torch.Tensor

    __torch_function__ = torch._C._disabled_torch_function_impl  # type: ignore[assignment]

    @staticmethod
    def __new__(cls: Any, value: torch.Tensor) -> Any:
        """Wrap a CPU tensor; the two share its memory."""
        # A view that only promises to conjugate or negate would need the same promise of the wrapper.
        value = value.resolve_conj().resolve_neg()
        tensor = torch.Tensor._make_wrapper_subclass(
            cls,
            value.size(),
            strides=value.stride(),
            storage_offset=value.storage_offset(),
            dtype=value.dtype,
            layout=value.layout,
            device=LAZY,
        )
        tensor.value = value
        return tensor

    @classmethod
    def __torch_dispatch__(  # type: ignore[override]  # PyTorch's own stub leaves `func` out
        cls, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        return _run(func, types, args, kwargs or {})

    @property
    def device(self) -> torch.device:  # type: ignore[override]
        """What CUDA's tensors say; C++ sees `lazy:0`."""
        return CUDA

    @property
    def is_cuda(self) -> bool:  # type: ignore[override]
        """The same."""
        return True

    @property
    def data(self) -> Any:
        """The tensor without its history; assigning changes the values, which have to be on the device."""
        return torch.Tensor.data.__get__(self)  # type: ignore[attr-defined]

    @data.setter
    def data(self, data: Any) -> None:
        torch.Tensor.data.__set__(self, data)  # type: ignore[attr-defined]
        self.value = data.value  # a plain tensor has been refused

    def to(self, *args: Any, **kwargs: Any) -> torch.Tensor:
        """By the name that C++ knows: on its own device already, it must return itself instead of a copy."""
        args = tuple(LAZY if names_cuda(each) else each for each in args)
        if names_cuda(kwargs.get("device")):
            kwargs["device"] = LAZY
        return super().to(*args, **kwargs)

    def cuda(self, device: Any = None, *args: Any, **kwargs: Any) -> torch.Tensor:
        """The same; it is there already."""
        return self.to(CUDA if device is None else device, *args, **kwargs)

    def pin_memory(self, device: Any = None) -> NoReturn:
        """Refuse, as CUDA does."""
        raise RuntimeError("cannot pin a tensor on cuda:0: only dense CPU tensors can be pinned")

    def numpy(self, *, force: bool = False) -> Any:
        """Refuse, as CUDA does, unless forced."""
        if force:
            return self.value.numpy(force=True)
        raise TypeError(
            "can't convert cuda:0 device type tensor to numpy. "
            "Use Tensor.cpu() to copy the tensor to host memory first."
        )

    def __array__(self, *_: Any, **__: Any) -> Any:
        return self.numpy()

    def tolist(self) -> Any:
        """The values: CUDA copies them without being asked."""
        return self.value.tolist()

    def type(self, dtype: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Without a dtype: the name of CUDA's type."""
        if dtype is None:
            return self.value.type().replace("torch.", "torch.cuda.")
        return super().type(dtype, *args, **kwargs)

    def data_ptr(self) -> int:
        """The values' address: the wrapper has none."""
        return self.value.data_ptr()

    def untyped_storage(self) -> torch.UntypedStorage:
        """The values' storage: the wrapper has none."""
        return self.value.untyped_storage()

    def __repr__(self, **_: Any) -> str:  # type: ignore[override]
        notes = f"device='{CUDA}'"
        if self.grad_fn is not None:
            notes += f", grad_fn=<{self.grad_fn.name()}>"
        elif self.requires_grad:
            notes += ", requires_grad=True"
        return f"{repr(self.value)[:-1]}, {notes})"

    def __format__(self, specification: str) -> str:
        return format(self.item() if self.dim() == 0 else str(self), specification)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if id(self) in memo:
            return memo[id(self)]
        if not self.is_leaf:
            raise RuntimeError(
                "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol"
            )
        memo[id(self)] = twin = SimTensor(copy.deepcopy(self.value, memo)).requires_grad_(self.requires_grad)
        twin.grad = copy.deepcopy(self.grad, memo)
        twin.__dict__ |= {name: copy.deepcopy(each, memo) for name, each in vars(self).items() if name != "value"}
        return twin

    def __reduce_ex__(self, protocol: Any) -> Any:
        # What PyTorch itself writes for devices without storages: `torch.load` knows it, and its `map_location` too.
        if isinstance(self, torch.nn.Parameter):
            return torch._utils._rebuild_parameter, (SimTensor(self.value), self.requires_grad, {})
        arguments = (self.value, self.dtype, str(CUDA), self.requires_grad)
        return torch._utils._rebuild_device_tensor_from_cpu_tensor, arguments


class DeviceMode(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Active from `install` on: the operators that no SimTensor announces, factories above all."""

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # True would import all of torch._dynamo, for seconds, with the first operator

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if SimTensor in types and rule_of(func).composite:  # only under inference_mode do these arrive whole
            with self:
                return func.decompose(*args, **(kwargs or {}))
        return _run(func, types, args, kwargs or {})


def _run(func: Any, types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Run one operator: on plain values, with CUDA's rules about devices."""
    rule = rule_of(func)
    on_device = SimTensor in types
    device = kwargs.get("device")
    simulated = on_device if device is None else names_cuda(device)
    if on_device:
        rule.check(args, kwargs, SimTensor)
    if rule.random:
        _check_generator((*args, *kwargs.values()), simulated)
    if not (simulated or on_device):
        return func(*args, **kwargs)
    written = rule.written_among(args, kwargs)
    result = func(*map(_unwrap, args), **{name: _unwrap(each) for name, each in kwargs.items()})
    for tensor in written:
        if isinstance(tensor, SimTensor) and _geometry(tensor) != _geometry(tensor.value):  # t_(), resize_(), out=
            torch.Tensor.data.__set__(tensor, SimTensor(tensor.value))  # type: ignore[attr-defined]
    # An operator that writes returns what it wrote to, not a new tensor.
    originals = {id(getattr(tensor, "value", tensor)): tensor for tensor in written}
    # Under inference_mode, a view of what was made before has a version, as its base has, which autograd is to share.
    of_before = rule.views and torch.is_inference_mode_enabled() and not args[0].is_inference()
    with torch.inference_mode(False) if of_before else contextlib.nullcontext():
        return _wrap(result, originals, simulated)


def _check_generator(arguments: tuple[Any, ...], simulated: bool) -> None:
    for generator in arguments:
        if isinstance(generator, torch._C.Generator) and is_on_device(generator) != simulated:
            wanted, found = (CUDA.type, "cpu") if simulated else ("cpu", CUDA.type)
            raise RuntimeError(f"Expected a '{wanted}' device type for generator but found '{found}'")


def _unwrap(value: Any) -> Any:
    if isinstance(value, SimTensor):
        return value.value
    if isinstance(value, list | tuple):
        return [_unwrap(item) for item in value]
    if isinstance(value, torch.device) and names_cuda(value):
        return torch.device("cpu")
    return value


def _wrap(value: Any, originals: dict[int, torch.Tensor], simulated: bool) -> Any:
    if isinstance(value, torch.Tensor):
        if id(value) in originals:
            return originals[id(value)]
        return SimTensor(value) if simulated else value
    if isinstance(value, list | tuple):
        return type(value)(_wrap(item, originals, simulated) for item in value)
    return value


def _geometry(tensor: torch.Tensor) -> tuple[Any, ...]:
    return tensor.shape, tensor.stride(), tensor.storage_offset()
