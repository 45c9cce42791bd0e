"""Which accelerator there is, where the driver's program is another's: its answer, its failure, its end by a kill."""

from __future__ import annotations

import os

import pytest

from autograder.device import gpu_names
from autograder.errors import GraderError


@pytest.fixture
def driver(tmp_path, monkeypatch):
    """Write the program that stands for nvidia-smi."""

    def write(script: str) -> None:
        (tmp_path / "nvidia-smi").write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "nvidia-smi").chmod(0o755)

    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    return write


def test_every_gpu_has_a_line(driver):
    driver("echo 'A GPU, 80 GiB'; echo 'Another, 24 GiB'")
    assert gpu_names() == ["A GPU, 80 GiB", "Another, 24 GiB"]


def test_a_driver_that_fails_is_no_gpu(driver):
    driver("echo 'no devices were found'; exit 9")
    assert gpu_names() == []


def test_a_driver_that_was_killed_is_not_taken_for_no_gpu(driver):
    driver("kill -9 $$")
    with pytest.raises(GraderError, match="nvidia-smi was killed"):
        gpu_names()
