"""Trainings of the student's: each runs once, in a process of its own, and serves all the tests that need it.

    @training("autoencoder", "Autoencoder", "train")
    def trained_autoencoder(student, embedding_dim):
        model = student.autoencoder.Autoencoder(embedding_dim)
        losses = student.autoencoder.train(model, images, epochs=10, seed=1)
        return losses, state_of(model)

The process ends with the training, so what was trained on cannot go where held-out images come: only the result,
plain values, goes on. Tests that need a training which failed are BLOCKED by it, and so is a training of a function
that did not end in another test.

Where the session has a folder for trainings, results are kept there too, by all that they depend on: the code reached
in the submission, the file that holds the function above, its arguments, the data, torch's version. Files in that
folder are as trusted as the marks: the grader alone writes them, as frames of the wire.
"""

from __future__ import annotations

import contextlib
import hashlib
import inspect
import os
import struct
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import torch

from autograder import wire
from autograder.grader.faults import StudentRaised, Unusable
from autograder.grader.messages import last_call
from autograder.grader.proxy import Student, session_of
from autograder.grader.reached import code_reached
from autograder.grader.session import Session
from autograder.grader.worker import WorkerLost
from autograder.records import Outcome


def training(module: str, *names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorate a function of (student, plain arguments) that returns plain values and tensors.

    Args:
        module: the student's module that holds what is trained.
        names: the functions and classes there that it calls.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        source = Path(inspect.getfile(function)).read_bytes()

        @wraps(function)
        def remembered(student: Student, *arguments: Any) -> Any:
            session = session_of(student)
            key = (function.__qualname__, arguments)
            if key not in session.remembered:
                for name in names:
                    if f"{module}.{name}" in session.endless:
                        raise Unusable(Outcome.BLOCKED, f"not run: {session.endless[f'{module}.{name}']}")
                # An audit's other seeds start elsewhere.
                seed = f" seed {session.seed}" if session.seed else ""
                about = f"{key!r} {torch.__version__} {session.device}{seed}".encode()
                parts = (about, source, code_reached(session.files, module, names))
                path = _path(session, hashlib.sha256(b"\0".join(parts)).hexdigest())
                result = _kept(path)
                if result is None:
                    result = _run(session, key, lambda: function(student, *arguments))
                    _keep(path, result)
                session.remembered[key] = result
            if isinstance(session.remembered[key], Unusable):
                raise session.remembered[key]
            return session.remembered[key]

        return remembered

    return decorate


def _run(session: Session, key: object, run: Callable[[], Any]) -> Any:
    """Run it in a process of its own; a failure is this test's, and blocks those that need the training later."""
    session.close()
    try:
        return run()
    except (AssertionError, StudentRaised, Unusable, WorkerLost) as failure:
        what = f"{last_call()}: {failure}" if isinstance(failure, WorkerLost) else str(failure)
        session.remembered[key] = Unusable(
            Outcome.BLOCKED, f"not run, because the training that it needs failed: {what}"
        )
        raise
    finally:
        session.close()


def _path(session: Session, digest: str) -> Path | None:
    return session.trainings / f"{digest}.frame" if session.trainings else None


def _kept(path: Path | None) -> Any:
    """What an earlier training gave, or None; a file that was damaged counts as none."""
    if path is None or not path.exists():
        return None
    with path.open("rb") as stream:
        try:
            message = wire.receive(lambda length: bytearray(stream.read(length))).message
        except (wire.WireError, struct.error):
            return None
    return message.value if isinstance(message, wire.Value) else None


def _keep(path: Path | None, result: Any) -> None:
    if path is None:
        return
    # A full disk costs the next run a training, and nobody a mark.
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(f".{os.getpid()}")
        unfinished.write_bytes(wire.encode(wire.Envelope(0, wire.Value(result))))
        unfinished.replace(path)
