"""Part C, public tests: one or two examples of each item. The hidden tests ask for more of the same.

`student` is your code: `student.fcn.FCN()` makes your network, and `model(images)` calls it. The test that trains (C9)
runs when you ask for it: `autograder check --train`.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from autograder.grader import (
    StudentObject,
    describe,
    expect_close,
    expect_equal,
    expect_numbers,
    expect_on_device,
    expect_score,
    expect_shape,
    fail,
    on_device,
    place,
    show_images,
)

Share = tuple[torch.Tensor, torch.Tensor]


def a_model(answer: object, of: str) -> StudentObject:
    """Require a module of yours, and put it in eval mode."""
    if not isinstance(answer, StudentObject):
        fail(f"expected a module, got {describe(answer)}", of)
    answer.eval()
    return answer


def scenes_of(share: Share, count: int, height: int, width: int) -> Share:
    """Scenes of one zero and one one, each cut out and put anywhere, and the class of each of their pixels."""
    images, labels = share
    generator = torch.Generator().manual_seed(count)
    scenes, classes = torch.zeros(count, 1, height, width), torch.zeros(count, height, width, dtype=torch.int64)
    for index in range(count):
        for digit in range(2):
            choices = images[labels == digit]
            image = choices[int(torch.randint(len(choices), (), generator=generator)), 0]
            rows, columns = image.any(1).nonzero(), image.any(0).nonzero()
            image = image[int(rows.min()) : int(rows.max()) + 1, int(columns.min()) : int(columns.max()) + 1]
            top, left = (
                int(torch.randint(size - there + 1, (), generator=generator))
                for size, there in zip((height, width), image.shape, strict=True)
            )
            place_taken = (index, 0, slice(top, top + image.shape[0]), slice(left, left + image.shape[1]))
            classes[(index, *place_taken[2:])][(image > scenes[place_taken]) & (image > 0.5)] = digit + 1
            scenes[place_taken] = torch.maximum(scenes[place_taken], image)
    return scenes, classes


def test_targets_of_three_pixels(student: Any) -> None:
    """Each class has an image of its own pixels; the last class has none here."""
    got = student.fcn.one_hot_targets(torch.tensor([[[0, 1, 1]]]), 3)
    expect_close(got, torch.tensor([[[[1.0, 0.0, 0.0]], [[0.0, 1.0, 1.0]], [[0.0, 0.0, 0.0]]]]))


def test_fcn_on_two_sizes(student: Any) -> None:
    """The same network scores three classes at each of 40 by 40 and of 57 by 75 pixels."""
    model = a_model(student.fcn.FCN(), "FCN()")
    for height, width in ((40, 40), (57, 75)):
        expect_numbers(model(torch.ones(2, 1, height, width)), (2, 3, height, width))


def test_probabilities_add_up_to_one(student: Any) -> None:
    """A model whose logits are the logarithms of 1, 2 and 5 gives 1/8, 2/8 and 5/8."""
    model = place(student, constant_model())
    got = expect_numbers(student.fcn.predict_proba(model, torch.ones(1, 1, 2, 3)), (1, 3, 2, 3))
    expect_close(got[0, :, 0, 0], torch.tensor([0.125, 0.25, 0.625]))


def test_prediction_of_the_most_probable(student: Any) -> None:
    """The last of these classes is the most probable one, at every pixel."""
    got = student.fcn.predict(place(student, constant_model()), torch.ones(1, 1, 2, 3))
    if expect_shape(got, (1, 2, 3)).dtype is not torch.int64:
        fail("expected classes of dtype int64")
    expect_close(got, torch.full((1, 2, 3), 2))


def constant_model() -> nn.Module:
    """A convolution that gives every pixel the same logits: the logarithms of 1, 2 and 5."""
    layer = nn.Conv2d(1, 3, 1)
    nn.init.zeros_(layer.weight)
    with torch.no_grad():
        assert layer.bias is not None
        layer.bias.copy_(torch.tensor([1.0, 2.0, 5.0]).log())
    return nn.Sequential(layer)


def test_loss_of_equal_logits(student: Any) -> None:
    """Where four classes have the same logit, the loss is the logarithm of 4."""
    got = student.fcn.pixel_loss(torch.ones(2, 4, 3, 5), torch.zeros(2, 3, 5, dtype=torch.int64))
    expect_close(got, torch.tensor(4.0).log())


def test_unpooling_of_a_small_image(student: Any) -> None:
    """7 is the largest of the only window of 2 by 2; the third column belongs to no window."""
    layer = a_model(student.fcn.PoolUnpool(2), "PoolUnpool(2)")
    image = torch.tensor([[[[1.0, 2.0, 9.0], [7.0, 4.0, 8.0]]]])
    expect_close(layer(image), torch.tensor([[[[0.0, 0.0, 0.0], [7.0, 0.0, 0.0]]]]))


def test_iou_of_four_pixels(student: Any) -> None:
    """One of two and two of three: the mean of 1/2 and 2/3, the absent third class left out."""
    got = student.fcn.mean_iou(torch.tensor([[[0, 1, 1, 1]]]), torch.tensor([[[0, 0, 1, 1]]]), 3)
    if type(got) is not float or not abs(got - 7 / 12) <= 1e-5:
        fail(f"expected 0.583333, got {describe(got)}")


def test_receptive_field_of_two_layers(student: Any) -> None:
    """Two kernels of 3 see 5 pixels; with stride 2 in the first of them, 7."""
    expect_equal(student.fcn.receptive_field([(3, 1, 1), (3, 1, 1)]), 5)
    expect_equal(student.fcn.receptive_field([(3, 2, 1), (3, 1, 1)]), 7)


def test_fcn_train_for_two_epochs(student: Any, training_share: Share) -> None:
    """Two epochs give two losses, the second smaller than the first."""
    model = a_model(student.fcn.FCN(), "FCN()")
    scenes, classes = scenes_of(training_share, 48, 40, 40)
    answer = student.fcn.train(model, scenes, classes, epochs=2, seed=1)
    if not isinstance(answer, list | tuple) or len(answer) != 2 or not all(isinstance(each, float) for each in answer):
        fail(f"expected two floats, got {describe(answer)}")
    if not answer[1] < answer[0]:
        fail(f"expected the second loss to be the smaller one, got {describe(answer)}")


def test_scenes_of_digits_kept_back(student: Any, training_share: Share) -> None:
    """Trained for 10 epochs on 600 scenes, the network finds strokes in scenes of digits that it was not trained on."""
    images, labels = training_share
    model = a_model(student.fcn.FCN(), "FCN()")
    student.fcn.train(model, *scenes_of((images[:3500], labels[:3500]), 600, 40, 40), epochs=10, seed=1)
    model.eval()
    scenes, classes = scenes_of((images[3500:], labels[3500:]), 50, 57, 75)
    answer = expect_numbers(model(scenes), (50, 3, 57, 75)).argmax(1)
    shown = {"scenes": scenes[:8], "their classes": grey(classes), "your network's": grey(answer)}
    show_images("New scenes, and the classes of their pixels: 0 black, 1 grey, 2 white", shown)
    shares = []
    for one in range(3):
        both, either = (answer == one) & (classes == one), (answer == one) | (classes == one)
        shares.append(float(both.sum() / either.sum()) if bool(either.any()) else 0.0)
    # Networks without downsampling reach 0.69.
    expect_score(sum(shares) / 3, none=0.69, full=0.82, of="the mean IoU on 50 scenes of digits not trained on")


def grey(classes: torch.Tensor) -> torch.Tensor:
    """The first eight scenes' classes as images."""
    return classes[:8].unsqueeze(1) / 2


def test_predictions_of_a_model_on_a_device(student_on_device: Any) -> None:
    """A network moved to a device takes its images there, and its scores are there."""
    model = a_model(student_on_device.fcn.FCN(), "FCN()")
    model.to("cuda")
    expect_numbers(expect_on_device(model(on_device(torch.ones(2, 1, 40, 40)))), (2, 3, 40, 40))


def test_classifier_on_two_sizes(student: Any) -> None:
    """The same classifier scores ten classes for images of 28 by 28 and of 33 by 47 pixels."""
    model = a_model(student.fcn.ConvClassifier(), "ConvClassifier()")
    expect_numbers(model(torch.ones(2, 1, 28, 28)), (2, 10))
    expect_numbers(model(torch.ones(2, 1, 33, 47)), (2, 10))
