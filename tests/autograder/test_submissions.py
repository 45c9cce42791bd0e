"""The grader graded: correct submissions in other styles keep everything, wrong ones lose what is wrong with them."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest
import yaml

from autograder.config import Config
from autograder.config_file import load

# Correct in another style, and perhaps slower to learn: the least that a right model keeps of a quality's marks.
LEAST_QUALITY = 0.8
TRAINED = ("autoencoder", "fcn", "transfer")
QUALITY = ("B6", "B7", "B9", "C9", "D3")


@pytest.fixture(scope="module")
def config(repository):
    return load(repository / "grading_config.yaml")


@pytest.fixture(scope="module")
def graded(autograder, repository, config):
    """Grade a folder; marks by student and item. Trainings are kept by what they reach, so that few are run twice."""

    def run(folder: Path, out: Path) -> dict[str, dict[str, float]]:
        done = autograder("grade", folder, "--out", out, "--trainings", repository / "out" / "trainings")
        assert done.returncode == 0, done.stderr
        with (out / "marks.csv").open(newline="", encoding="utf-8") as stream:
            rows = {row["student"]: row for row in csv.DictReader(stream)}
        return {name: {item.id: float(row[item.id]) for item in config.items} for name, row in rows.items()}

    return run


def items_of(folder: Path, config: Config) -> dict[str, float]:
    """The items, with their marks, of the parts that a submission holds."""
    held = {path.stem for path in folder.rglob("*") if path.suffix in (".py", ".ipynb")}
    return {item.id: item.marks for part in config.parts if part.module in held for item in part.items}


def is_slow(folder: Path) -> bool:
    """Whether a submission holds a part whose models take seconds to train."""
    return any((folder / f"{part}{suffix}").exists() for part in TRAINED for suffix in (".py", ".ipynb"))


@pytest.fixture
def chosen(request, repository, tmp_path):
    """A folder with the samples of a kind: the quick ones, and every so many of those that train for half a minute.

    With --every-submission all of them.
    """

    def choose(kind: str, every: int) -> Path:
        source = repository / "tests/submissions" / kind
        names = sorted(path.name for path in source.iterdir())
        slow = [name for name in names if is_slow(source / name)]
        left_out = set() if request.config.getoption("--every-submission") else set(slow) - set(slow[::every])
        for name in names:
            if name not in left_out:
                shutil.copytree(source / name, tmp_path / kind / name)
        return tmp_path / kind

    return choose


def test_correct_submissions_in_other_styles_lose_nothing(graded, chosen, repository, config, tmp_path):
    assert len(list((repository / "tests/submissions/wheats").iterdir())) >= 40
    folder = chosen("wheats", 2)
    marks = graded(folder, tmp_path / "out")
    lost = {
        f"{name} {item}": earned[item]
        for name, earned in marks.items()
        for item, full in items_of(folder / name, config).items()
        if earned[item] < full * (LEAST_QUALITY if item in QUALITY else 1)
    }
    assert len(marks) >= 30
    assert lost == {}


def test_each_planted_mistake_loses_its_items_and_keeps_the_others(graded, chosen, repository, config, tmp_path):
    chaffs = repository / "tests/submissions/chaffs"
    verdicts = yaml.safe_load((repository / "tests/submissions/chaffs_verdicts.yaml").read_text())
    assert {path.name for path in chaffs.iterdir()} == set(verdicts)
    folder = chosen("chaffs", 24)
    marks = graded(folder, tmp_path / "out")
    wrong = []
    for name in marks:
        verdict = verdicts[name]
        out_of = items_of(folder / name, config)
        lost = {
            item
            for item, full in out_of.items()
            if marks[name][item] < full * (LEAST_QUALITY if item in QUALITY and item not in verdict["loses"] else 1)
        }
        if lost != set(verdict["loses"]):
            wrong.append(f"{name}: loses {sorted(lost)}, should lose {verdict['loses']}")
        missing = sum(full - marks[name][item] for item, full in out_of.items())
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


def test_no_answer_is_our_error(graded, tmp_path):
    """GRADER_ERROR costs a student nothing: no answer, however absurd, may lead to it, in any part."""
    for name, expression in ABSURD.items():
        (tmp_path / "class" / name).mkdir(parents=True)
        for module, functions in FUNCTIONS.items():
            definitions = [f"def {each}(*arguments, **keywords):\n    return {expression}\n" for each in functions]
            source = "\n".join(["import torch\nfrom torch import nn\nfrom autograder import wire\n", *definitions])
            (tmp_path / "class" / name / f"{module}.py").write_text(source)
    marks = graded(tmp_path / "class", tmp_path / "out")
    assert set(marks) == set(ABSURD)
    assert {name: earned for name, earned in marks.items() if any(earned.values())} == {}
