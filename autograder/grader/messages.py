"""What students read: how a failure begins, how a value is described, and the failure itself."""

from __future__ import annotations

from typing import NoReturn, Protocol, runtime_checkable

import torch

_LONGEST_DESCRIPTION = 120
_last_call = ""


class Failed(AssertionError):
    """The student's answer is not what was asked. Its text is shown to the student as it stands."""


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


def note_call(text: str) -> None:
    """Remember the student's function that is called now, with its arguments."""
    global _last_call
    _last_call = text


def last_call() -> str:
    """The student's function that was called last, with its arguments, as a student would write it."""
    return _last_call


def describe(value: object) -> str:
    """A value in a few words, for messages."""
    if isinstance(value, Named):
        return f"a {value.type_name}"[:_LONGEST_DESCRIPTION]
    if isinstance(value, torch.Tensor):
        if value.ndim == 0 and value.device.type != "meta":
            return f"tensor({value.item()})"
        return f"a tensor of shape {tuple(value.shape)} ({str(value.dtype).removeprefix('torch.')})"
    if isinstance(value, list | tuple | dict) and len(value) > 40:
        return f"a {type(value).__name__} of {len(value)} items"
    text = repr(value) if not isinstance(value, str) or len(value) <= _LONGEST_DESCRIPTION else repr(value[:80])
    return text if len(text) <= _LONGEST_DESCRIPTION else text[:_LONGEST_DESCRIPTION] + "..."
