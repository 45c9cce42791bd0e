"""The grader graded: correct submissions in other styles keep everything, wrong ones lose what is wrong with them."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

TRAINED = ("autoencoder", "fcn", "transfer")
MESSAGES = Path("tests", "submissions", "chaffs_messages.csv")


@pytest.fixture(scope="module")
def audited(request, autograder, repository, tmp_path_factory):
    """The audit of what the course keeps: a part of it, without trainings, or all of it."""
    out = tmp_path_factory.mktemp("audit")
    if request.config.getoption("--every-submission"):
        chosen = ["--only", "wheat", "--only", "chaff", "--only", "unfilled"]
    else:
        names = [
            name
            for kind, quick, slow in (("wheats", 1, 6), ("chaffs", 6, 36))
            for name in chosen_of(repository / "tests/submissions" / kind, quick, slow)
        ]
        chosen = ["--fast", *(word for name in ("solutions", "the stubs", *names) for word in ("--only", name))]
    return autograder("audit", "--out", out, *chosen), out


def chosen_of(folder: Path, quick: int, slow: int) -> list[str]:
    """Every so many of a folder's quick samples, and of those that hold a part whose tests take seconds."""
    names = sorted(path.name for path in folder.iterdir())
    taking_seconds = [name for name in names if any((folder / name / f"{part}.py").exists() for part in TRAINED)]
    return [name for name in names if name not in taking_seconds][::quick] + taking_seconds[::slow]


def test_the_samples_get_the_verdicts_that_they_must_get(audited):
    done, _ = audited
    assert done.returncode == 0, done.stdout + done.stderr


def test_chaffs_are_told_what_they_were_told(audited, repository):
    """A change to a message shows here; `autograder audit` writes the new ones to messages.csv, to be read first."""
    _, out = audited
    told = {row[:3]: row[3] for row in messages_of(out / "messages.csv")}
    recorded = {row[:3]: row[3] for row in messages_of(repository / MESSAGES)}
    samples = {name for name, *_ in told}
    assert len(samples) > 30
    assert told.items() <= recorded.items()


def messages_of(path: Path) -> list[tuple[str, str, str, str]]:
    """Rows of submission, test, outcome and message; what was computed differs from one processor to another."""
    with path.open(newline="", encoding="utf-8") as stream:
        _, *rows = csv.reader(stream)
    return [
        (name, test, outcome, re.sub(r"-?\d+\.\d+(e-?\d+)?", "#", message)) for name, test, outcome, message in rows
    ]


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
FUNCTIONS = {
    "conv_inverse": (
        "predict_shapes",
        "conv_output_size",
        "conv_transpose_output_size",
        "output_padding_for",
        "sizes_sharing_output",
        "invert",
        "upsample_by",
        "crop_of",
    ),
    "autoencoder": (
        "Encoder",
        "Decoder",
        "Autoencoder",
        "reconstruction_loss",
        "train",
        "interpolate",
        "generate",
        "nearest_neighbours",
        "sweep_embedding_dims",
    ),
    "fcn": (
        "one_hot_targets",
        "FCN",
        "predict_proba",
        "predict",
        "pixel_loss",
        "PoolUnpool",
        "mean_iou",
        "receptive_field",
        "train",
        "ConvClassifier",
    ),
    "transfer": ("image_features", "TransferClassifier", "train"),
}


def test_no_answer_is_our_error(autograder, tmp_path):
    """GRADER_ERROR costs a student nothing: no answer, however absurd, may lead to it, in any part."""
    for name, expression in ABSURD.items():
        (tmp_path / "class" / name).mkdir(parents=True)
        for module, functions in FUNCTIONS.items():
            definitions = [f"def {each}(*arguments, **keywords):\n    return {expression}\n" for each in functions]
            source = "\n".join(["import torch\nfrom torch import nn\nfrom autograder import wire\n", *definitions])
            (tmp_path / "class" / name / f"{module}.py").write_text(source)
    done = autograder("grade", tmp_path / "class", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    with (tmp_path / "out/marks.csv").open(newline="", encoding="utf-8") as stream:
        totals = {row["student"]: row["total"] for row in csv.DictReader(stream)}
    assert totals == dict.fromkeys(ABSURD, "0")
