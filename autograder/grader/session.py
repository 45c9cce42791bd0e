"""One submission being marked: the conversation with the student's process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import torch

from autograder import wire
from autograder.errors import GraderError
from autograder.grader import messages
from autograder.grader.faults import StudentRaised, Undecided, Unusable, not_imported
from autograder.grader.proxy import StudentObject, outgoing
from autograder.grader.slots import Slot, take_slot
from autograder.grader.worker import StartProcess, Worker, WorkerLost
from autograder.records import Conditions, Outcome

# An import may take this many times a test's seconds: packages are read from disk, and torch's are large.
_IMPORT_FACTOR = 3
# Far enough for no test's seeds, small numbers, to meet those of a process or of an audit's next seed.
_OWN_SEEDS, _SEEDS_APART = 50_000, 100_000


class Session:
    """One submission being marked: its worker, replaced when lost, and the calls made to it.

    Args:
        files: relative path -> contents: what the student's process finds in its folder.
        start_process: makes a new process for the student's code.
        conditions: what it is marked under.
        device: the accelerator that this session's processes have: "" (none), "simulated" or "cuda".
    """

    def __init__(
        self, files: Mapping[str, bytes], start_process: StartProcess, conditions: Conditions, device: str = ""
    ) -> None:
        self.files = files
        self.device = device
        self.trainings = Path(conditions.trainings) if conditions.trainings else None
        self.seed = conditions.seed
        self.remembered: dict[object, Any] = {}
        self.endless: dict[str, str] = {}
        self._notebooks = conditions.notebooks
        self._file_tensors = {
            name: torch.frombuffer(bytearray(content), dtype=torch.uint8)
            if content
            else torch.empty(0, dtype=torch.uint8)
            for name, content in files.items()
        }
        self._start_process = start_process
        self._limits = replace(conditions.limits, gpu=device == "cuda")
        self._slots = Path(conditions.slots) if device == "cuda" and conditions.slots else None
        self._slot: Slot | None = None
        self._seconds = self._budget = conditions.limits.seconds
        self._imported: set[str] = set()
        self._unusable: dict[str, Unusable] = {}
        self.worker: Worker | None = None
        self._seeded = False
        self._processes = count()
        self.flooded = False

    def missing(self, module: str) -> str:
        """Why there is nothing to mark of a module, or "": the submission has no such file."""
        if f"{module}.py" in self.files or f"{module}.ipynb" in self.files:
            return ""
        there = ", ".join(sorted(self.files)[:8]) or "nothing"
        return f"there is no {module}.py or {module}.ipynb in your submission (found: {there})"

    def begin_test(self, seconds: float) -> None:
        """Start charging a new test, and seeding: what it gets must not depend on what ran before it."""
        messages.note_call("")
        self._seconds = seconds
        self._seeded = False
        self._processes = count()  # a second process draws anew, or it would seem to know the first
        self.begin_request(seconds)

    def call(
        self,
        path: list[int | str],
        name: str,
        arguments: tuple[Any, ...],
        keywords: dict[str, Any],
        gradient_of: int | None = None,
    ) -> Any:
        """Call something of the student's, `name` in messages; a module comes back as a StudentObject.

        A function that ran out of time is remembered in `endless`, with the words for it.

        Raises:
            StudentRaised, Unusable, WorkerLost, Failed: whose fault it is, and what to tell the student.
        """
        messages.note_call(_call_text(name, arguments, keywords))
        if isinstance(path[0], str):
            self._import(path[0])
        call = wire.Call(
            path, [outgoing(value) for value in arguments], {k: outgoing(v) for k, v in keywords.items()}, gradient_of
        )
        try:
            return self.ask(call)
        except WorkerLost as lost:
            if lost.outcome is Outcome.TIMED_OUT and isinstance(path[0], str):
                self.endless[".".join(map(str, path))] = f"{messages.last_call()}: {lost.message}"
            raise

    def _import(self, module: str) -> None:
        """Have the student's module imported, on time of its own; one that fails is not tried again."""
        if module in self._unusable:
            raise self._unusable[module]
        if self.worker is not None and module in self._imported:
            return
        try:
            self.begin_request(_IMPORT_FACTOR * self._seconds)
            self.ask(wire.Import(module))
        except (Unusable, WorkerLost) as failure:
            what = failure.message if isinstance(failure, WorkerLost) else str(failure)
            place = f"while {module} was imported: " if isinstance(failure, WorkerLost) else ""
            self._unusable[module] = Unusable(failure.outcome, f"{place}{what}")
            raise self._unusable[module] from None
        self._imported.add(module)
        self.begin_request(self._seconds)

    def elsewhere(self, seed: int) -> int:
        """What a test's seed is in the student's process: each seed of an audit starts elsewhere."""
        return seed + _SEEDS_APART * self.seed

    def begin_request(self, seconds: float) -> None:
        """Charge what comes next anew, up to `seconds`."""
        if self.worker:
            self.worker.begin_test(seconds)
        self._budget = seconds

    def ask(self, request: wire.Import | wire.Call | wire.Operate) -> Any:
        """Send one request to the worker, starting one if there is none."""
        try:
            if self.worker is None:
                if self._slots:
                    self._slot = take_slot(self._slots)
                self.worker = Worker(self._start_process(self._limits), self._limits)
                self.worker.begin_test(self._budget)
                started = self.worker.request(wire.Start(dict(self._file_tensors), self.device, self._notebooks))
                if isinstance(started, wire.Raised) and "Unavailable" in started.type_names:
                    self.close()
                    raise GraderError(
                        f"the {self.device} device is unavailable: {started.message}. "
                        "To grade on the simulated one, hide the GPU: CUDA_VISIBLE_DEVICES= autograder grade ..."
                    )
                if not isinstance(started, wire.Value):
                    self.close()
                    raise Unusable(Outcome.FAILED, "your files do not fit into the space that a submission has")
                self._seeded = False
            if not self._seeded:
                self._seeded = True  # a second process otherwise, or what no state dict holds would be there again
                self.worker.request(wire.Operate("seed", [self.elsewhere(_OWN_SEEDS + next(self._processes))]))
            reply = self.worker.request(request)
        except WorkerLost as lost:
            self.close()
            if lost.signal_name and self.device == "simulated":  # it runs PyTorch in ways it was not made for
                raise Undecided(f"the simulated device crashed ({lost.signal_name})") from None
            raise
        if isinstance(reply, wire.Value):
            return self._incoming(reply.value)
        if isinstance(reply, wire.Raised):
            if "MissingOperator" in reply.type_names and self.device == "simulated":
                raise Undecided(f"the simulated device lacks an operator: {reply.message} ({reply.where})")
            raise StudentRaised(reply)
        if isinstance(reply, wire.Missing):
            raise Unusable(Outcome.FAILED, reply.reason)
        if isinstance(reply, wire.NotImported):
            raise not_imported(reply)
        return messages.fail(
            f"expected a number, text, tensor or layer, or a list, tuple or dictionary of these, got {reply.reason}"
        )

    def close(self) -> None:
        """End the worker, if there is one."""
        if self.worker:
            self.flooded = self.flooded or self.worker.flooded
            self.worker.close()
            self.worker = None
            self._imported.clear()
        if self._slot:
            self._slot.release()
            self._slot = None

    def _incoming(self, value: Any) -> Any:
        if isinstance(value, wire.Remote):
            return StudentObject(self, value)
        if isinstance(value, list | tuple):
            return type(value)(self._incoming(item) for item in value)
        if isinstance(value, dict):
            return {key: self._incoming(item) for key, item in value.items()}
        return value


def sessions(
    files: Mapping[str, bytes], start_process: StartProcess, conditions: Conditions
) -> tuple[Session, Session | None]:
    """A session without an accelerator, and one with, if there is one."""
    device = conditions.device
    return (
        Session(files, start_process, conditions),
        Session(files, start_process, conditions, device) if device else None,
    )


def _call_text(name: str, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> str:
    shown = [str(value) if isinstance(value, torch.nn.Module) else messages.describe(value) for value in arguments]
    shown += [f"{key}={messages.describe(value)}" for key, value in keywords.items()]
    return f"{name}({', '.join(shown)})"
