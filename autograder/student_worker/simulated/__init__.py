"""A simulated accelerator: code that is wrong about devices fails here as on a GPU, on a machine that has none.

After `install`, "cuda" is a device of this process whose values lie on the CPU, and whose results are the CPU's bit for
bit. (Not in the last digit of SiLU's and Mish's gradients and of attention: the CPU has kernels of its own there.)

    tensor      the device's tensor, and how an operator runs on it
    rules       which tensors CUDA lets meet in one operator
    devices     the device's names and its random generators
    patches     what of PyTorch's own Python has to be told of the device

What it cannot tell: kernels that CUDA lacks, memory, asynchrony, autocast (nothing is cast). It is laxer than CUDA with
several numbers (CPU tensors without dimensions) in one operator, and stricter in one place: a CPU tensor assigned to a
device tensor's `data` is refused at once, not when it is used. `type(x) is torch.Tensor` is False for its tensors.
Not carried: other threads, streams and events, `torch.compile`, sparse CSR. An operator that cannot be carried raises
NotImplementedError, which says nothing about the student's code.

This is the student's process: nothing here resists an attack, and nothing here may decide a mark alone.
"""

from __future__ import annotations

import torch

from autograder.student_worker.simulated import patches
from autograder.student_worker.simulated.tensor import DeviceMode, SimTensor

__all__ = ["Unavailable", "install", "is_simulated", "to_cpu"]


class Unavailable(Exception):
    """This version of PyTorch does not carry the simulation: devices cannot be checked, which is nobody's fault."""


def install() -> None:
    """Give this process a device "cuda", for good: once, and before any student's code is imported.

    Raises:
        Unavailable: it does not work with this version of PyTorch; the process is of no use any more.
    """
    try:
        torch._C._ensureCUDADeviceGuardSet()
        torch._C._set_only_lift_cpu_tensors(True)  # for torch.tensor(..., device="cuda")
        patches.apply()
        DeviceMode().__enter__()  # type: ignore[no-untyped-call]
        _test_itself()
    except Exception as error:
        raise Unavailable(f"{type(error).__name__}: {error}") from error


def is_simulated(tensor: torch.Tensor) -> bool:
    """Whether a tensor is on the simulated device."""
    return isinstance(tensor, SimTensor)


def to_cpu(tensor: torch.Tensor) -> torch.Tensor:
    """Return a tensor's values as a plain CPU tensor without gradient; its memory is shared."""
    return tensor.value if isinstance(tensor, SimTensor) else tensor.detach().cpu()


def _test_itself() -> None:
    """Forward, backward, a step, and one mistake, beside the CPU's own numbers."""
    generator = torch.Generator().manual_seed(0)  # the process's own random numbers stay as they were
    images, start = (torch.rand(shape, generator=generator) for shape in ((2, 1, 6, 6), (2, 1, 3, 3)))
    results = []
    for device in ("cpu", "cuda"):
        weight = start.to(device, copy=True).requires_grad_()
        loss = torch.nn.functional.conv2d(images.to(device), weight).square().mean()
        (gradient,) = torch.autograd.grad(loss, weight)
        results.append(weight.detach() - 0.1 * gradient)
    expected, got = results
    if not is_simulated(got) or not torch.equal(to_cpu(got), expected) or torch.equal(expected, start):
        raise RuntimeError("a training step on the simulated device differs from the CPU's")
    try:
        torch.nn.functional.conv2d(images, got)
    except RuntimeError:
        return
    raise RuntimeError("a CPU tensor beside a device tensor was let through")
