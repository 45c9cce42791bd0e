"""Requests, replies, and the values in them that stand for something on the other side."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias

import msgspec
import torch


@dataclass(frozen=True)
class Remote:
    """An object that stays in the worker: its number there and the name of its type."""

    number: int
    type_name: str


@dataclass(frozen=True)
class Layer:
    """A torch.nn layer in words: enough to build an equal one, and nothing that runs.

    Attributes:
        type_name: a class of torch.nn, "ConvTranspose2d" for instance, or a network of torchvision.models; on the way
            back whatever the worker says.
        settings: arguments for its constructor, dtype and device (as strings) among them.
        state: its state dict; its children's is theirs.
        children: what a container holds, by name.
    """

    type_name: str
    settings: dict[str, Any]
    state: dict[str, torch.Tensor]
    children: dict[str, Layer] = field(default_factory=dict)


@dataclass(frozen=True)
class OnDevice:
    """A tensor that is, or is to be, on the worker's accelerator; `tensor` holds its values."""

    tensor: torch.Tensor


class Start(msgspec.Struct, tag=True):
    """First request: the student's files by relative path, their bytes as uint8 tensors (they may be large).

    `device` is the accelerator that the student's code is to find: "", "simulated" or "cuda"; `notebooks` says what
    runs of a notebook: "definitions" or "everything".
    """

    files: dict[str, Any]
    device: str = ""
    notebooks: str = "definitions"


class Import(msgspec.Struct, tag=True):
    """Import one of the student's modules."""

    module: str


class Call(msgspec.Struct, tag=True):
    """Call what `path` names: a module's name or an object's number, then attributes.

    With `gradient_of`, the answer is a tuple: what was returned, and the gradient of its sum with respect to that
    argument, or None where there is none.
    """

    path: list[int | str]
    arguments: list[Any]
    keywords: dict[str, Any]
    gradient_of: int | None = None


class Operate(msgspec.Struct, tag=True):
    """Do something of the worker's own with its objects; `student_worker.operations` has the names."""

    name: str
    arguments: list[Any]


class Value(msgspec.Struct, tag=True):
    """The call returned this."""

    value: Any


class Raised(msgspec.Struct, tag=True):
    """The call raised: class names from the exception's own to Exception, its text, where in which file."""

    type_names: list[str]
    message: str
    where: str
    error_number: int | None = None


class Missing(msgspec.Struct, tag=True):
    """There is nothing to call: the module or the name is not in the submission."""

    reason: str


class NotImported(msgspec.Struct, tag=True):
    """The module is there but does not import."""

    reason: str
    error_number: int | None = None


class Refused(msgspec.Struct, tag=True):
    """The call returned something that may not cross."""

    reason: str


Request: TypeAlias = Start | Import | Call | Operate
Reply: TypeAlias = Value | Raised | Missing | NotImported | Refused
Message: TypeAlias = Request | Reply


class Envelope(msgspec.Struct):
    """A message and its number; a reply carries the number of its request."""

    number: int
    message: Message
