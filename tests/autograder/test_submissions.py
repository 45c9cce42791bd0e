"""The grader graded: correct submissions in other styles keep everything, wrong ones lose what is wrong with them."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import yaml

from autograder.config import load


@pytest.fixture(scope="module")
def out_of(repository):
    return {item.id: item.marks for item in load(repository / "grading_config.yaml").items}


def graded(autograder, folder: Path, out: Path) -> dict[str, dict[str, str]]:
    done = autograder("grade", folder, "--out", out)
    assert done.returncode == 0, done.stderr
    with (out / "marks.csv").open(newline="", encoding="utf-8") as stream:
        return {row["student"]: row for row in csv.DictReader(stream)}


def test_correct_submissions_in_other_styles_lose_nothing(autograder, repository, out_of, tmp_path):
    marks = graded(autograder, repository / "tests/submissions/wheats", tmp_path)
    lost = {
        f"{name} {item}": float(row[item])
        for name, row in marks.items()
        for item in out_of
        if float(row[item]) < out_of[item]
    }
    assert len(marks) >= 20
    assert lost == {}


def test_each_planted_mistake_loses_its_items_and_keeps_the_others(autograder, repository, out_of, tmp_path):
    verdicts = yaml.safe_load((repository / "tests/submissions/chaffs_verdicts.yaml").read_text())
    marks = graded(autograder, repository / "tests/submissions/chaffs", tmp_path)
    assert set(marks) == set(verdicts)
    wrong = []
    for name, verdict in verdicts.items():
        lost = {item for item, full in out_of.items() if float(marks[name][item]) < full}
        if lost != set(verdict["loses"]):
            wrong.append(f"{name}: loses {sorted(lost)}, should lose {verdict['loses']}")
        missing = sum(out_of.values()) - float(marks[name]["total"])
        if missing < verdict["least"]:
            wrong.append(f"{name}: loses {missing:g} marks, should lose at least {verdict['least']}")
    assert wrong == []


ABSURD = {
    "none": "None",
    "nan": "float('nan')",
    "infinite": "float('inf')",
    "huge_int": "10 ** 30",
    "large_int": "2 ** 62",
    "negative": "-7",
    "true": "True",
    "text": "'64'",
    "markup": "'[bold red]=cmd()\\x1b[31m\\n\\n<script>'",
    "surrogate": "'\\ud800'",
    "bytes": "b'64'",
    "nested": "[[[[]]]]",
    "very_deep": "__import__('functools').reduce(lambda value, _: [value], range(900), 1)",
    "cycle": "(lambda value: value.append(value) or value)([])",
    "empty_tuple": "()",
    "odd_keys": "{1: 2, None: 3, float('nan'): 4}",
    "shapes_of_text": "{key: 'x' for key in ('conv', 'conv_back', 'padded', 'strided')}",
    "shapes_of_nan": "{key: (float('nan'),) * 4 for key in ('conv', 'conv_back', 'padded', 'strided')}",
    "scalar_tensor": "torch.tensor(60)",
    "empty_tensor": "torch.zeros(0, 3)",
    "half_tensor": "torch.ones(2, dtype=torch.bfloat16)",
    "meta_tensor": "torch.empty(2 ** 40, device='meta')",
    "complex_tensor": "torch.ones(2, dtype=torch.complex64)",
    "sparse_tensor": "torch.ones(2).to_sparse()",
    "expanded_tensor": "torch.zeros(1).expand(2 ** 40)",
    "module": "nn.Linear(1, 1)",
    "list_of_modules": "[nn.ConvTranspose2d(1, 1, 1)]",
    "function": "print",
    "generator": "(value for value in ())",
    "set": "{1, 2}",
    "int_subclass": "type('int', (int,), {'__eq__': lambda *_: True, '__hash__': int.__hash__})(60)",
    "always_equal": "type('Equal', (), {'__eq__': lambda *_: True})()",
    "huge_layer": "nn.ConvTranspose2d(2, 2, 3, stride=10 ** 9)",
    "huge_meta_layer": "nn.ConvTranspose2d(2 ** 20, 2 ** 20, 3, device='meta')",
    "float_layer": "nn.ConvTranspose2d(2, 2, 3, stride=2.0, padding=0.5)",
    "negative_layer": "nn.ConvTranspose2d(2, 2, 3, padding=-5)",
    "long_layer": "nn.ConvTranspose2d(2, 2, 3, stride=(2, 2, 2), output_padding=(1,))",
    "lazy_layer": "nn.LazyConvTranspose2d(2, 3)",
    "changed_layer": "[setattr(layer, 'stride', 'x') or layer for layer in [nn.ConvTranspose2d(2, 2, 3)]][0]",
    "layer_of_a_text_type": "type('ConvTranspose2d' * 1000, (nn.ConvTranspose2d,), {})(2, 2, 3)",
    "stateless_layer": "(lambda layer: [setattr(layer, 'weight', None), setattr(layer, 'bias', None)] and "
    "[setattr(layer, 'in_channels', 10 ** 6), setattr(layer, 'out_channels', 10 ** 6), layer][2])"
    "(nn.ConvTranspose2d(2, 2, 3))",
    "tensor_in_a_list": "[torch.zeros((6,) * 9, dtype=torch.uint8)]",
    "forged_reason": "__import__('builtins').exec('raise ValueError(chr(27) * 3 + \"x\" * 10 ** 6)')",
    "forged_layer": "wire.Layer('ConvTranspose2d', {'in_channels': 'x', 'out_channels': [], 'kernel_size': {}}, {})",
    "forged_object": "wire.Remote(10 ** 9, 'ConvTranspose2d')",
}
FUNCTIONS = (
    "predict_shapes",
    "conv_output_size",
    "conv_transpose_output_size",
    "output_padding_for",
    "sizes_sharing_output",
    "invert",
    "upsample_by",
    "crop_of",
)


def test_no_answer_is_our_error(autograder, repository, out_of, tmp_path):
    """GRADER_ERROR costs a student nothing: no answer, however absurd, may lead to it."""
    for name, expression in ABSURD.items():
        (tmp_path / "class" / name).mkdir(parents=True)
        definitions = [f"def {function}(*arguments, **keywords):\n    return {expression}\n" for function in FUNCTIONS]
        source = "\n".join(["import torch\nfrom torch import nn\nfrom autograder import wire\n", *definitions])
        (tmp_path / "class" / name / "conv_inverse.py").write_text(source)
    marks = graded(autograder, tmp_path / "class", tmp_path / "out")
    assert set(marks) == set(ABSURD)
    assert {name: row["total"] for name, row in marks.items() if float(row["total"]) > 0} == {}
