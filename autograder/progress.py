"""What runs now, for the TA's progress bar: student, item, seconds."""

from __future__ import annotations

import threading
import time

from rich.progress import ProgressColumn, Task
from rich.text import Text

from autograder.intake.tree import printable

_LONGEST_NAME = 24


class Running(ProgressColumn):
    """A column that names each submission being marked, the item it is at, and since how many seconds.

    `start` and `end` are called from the threads that wait for the jobs.
    """

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._running: dict[str, tuple[str, float]] = {}

    def start(self, student: str, item: str) -> None:
        """A test of this item has begun."""
        with self._lock:
            if self._running.get(student, ("", 0.0))[0] != item:
                self._running[student] = (item, time.monotonic())

    def end(self, student: str) -> None:
        """The submission is graded."""
        with self._lock:
            self._running.pop(student, None)

    def render(self, task: Task) -> Text:
        """See `ProgressColumn`."""
        del task
        now = time.monotonic()
        with self._lock:
            running = sorted(self._running.items())
        return Text(
            ", ".join(
                f"{printable(name[:_LONGEST_NAME])} {item} {now - since:.0f} s" for name, (item, since) in running
            )
        )
