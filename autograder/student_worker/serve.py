"""The worker's end of the wire: do what a request says, answer, wait for the next."""

from __future__ import annotations

import socket
import sys
from pathlib import Path
from typing import Any

import torch

from autograder import layers, wire
from autograder.student_worker import simulated
from autograder.student_worker.modules import Absent, ImportFailed, Modules, NoNotebook, place_of
from autograder.student_worker.operations import OPERATIONS, Held, with_gradient

SEED = 321
_LONGEST_MESSAGE = 500


class HungUp(Exception):
    """The grader has closed its end: there is nothing left to do."""


class Server:
    """Serves one submission on one connection."""

    def __init__(self, connection: socket.socket, box: Path) -> None:
        self._connection = connection
        self._box = box
        self._modules = Modules(box)
        self._objects: list[Any] = []

    def run(self) -> None:
        """Answer requests until the grader hangs up."""
        OPERATIONS["seed"](SEED)
        while True:
            try:
                request = wire.receive(self._read_exactly)
            except HungUp:
                return
            reply = self._answer(request.message)
            try:
                frame = wire.encode(wire.Envelope(request.number, reply), self._stand_in)
            except Exception as error:
                frame = wire.encode(wire.Envelope(request.number, wire.Refused(self._text(error))))
            self._connection.sendall(frame)

    def _answer(self, request: Any) -> wire.Reply:
        try:
            match request:
                case wire.Start():
                    self._start(request.files)
                    self._modules.everything_in_notebooks = request.notebooks == "everything"
                    if request.device == "simulated":
                        simulated.install()
                    elif request.device:
                        _try_out(request.device)
                    return wire.Value(None)
                case wire.Import():
                    self._modules.load(request.module)
                    return wire.Value(None)
                case wire.Call():
                    function = self._resolve(request.path)
                    arguments = [self._materialise(value) for value in request.arguments]
                    keywords = {name: self._materialise(value) for name, value in request.keywords.items()}
                    if request.gradient_of is not None:
                        return wire.Value(with_gradient(function, arguments, request.gradient_of))
                    return wire.Value(function(*arguments, **keywords))
                case wire.Operate():
                    operands = [self._materialise(value) for value in request.arguments]
                    return wire.Value(OPERATIONS[request.name](*operands))
            raise TypeError("no such request")
        except Absent as error:
            return wire.Missing(str(error))
        except ImportFailed as error:
            cause = error.__cause__ or error
            place = place_of(cause, self._box)
            reason = cause.msg if isinstance(cause, SyntaxError) else self._text(cause)
            where = f" ({place})" if place else ""
            kind = "" if isinstance(cause, NoNotebook) else f"{type(cause).__name__}: "
            return wire.NotImported(f"{kind}{reason}{where}", _error_number(cause))
        except BaseException as error:  # SystemExit and KeyboardInterrupt too: here they are but answers
            names = [kind.__name__ for kind in type(error).__mro__]
            if isinstance(error, RuntimeError) and "can't allocate memory" in self._text(error):
                names.insert(0, "MemoryError")  # torch's own allocator says it this way
            if isinstance(error, NotImplementedError) and "'Lazy' backend" in self._text(error):
                names.insert(0, "MissingOperator")  # of the simulated device: no fault of the student's
            return wire.Raised(names, self._text(error), place_of(error, self._box), _error_number(error))

    def _start(self, files: dict[str, torch.Tensor]) -> None:
        for name, content in files.items():
            path = self._box / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.numpy().tobytes())
        sys.path.insert(0, str(self._box))

    def _resolve(self, path: list[int | str]) -> Any:
        first, *names = path
        if isinstance(first, int):
            target = self._objects[first]
        else:
            target = self._modules.attribute(first, str(names.pop(0)))
        for name in names:
            target = getattr(target, str(name))
        return target

    def _materialise(self, value: Any) -> Any:
        """Turn what the grader sent in words into the objects it stands for."""
        if isinstance(value, wire.Remote):
            return self._objects[value.number]
        if isinstance(value, wire.Layer):
            return layers.build(value)
        if isinstance(value, wire.OnDevice):
            return value.tensor.to("cuda")
        if isinstance(value, list):
            return [self._materialise(item) for item in value]
        if isinstance(value, dict):
            return {key: self._materialise(item) for key, item in value.items()}
        return value

    def _stand_in(self, value: Any) -> wire.Remote | wire.OnDevice | None:
        """Keep a module, or a tensor that is to stay, and send its number; no other object may cross."""
        if simulated.is_simulated(value):
            return wire.OnDevice(simulated.to_cpu(value))
        if isinstance(value, Held):
            value = value.tensor
        elif not isinstance(value, torch.nn.Module):
            return None
        self._objects.append(value)
        return wire.Remote(len(self._objects) - 1, f"{type(value).__module__}.{type(value).__qualname__}")

    def _text(self, error: BaseException) -> str:
        """The exception's text, without the name of the folder that the files happen to lie in."""
        try:
            text = str(error)
        except Exception:
            text = "(its message cannot be read)"
        text = text.encode("utf-8", "replace").decode().replace(f"{self._box}/", "")
        return text if len(text) <= _LONGEST_MESSAGE else text[:_LONGEST_MESSAGE] + "..."

    def _read_exactly(self, length: int) -> bytearray:
        data = bytearray(length)
        view = memoryview(data)
        while view:
            count = self._connection.recv_into(view)
            if count == 0:
                raise HungUp
            view = view[count:]
        return data


class Unavailable(Exception):
    """The accelerator that the grader asked for does not work in this process."""


def _try_out(device: str) -> None:
    """Compute something there, before any of the student's code: a failure now is the machine's."""
    try:
        value = float(torch.ones(2, device=device).sum())
    except (RuntimeError, AssertionError) as error:
        raise Unavailable(str(error)) from error
    if value != 2:
        raise Unavailable(f"1 + 1 is {value} there")


def _error_number(error: BaseException) -> int | None:
    number = getattr(error, "errno", None) if isinstance(error, OSError) else None
    return number if type(number) is int and abs(number) < 10_000 else None
