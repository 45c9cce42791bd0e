"""Part B, public tests: one or two examples of each item. The hidden tests ask for more of the same.

`student` is your code: `student.autoencoder.Encoder(embedding_dim=16)` makes your encoder, and `encoder(images)` calls
it. The tests that train (B6, B7) run when you ask for them: `autograder check --train`.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from autograder.grader import (
    StudentObject,
    StudentRaised,
    describe,
    expect_close,
    expect_equal,
    expect_numbers,
    expect_on_device,
    expect_score,
    expect_shape,
    fail,
    network,
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


def model_for(student: Any) -> StudentObject:
    """Your autoencoder where it works, or else a plain one, so that what takes a model can be checked by itself."""
    try:
        model = a_model(student.autoencoder.Autoencoder(embedding_dim=16), "Autoencoder")
        images = torch.linspace(0, 1, 2 * 28 * 28).view(2, 1, 28, 28)
        embedding = expect_numbers(model.encoder(images), (2, 16))
        model.encoder(images.flip(0))
        drawing = expect_numbers(model.decoder(embedding), (2, 1, 28, 28))
        expect_close(model(images), drawing)
        return model
    except (AssertionError, StudentRaised):
        encoder = nn.Sequential(nn.Flatten(), nn.Linear(784, 16))
        decoder = nn.Sequential(nn.Linear(16, 784), nn.Sigmoid(), nn.Unflatten(1, (1, 28, 28)))
        return a_model(place(student, network("Sequential", {"encoder": encoder, "decoder": decoder})), "a plain model")


def test_encoder_of_three_images(student: Any, training_share: Share) -> None:
    """Three images become three embeddings of 16 numbers."""
    model = a_model(student.autoencoder.Encoder(embedding_dim=16), "Encoder")
    expect_numbers(model(training_share[0][:3]), (3, 16))


def test_decoder_of_three_embeddings(student: Any) -> None:
    """Three embeddings of 16 numbers become three images in [0, 1]."""
    model = a_model(student.autoencoder.Decoder(embedding_dim=16), "Decoder")
    drawing = expect_numbers(model(torch.ones(3, 16) * torch.tensor([[-20.0], [1.0], [20.0]])), (3, 1, 28, 28))
    if drawing.min() < 0 or drawing.max() > 1:
        fail(f"expected pixels from 0 to 1, got {drawing.min():.3g} to {drawing.max():.3g}")


def test_autoencoder_of_three_images(student: Any, training_share: Share) -> None:
    """What comes out is what the decoder makes of what the encoder makes of the images."""
    model = a_model(student.autoencoder.Autoencoder(embedding_dim=16), "Autoencoder")
    embedding = expect_numbers(model.encoder(training_share[0][:3]), (3, 16))
    drawing = expect_numbers(model.decoder(embedding), (3, 1, 28, 28))
    expect_close(model(training_share[0][:3]), drawing, of="model(x), against model.decoder(model.encoder(x))")


def test_loss_of_grey_and_black(student: Any) -> None:
    """Where every pixel is wrong by 0.5, the mean squared error is 0.25."""
    grey, black = torch.full((2, 1, 28, 28), 0.5), torch.zeros(2, 1, 28, 28)
    expect_close(student.autoencoder.reconstruction_loss(grey, black), torch.tensor(0.25))


def test_train_for_two_epochs(student: Any, training_share: Share) -> None:
    """Two epochs give two losses, the second smaller than the first."""
    model = model_for(student)
    answer = student.autoencoder.train(model, training_share[0][:800], epochs=2, seed=1)
    if not isinstance(answer, list | tuple) or len(answer) != 2 or not all(isinstance(each, float) for each in answer):
        fail(f"expected two floats, got {describe(answer)}")
    if not answer[1] < answer[0]:
        fail(f"expected the second loss to be the smaller one, got {describe(answer)}")


def quality(student: Any, training_share: Share, embedding_dim: int, none: float, full: float) -> None:
    """Train on 3,500 digits, and compare the error on the other 500 with that of as many principal components."""
    known, new = training_share[0][:3500], training_share[0][3500:]
    model = a_model(student.autoencoder.Autoencoder(embedding_dim=embedding_dim), "Autoencoder")
    student.autoencoder.train(model, known, epochs=10, seed=1)
    model.eval()
    drawn = expect_numbers(model(new), (500, 1, 28, 28))
    title = f"Digits, and what {embedding_dim} numbers keep of them"
    show_images(title, {"digits not trained on": new[:8], "your model's reconstructions": drawn[:8]})
    mean, points = known.flatten(1).mean(0), new.flatten(1)
    components = torch.linalg.svd(known.flatten(1) - mean, full_matrices=False).Vh[:embedding_dim]
    projected = (points - mean) @ components.T @ components + mean
    error, baseline = (float(((each - points) ** 2).mean()) for each in (drawn.flatten(1), projected))
    of = f"the error on 500 digits not trained on, as a multiple of PCA({embedding_dim})'s,"
    expect_score(error / baseline, none=none, full=full, of=of, beside={f"PCA({embedding_dim})": 1.0})


def test_quality_on_digits_kept_back(student: Any, training_share: Share) -> None:
    """Trained for 10 epochs, 16 numbers say about as much of a digit as 16 principal components."""
    quality(student, training_share, 16, none=1.8, full=0.7)


def test_quality_of_two_numbers(student: Any, training_share: Share) -> None:
    """Trained for 10 epochs, 2 numbers say about as much of a digit as 2 principal components."""
    quality(student, training_share, 2, none=1.17, full=1.05)


def test_interpolate_in_five_steps(student: Any, training_share: Share) -> None:
    """The five rows begin and end with the two reconstructions; the third decodes the mean of the embeddings."""
    model = model_for(student)
    pair = training_share[0][:2]
    answer = expect_numbers(student.autoencoder.interpolate(model, pair[0], pair[1], steps=5), (5, 1, 28, 28))
    model.eval()
    expect_close(
        answer[[0, -1]],
        expect_numbers(model(pair), (2, 1, 28, 28)),
        of="rows 0 and 4 of 5, against the reconstructions",
    )
    middle = expect_numbers(model.encoder(pair), (2, 16)).mean(0, keepdim=True)
    expect_close(answer[2:3], expect_numbers(model.decoder(middle), (1, 1, 28, 28)), of="row 2 of 5 of interpolate")


def test_generate_three(student: Any, training_share: Share) -> None:
    """Three images, the same for the same seed."""
    model = model_for(student)
    answer = expect_numbers(student.autoencoder.generate(model, training_share[0][:64], 3, seed=1), (3, 1, 28, 28))
    expect_close(student.autoencoder.generate(model, training_share[0][:64], 3, seed=1), answer)


def test_an_image_is_its_own_neighbour(student: Any, training_share: Share) -> None:
    """Of ten images, the nearest to the seventh is the seventh."""
    model = model_for(student)
    answer = student.autoencoder.nearest_neighbours(model, training_share[0][:10], training_share[0][6:7], k=2)
    found = expect_shape(answer, (1, 2))
    if found.dtype is not torch.int64:
        fail(f"expected indices of dtype int64, got {found.dtype}")
    expect_equal(found[0, 0].item(), 6)


def test_sweep_of_two_sizes(student: Any, training_share: Share) -> None:
    """Each size has two errors, both between 0 and 1."""
    images = training_share[0]
    answer = student.autoencoder.sweep_embedding_dims(images[:200], images[200:300], [2, 4], epochs=2)
    if not isinstance(answer, dict):
        fail(f"expected a dictionary, got {describe(answer)}")
    if set(answer) != {2, 4}:
        fail(f"expected the sizes 2 and 4 as keys, got {describe(list(answer))}")
    for pair in answer.values():
        if not isinstance(pair, list | tuple) or len(pair) != 2 or not all(isinstance(e, float) for e in pair):
            fail(f"expected two errors, got {describe(pair)}")
        if not all(0 < error < 1 for error in pair):
            fail(f"expected errors between 0 and 1, got {describe(pair)}")


def test_autoencoder_on_a_device(student_on_device: Any, training_share: Share) -> None:
    """A model moved to a device takes its images there, and its reconstructions are there."""
    model = a_model(student_on_device.autoencoder.Autoencoder(embedding_dim=16), "Autoencoder")
    model.to("cuda")
    expect_shape(expect_on_device(model(on_device(training_share[0][:2]))), (2, 1, 28, 28))
