"""What students read: how a failure begins, how a value is described, and the failure itself."""

from __future__ import annotations

from typing import Any, NoReturn, Protocol, runtime_checkable

import torch

from autograder import wire
from autograder.pictures import Picture

_LONGEST_DESCRIPTION = 120
_LONGEST_NAME = 40
# Tensors of up to this many numbers are shown whole: the smallest failing example is one that can be typed in again.
_FEW = 6
_last_call = ""
_remark = ""
_pictures: dict[str, Picture] = {}


class Failed(AssertionError):
    """The student's answer is not what was asked. Its text is shown to the student as it stands.

    Attributes:
        share: the part of the test's marks that it earns all the same, below 1.
    """

    def __init__(self, message: str, share: float = 0.0) -> None:
        super().__init__(message)
        self.share = share


@runtime_checkable
class Named(Protocol):
    """What has a type's name of its own: an object or a layer of the student's."""

    @property
    def type_name(self) -> str:
        """The name of its class, as the student's process says."""


def fail(message: str, of: str = "") -> NoReturn:
    """Raise `Failed` with "<of, or the last call>: <message>"."""
    where = of or last_call()
    raise Failed(f"{where}: {message}" if where else message)


def remark(text: str) -> None:
    """Say something of a test that passes: a score, for instance."""
    global _remark
    _remark = text


def take_remark() -> str:
    """What was said since this was last asked."""
    global _remark
    said, _remark = _remark, ""
    return said


def show(picture: Picture) -> None:
    """Show a picture beside the test's marks, in place of an earlier one with its title."""
    _pictures[picture.title] = picture


def take_pictures() -> tuple[Picture, ...]:
    """The pictures shown since this was last asked."""
    taken = tuple(_pictures.values())
    _pictures.clear()
    return taken


def note_call(text: str) -> None:
    """Remember the student's function that is called now, with its arguments."""
    global _last_call
    _last_call = text


def last_call() -> str:
    """The student's function that was called last, with its arguments, as a student would write it."""
    return _last_call


def describe(value: object) -> str:
    """A value in a few words, for messages; quick and short whatever a student made."""
    parts: list[str] = []
    _describe(value, parts)
    text = "".join(parts)
    return text if len(text) <= _LONGEST_DESCRIPTION else text[:_LONGEST_DESCRIPTION] + "..."


def short_name(type_name: str) -> str:
    """A class's name without its modules: "Sequential" of "torch.nn.modules.container.Sequential"."""
    return type_name.rpartition(".")[2][:_LONGEST_NAME]


def _numbers(values: Any) -> str:
    """Nested lists of numbers, each with four digits."""
    if isinstance(values, list):
        return f"[{', '.join(map(_numbers, values))}]"
    return f"{values:.4g}" if isinstance(values, float | complex) else str(values)


def _describe(value: object, parts: list[str]) -> None:
    """Append the value's words to `parts`, and no more once they are long enough to be cut."""
    if sum(map(len, parts)) > _LONGEST_DESCRIPTION:
        return
    if isinstance(value, list | tuple | dict):
        if len(value) > 40:
            parts.append(f"a {type(value).__name__} of {len(value)} items")
            return
        opening, closing = {list: ("[", "]"), tuple: ("(", ")"), dict: ("{", "}")}[type(value)]
        parts.append(opening)
        for index, item in enumerate(value):
            parts.append(", " if index else "")
            _describe(item, parts)
            if isinstance(value, dict):
                parts.append(": ")
                _describe(value[item], parts)
        parts.append(",)" if isinstance(value, tuple) and len(value) == 1 else closing)
    elif isinstance(value, wire.OnDevice):
        _describe(value.tensor, parts)
        parts.append(" on cuda:0")
    elif isinstance(value, Named):
        name = short_name(value.type_name)
        parts.append(f"{'an' if name[:1] in set('AEIOUaeiou') else 'a'} {name}")
    elif isinstance(value, torch.Tensor):
        dtype = str(value.dtype).removeprefix("torch.")
        if value.device.type == "meta" or not 0 < value.numel() <= _FEW:
            parts.append(f"a tensor of shape {tuple(value.shape)} ({dtype})")
        else:
            parts.append(f"tensor({_numbers(value.tolist())}, {dtype})")
    elif isinstance(value, str | bytes):
        parts.append(repr(value[: _LONGEST_DESCRIPTION + 1]))
    else:
        parts.append(repr(value))
