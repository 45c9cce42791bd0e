"""The student's modules as marked tests see them: `student.conv_inverse.invert(conv, (28, 28))`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from autograder import layers, wire
from autograder.errors import GraderError
from autograder.grader import messages

if TYPE_CHECKING:
    from autograder.grader.session import Session


class StudentObject:
    """An object that stays in the student's process. Call it, or take its attributes' answers by calling them."""

    def __init__(self, session: Session, remote: wire.Remote) -> None:
        self._session = session
        self._worker = session.worker
        self.remote = remote

    @property
    def type_name(self) -> str:
        """The full name of its class, as the student's process says."""
        return self.remote.type_name

    @property
    def _name(self) -> str:
        return messages.short_name(self.type_name)

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """Call it in the student's process; see `Session.call`."""
        return _Callable(self._session, [self.remote.number], self._name)(*arguments, **keywords)

    def __getattr__(self, name: str) -> _Callable:
        if name.startswith("_"):
            raise AttributeError(name)
        return _Callable(self._session, [self.remote.number, name], f"{self._name}.{name}")

    def operate(self, name: str, *arguments: Any) -> Any:
        """Have the student's process do one of `student_worker.operations` with it."""
        if self._session.worker is not self._worker:
            raise GraderError("a test kept an object of a student's process that has ended")
        return self._session.ask(wire.Operate(name, [self.remote, *map(outgoing, arguments)]))


class _Callable:
    """What `path` leads to in the student's process, called `name` in messages."""

    def __init__(self, session: Session, path: list[int | str], name: str) -> None:
        self._session = session
        self._path = path
        self._name = name

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """Call it there; see `Session.call`."""
        return self._session.call(self._path, self._name, arguments, keywords)

    def with_gradient(self, index: int, *arguments: Any) -> tuple[Any, torch.Tensor | None]:
        """Call it; return its answer and the gradient of the answer's sum with respect to `arguments[index]`."""
        answer = self._session.call(self._path, self._name, arguments, {}, gradient_of=index)
        if not isinstance(answer, tuple) or len(answer) != 2:
            messages.fail(f"expected a tensor and its gradient, got {messages.describe(answer)}")
        return answer

    def __repr__(self) -> str:
        return self._name


class _Module:
    def __init__(self, session: Session, name: str) -> None:
        self._session = session
        self._name = name

    def __getattr__(self, name: str) -> _Callable:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Callable(self._session, [self._name, name], name)


class Student:
    """The fixture `student`: its attributes are the submission's modules."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def __getattr__(self, name: str) -> _Module:
        if name.startswith("_"):
            raise AttributeError(name)
        return _Module(self._session, name)


def session_of(student: Student) -> Session:
    """The conversation behind the fixture."""
    return student._session


def outgoing(value: Any) -> Any:
    """What stands on the wire for something that a test hands to a student's code."""
    if isinstance(value, StudentObject):
        return value.remote
    if isinstance(value, torch.nn.Module):
        return layers.in_words(value)
    if isinstance(value, list | tuple) and type(value) in (list, tuple):
        return type(value)(outgoing(item) for item in value)
    if isinstance(value, dict):
        return {key: outgoing(item) for key, item in value.items()}
    return value
