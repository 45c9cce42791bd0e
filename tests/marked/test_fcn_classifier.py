"""Part C, hidden tests of one answer for the whole image (C11)."""

from __future__ import annotations

from typing import Any

import torch
from answers import expect_alike, expect_finite, expect_steady
from pixels import random
from structure import parts, wake
from trainings_fcn import module, training_scenes

from autograder.grader import StudentObject, fail


def classifier(student: Any, *settings: int) -> StudentObject:
    """The student's classifier, in eval mode."""
    return module(student.fcn.ConvClassifier(*settings), f"ConvClassifier({', '.join(map(str, settings))})")


def test_classifier_at_every_size(student: Any) -> None:
    """One classifier takes images of any size from 16 by 16 on, with the channels and classes asked for."""
    for arguments, channels, classes in (((), 1, 10), ((3, 4), 3, 4), ((1, 2), 1, 2)):
        model = classifier(student, *arguments)
        for height, width in ((28, 28), (16, 16), (17, 40), (33, 19), (57, 75)):
            of = f"ConvClassifier{arguments} of 2 images {(channels, height, width)}"
            expect_finite(model(random(2, channels, height, width)), (2, classes), of)
    keywords = student.fcn.ConvClassifier(in_channels=2, num_classes=7)
    model = module(keywords, "ConvClassifier(in_channels=2, num_classes=7)")
    expect_finite(model(random(1, 2, 20, 30)), (1, 7))


def test_classifier_looks_at_each_image_alone(student: Any) -> None:
    """In eval mode, an image gets the scores that it got alone, whichever images are beside it."""
    model = classifier(student)
    images = random(4, 1, 21, 30) * torch.tensor([1.0, 0.1, 0.5, 0.0]).view(-1, 1, 1, 1)
    together = expect_steady(model, images, (4, 10), "ConvClassifier() of 4 images")
    for index in range(4):
        of = f"ConvClassifier() of image {index} of 4 alone"
        expect_alike(model(images[index : index + 1]), together[index : index + 1], of)


def test_classifier_takes_the_mean_over_all_places(student: Any, source: str) -> None:
    """Where in the image something is, and how large the image is, is lost in the mean; how much there is, not."""
    model = classifier(student)
    scores(model, torch.zeros(1, 1, 28, 28))  # lazy layers have their weights from here on
    for layer in parts(model).values():
        if layer.type_name.startswith("torch.nn.modules.linear.") and not layer.type_name.endswith(".Identity"):
            fail(f"expected no fully connected layer, found a {layer.type_name}", "ConvClassifier()")
    scene = training_scenes(source)[0][:1, :, :32, :32]
    noise = 0.2 * random(1, 1, 32, 32)
    found = scores_of_mixtures(model, scene, noise)
    if float((found["scene"] - found["noise"]).norm()) < 1e-9:
        wake(model)
        found = scores_of_mixtures(model, scene, noise)
    small = {name: scores(model, each.repeat(1, 1, 2, 2)) for name, each in (("scene", scene), ("noise", noise))}
    effect = found["scene"] - found["noise"]
    size = float(effect.norm())
    if size < 1e-9:
        fail("expected scores that depend on the image, got the same for digits and for noise", "ConvClassifier()")
    # Zero padding at the borders, and layers that normalise over an image's places, make a mean differ by less.
    for difference, message in (
        (found["left"] - found["right"], "the same scores for digits on the left as for digits on the right"),
        (effect - (small["scene"] - small["noise"]), "nearly the same scores for 4x4 copies of a scene as for 2x2"),
    ):
        if float(difference.norm()) > 0.65 * size:
            fail(f"expected {message}: the mean over all places is the same", "ConvClassifier()")
    for rows, columns in ((1, 3), (3, 1)):
        plain = noise.repeat(1, 1, rows, columns)
        other = plain.clone()
        other[..., -32:, -32:] = scene
        if float((scores(model, other) - scores(model, plain)).norm()) < 1e-3 * size:
            fail(
                f"expected other scores where the last third of an image of {32 * rows}x{32 * columns} shows digits, "
                "got the same as where it does not: a mean counts all places",
                "ConvClassifier()",
            )
    if float((found["left"] - found["corner"]).norm()) < 0.3 * size:
        fail(
            "expected other scores where half of the image shows digits than where a sixteenth does, got the same: a "
            "mean counts all places",
            "ConvClassifier()",
        )


def scores(model: StudentObject, image: torch.Tensor) -> torch.Tensor:
    """The ten scores of one image."""
    return expect_finite(model(image), (1, 10)).double()


def scores_of_mixtures(model: StudentObject, scene: torch.Tensor, noise: torch.Tensor) -> dict[str, torch.Tensor]:
    """Scores of 4x4 copies of a scene, of noise, and of noise with the scene in a half or in a corner."""
    images = {"scene": scene.repeat(1, 1, 4, 4), "noise": noise.repeat(1, 1, 4, 4)}
    half, corner = images["scene"].shape[-1] // 2, scene.shape[-1]
    for name, rows, columns in (
        ("left", slice(None), slice(half)),
        ("right", slice(None), slice(half, None)),
        ("corner", slice(corner), slice(corner)),
    ):
        images[name] = images["noise"].clone()
        images[name][..., rows, columns] = images["scene"][..., rows, columns]
    return {name: scores(model, image) for name, image in images.items()}
