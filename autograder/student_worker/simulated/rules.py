"""Which tensors may meet in one operator: what CUDA's kernels check, read off an operator's schema.

A tensor on the CPU beside tensors on the device is refused, as CUDA refuses it, except where CUDA takes it:

- copies between devices;
- indices on the CPU for a tensor on the device (never the other way round);
- tensors without dimensions, where an operator works element by element and does not write to them.

An operator that draws random numbers wants a generator of its own device.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch._ops import OpOverload

_COPIES = {"copy_", "copy", "_copy_from", "_copy_from_and_resize", "_foreach_copy_", "_foreach_copy"}
# CUDA's kernels read these on the CPU, whatever the device of the rest.
_LENGTHS_ON_CPU = {"_pack_padded_sequence", "_pad_packed_sequence"}
_INDEXED = {"index", "_unsafe_index", "index_put", "index_put_", "_index_put_impl_", "_unsafe_index_put"}
# Not tagged as pointwise, but a tensor without dimensions is taken for a number here too.
_TAKING_NUMBERS = {"where", "masked_fill", "masked_fill_", "fill", "fill_", "clamp", "clamp_"}


@dataclass(frozen=True)
class Rule:
    """What one operator's schema says about its tensors.

    Attributes:
        name: the operator's name without its overload, `add_` for `aten::add_.Tensor`.
        names: its arguments' names, in order.
        written: the names of those that it writes to.
        views: what it returns shares memory with an argument, to which it does not write.
        random: it takes a generator.
        composite: it is made of other operators, each of which has a rule of its own.
        mixes_devices: it copies from one device to another, or reads some arguments on the CPU.
        takes_numbers: a tensor without dimensions on the CPU counts as a number.
    """

    name: str
    names: tuple[str, ...]
    written: frozenset[str]
    views: bool
    random: bool
    composite: bool
    mixes_devices: bool
    takes_numbers: bool

    def check(self, args: tuple[Any, ...], kwargs: dict[str, Any], on_device: type[torch.Tensor]) -> None:
        """Raise what CUDA raises if some of these arguments are on the CPU; one or more are `on_device`.

        Raises:
            RuntimeError: these tensors may not meet in this operator.
        """
        foreign = [
            (name, tensor)
            for name, argument in (*zip(self.names, args, strict=False), *kwargs.items())
            for tensor in tensors_in(argument)
            if not isinstance(tensor, on_device)
        ]
        if not foreign or self.mixes_devices:
            return
        indexed = self.name in _INDEXED
        if indexed and foreign[0][0] == "self" and any(isinstance(index, on_device) for index in tensors_in(args[1])):
            raise RuntimeError("indices should be either on cpu or on the same device as the indexed tensor (cpu)")
        for name, tensor in foreign:
            if indexed and name == "indices":
                continue
            a_number = tensor.dim() == 0 and (self.takes_numbers or (indexed and name == "values"))
            if not a_number or name in self.written:
                raise RuntimeError(
                    "Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu! "
                    f"(when checking argument for argument {name} in method {self.name})"
                )

    def written_among(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[torch.Tensor]:
        """The tensors among these arguments that the operator writes to."""
        if not self.written:
            return []
        arguments = (*zip(self.names, args, strict=False), *kwargs.items())
        return [tensor for name, argument in arguments if name in self.written for tensor in tensors_in(argument)]


@cache
def rule_of(operator: OpOverload) -> Rule:
    """Read an operator's schema, once."""
    schema = operator._schema
    name = schema.name.split("::")[1]
    return Rule(
        name=name,
        names=tuple(argument.name for argument in schema.arguments),
        written=frozenset(each.name for each in schema.arguments if each.alias_info and each.alias_info.is_write),
        views=any(each.alias_info and not each.alias_info.is_write for each in schema.returns),
        random=any(argument.name == "generator" for argument in schema.arguments),
        composite=operator.has_kernel_for_dispatch_key(torch.DispatchKey.CompositeImplicitAutograd),
        mixes_devices=name in _COPIES or name in _LENGTHS_ON_CPU,
        takes_numbers=torch.Tag.pointwise in operator.tags or name in _TAKING_NUMBERS or name.startswith("_foreach_"),
    )


def tensors_in(argument: Any) -> Sequence[torch.Tensor]:
    """The tensors of one argument: itself, or those of a list."""
    if isinstance(argument, torch.Tensor):
        return (argument,)
    if isinstance(argument, list | tuple):
        return [item for item in argument if isinstance(item, torch.Tensor)]
    return ()
