"""Which accelerator this machine has, asked of the driver's own program: the command line imports no torch."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autograder.config import DeviceSettings
from autograder.errors import GraderError, UsageError


def gpu_names() -> list[str]:
    """Name and memory of each GPU of this machine.

    Raises:
        GraderError: something outside killed the driver's program, which says nothing about the machine.
    """
    if shutil.which("nvidia-smi") is None or os.environ.get("CUDA_VISIBLE_DEVICES") == "":
        return []
    answer = subprocess.run(
        ["nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader"],
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode == -signal.SIGKILL:
        raise GraderError("nvidia-smi was killed. Is the machine out of memory? Run the same command again")
    return answer.stdout.strip().splitlines() if answer.returncode == 0 else []


def device_for(settings: DeviceSettings) -> str:
    """What items that ask for an accelerator run on: "cuda", "simulated", or "" for nothing.

    Raises:
        GraderError: something outside killed the driver's program.
        UsageError: there is no GPU, and the settings refuse to grade without one.
    """
    if gpu_names():
        return "cuda"
    if settings.missing == "refuse":
        raise UsageError(
            "this machine has no GPU that answers (nvidia-smi), and grading_config.yaml says device.missing: refuse; "
            "grade on a machine with one, or set it to simulate or not_run"
        )
    return "simulated" if settings.missing == "simulate" else ""


@contextmanager
def slots(count: int) -> Iterator[str]:
    """A folder with one file for each worker that may use the GPU at a time; see `grader.slots`."""
    with tempfile.TemporaryDirectory(prefix="autograder-slots-") as folder:
        for number in range(count):
            Path(folder, str(number)).touch()
        yield folder
