"""The floor: the ten checks called directly in a process whose imports are done.

No isolation, no time limit, no record: what is left is the work of the checks themselves.
    python run.py FOLDER STUDENT...      prints the seconds that grading those students took
"""

import sys
import time
import types
from pathlib import Path

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

SNIPPETS = {
    "conv": (2, 8, 60, 60),
    "conv_back": (2, 8, 64, 64),
    "padded": (2, 8, 64, 64),
    "padded_back": (2, 8, 64, 64),
    "strided": (2, 8, 30, 30),
    "strided_back": (2, 8, 63, 63),
    "strided_back_output_padding": (2, 8, 64, 64),
}


def load(path: Path) -> types.ModuleType:
    module = types.ModuleType("conv_inverse")
    exec(compile(path.read_text(), path, "exec"), module.__dict__)
    return module


def passed(check) -> int:
    try:
        return int(check() is not False)
    except AssertionError:
        return 0


def grade(student: types.ModuleType) -> int:
    @settings(max_examples=50, deadline=None, derandomize=True, database=None)
    @given(
        n=st.integers(16, 48),
        kernel_size=st.integers(1, 5),
        stride=st.integers(1, 4),
        padding=st.integers(0, 4),
        dilation=st.integers(1, 3),
    )
    def any_size(n, kernel_size, stride, padding, dilation):
        image, kernel = torch.zeros(1, 1, n, n), torch.zeros(1, 1, kernel_size, kernel_size)
        expected = F.conv2d(image, kernel, stride=stride, padding=padding, dilation=dilation).shape[-1]
        assert student.conv_output_size(n, kernel_size, stride, padding, dilation) == expected

    earned = sum(passed(lambda n=name, s=shape: student.predict_shapes()[n] == s) for name, shape in SNIPPETS.items())
    earned += passed(lambda: student.conv_output_size(64, kernel_size=5) == 60)
    earned += passed(lambda: student.conv_output_size(28, kernel_size=3, stride=2, padding=1, dilation=2) == 13)
    return earned + passed(any_size)


if __name__ == "__main__":
    folder, *students = sys.argv[1:]
    torch.set_num_threads(1)
    grade(load(Path(folder, students[0], "conv_inverse.py")))  # imports that happen at first use
    start = time.perf_counter()
    earned = [grade(load(Path(folder, student, "conv_inverse.py"))) for student in students]
    print(time.perf_counter() - start, *earned)
