"""What the lecture states, of the solutions, and the grader's own measures beside other people's."""
# ruff: noqa: D103 - a test's name says what it tests

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torchmetrics.classification import MulticlassJaccardIndex

REPOSITORY = Path(__file__).parents[2]
CLASSES = 4
QUICK = settings(deadline=None, derandomize=True, max_examples=60)


def _module(name: str, folder: str) -> ModuleType:
    """Import a file by its path, for the folders of a course are no packages."""
    specification = importlib.util.spec_from_file_location(name, REPOSITORY / folder / f"{name}.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def conv_inverse() -> ModuleType:
    return _module("conv_inverse", "solutions")


@pytest.fixture(scope="module")
def pixels() -> ModuleType:
    return _module("pixels", "tests/marked")


@pytest.fixture(scope="module")
def fcn() -> ModuleType:
    return _module("fcn", "solutions")


@st.composite
def convolutions(draw: st.DrawFn) -> tuple[nn.Conv2d, tuple[int, int]]:
    """A convolution in float64 without bias, and the size of an input that its kernel fits."""
    kernel, stride, padding, dilation = (
        tuple(draw(st.integers(low, high)) for _ in range(2)) for low, high in ((1, 4), (1, 3), (0, 2), (1, 2))
    )
    groups = draw(st.integers(1, 2))
    into, out_of = (groups * draw(st.integers(1, 2)) for _ in range(2))
    least = [max(1, d * (k - 1) + 1 - 2 * p) for k, p, d in zip(kernel, padding, dilation, strict=True)]
    size = tuple(draw(st.integers(each, each + 6)) for each in least)
    torch.manual_seed(draw(st.integers(0, 99)))
    conv = nn.Conv2d(into, out_of, kernel, stride, padding, dilation, groups, bias=False, dtype=torch.float64)
    return conv, size


@QUICK
@given(convolutions())
def test_the_solutions_inverse_with_the_same_weights_is_the_adjoint(conv_inverse: ModuleType, case) -> None:
    """<conv(u), v> = <u, conv_transpose(v)>: why a transposed convolution is called transposed."""
    conv, size = case
    inverse = conv_inverse.invert(conv, size)
    inverse.load_state_dict(conv.state_dict())
    u = torch.randn(2, conv.in_channels, *size, dtype=torch.float64)
    image = conv(u)
    v = torch.randn_like(image)
    torch.testing.assert_close((image * v).sum(), (u * inverse(v)).sum())


@QUICK
@given(st.integers(0, 10_000), st.lists(st.integers(0, CLASSES - 1), min_size=1, max_size=3, unique=True))
def test_iou_of_the_grader_and_of_the_solution_are_torchmetrics(
    pixels: ModuleType, fcn: ModuleType, seed: int, present: list[int]
) -> None:
    """Classes that neither has are drawn often: they count for nothing."""
    generator = torch.Generator().manual_seed(seed)
    prediction, labels = torch.tensor(present)[torch.randint(len(present), (2, 3, 5, 7), generator=generator)]
    prediction[0, 0, 0] = seed % CLASSES
    expected = float(MulticlassJaccardIndex(CLASSES, average="macro")(prediction, labels))
    assert pixels.iou(prediction, labels, CLASSES) == pytest.approx(expected, abs=1e-6)
    assert fcn.mean_iou(prediction, labels, CLASSES) == pytest.approx(expected, abs=1e-6)


@QUICK
@given(st.lists(st.tuples(st.sampled_from([1, 3, 5]), st.integers(1, 3), st.integers(1, 2)), min_size=1, max_size=3))
def test_the_receptive_field_is_the_footprint_of_a_gradient(
    fcn: ModuleType, layers: list[tuple[int, int, int]]
) -> None:
    field = fcn.receptive_field(layers)
    pixels = torch.zeros(1, 1, 4 * field + 1, requires_grad=True)
    answer = pixels
    for kernel_size, stride, dilation in layers:
        answer = F.conv1d(answer, torch.ones(1, 1, kernel_size), stride=stride, dilation=dilation)
    answer[0, 0, 0].backward()
    assert pixels.grad is not None
    touched = pixels.grad[0, 0].nonzero().flatten()
    assert int(touched.max() - touched.min()) + 1 == field
