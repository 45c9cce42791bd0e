"""Part B, hidden tests of the networks (B1 to B3)."""

from __future__ import annotations

from typing import Any

import torch
from answers import expect_alike, expect_finite, expect_images, expect_single_precision, expect_steady
from digits import Digits
from hypothesis import given, settings
from hypothesis import strategies as st
from models import briefly_trained
from structure import transposed_kernels
from trainings import decoded, embedded, new_autoencoder, with_weights

from autograder.grader import StudentObject, attribute, describe, expect_shape, fail, hold, load_state, look, state_of

FEW = settings(max_examples=max(1, settings().max_examples // 4))
DIMS = st.sampled_from([16, 2, 1, 3, 64, 600])
COUNTS = st.integers(1, 6)


def part(answer: object, of: str) -> StudentObject:
    """Require a module and put it in eval mode."""
    if not isinstance(answer, StudentObject):
        fail(f"expected an nn.Module, got {describe(answer)}", of)
    answer.eval()
    return answer


def embeddings(count: int, dim: int, scale: float = 15.0) -> torch.Tensor:
    """Embeddings as far apart as trained encoders put them."""
    return scale * torch.randn(count, dim, generator=torch.Generator().manual_seed(count))


# ---------------------------------------------------------------------------- B1: the encoder


@FEW
@given(COUNTS, DIMS)
def test_encoder_makes_embeddings(student: Any, mnist: Digits, count: int, dim: int) -> None:
    """Images become embeddings of the size that was asked for, however many images there are."""
    encoder = part(student.autoencoder.Encoder(embedding_dim=dim), f"Encoder(embedding_dim={dim})")
    expect_single_precision(encoder(mnist.training_images[:count]), (count, dim), f"Encoder({dim}) of {count} images")


def test_encoder_settings_may_be_left_out(student: Any, mnist: Digits) -> None:
    """Encoder() embeds in 16 numbers, and Encoder(7) in 7."""
    for arguments, dim in (((), 16), ((7,), 7)):
        encoder = part(student.autoencoder.Encoder(*arguments), f"Encoder{arguments}")
        expect_finite(encoder(mnist.training_images[:2]), (2, dim))


def test_encoder_looks_at_each_image_alone(student: Any, mnist: Digits) -> None:
    """In eval mode, an image embeds where it did, whichever images are beside it."""
    encoder = part(student.autoencoder.Encoder(embedding_dim=16), "Encoder(embedding_dim=16)")
    images = mnist.training_images[:5] * torch.tensor([1.0, 0.1, 0.5, 0.8, 0.3]).view(-1, 1, 1, 1)
    together = expect_steady(encoder, images, (5, 16), "the encoder of 5 images, some of them faint")
    for index, image in enumerate(images):
        expect_alike(encoder(image[None]), together[index : index + 1], f"the encoder of image {index} of 5 alone")


def test_encoder_tells_images_apart(student: Any, mnist: Digits) -> None:
    """Different digits embed in different places."""
    encoder = part(student.autoencoder.Encoder(embedding_dim=16), "Encoder(embedding_dim=16)")
    found = expect_finite(encoder(mnist.training_images[:8]), (8, 16))
    if torch.pdist(found.double()).min() < 1e-9:
        fail("expected different embeddings of eight different digits, got the same")


# ---------------------------------------------------------------------------- B2: the decoder


@FEW
@given(COUNTS, DIMS)
def test_decoder_makes_images(student: Any, count: int, dim: int) -> None:
    """Embeddings of any size become images, however many there are."""
    decoder = part(student.autoencoder.Decoder(embedding_dim=dim), f"Decoder(embedding_dim={dim})")
    expect_single_precision(
        decoder(embeddings(count, dim)), (count, 1, 28, 28), f"Decoder({dim}) of {count} embeddings"
    )


def test_decoder_settings_may_be_left_out(student: Any) -> None:
    """Decoder() draws what 16 numbers stand for, and Decoder(7) what 7 do."""
    for arguments, dim in (((), 16), ((7,), 7)):
        decoder = part(student.autoencoder.Decoder(*arguments), f"Decoder{arguments}")
        expect_finite(decoder(embeddings(2, dim)), (2, 1, 28, 28))


def test_decoder_stays_in_range(student: Any) -> None:
    """Whatever the embedding, however large its numbers, the pixels lie in [0, 1]."""
    decoder = part(student.autoencoder.Decoder(embedding_dim=16), "Decoder(embedding_dim=16)")
    for scale in (0.0, 1.0, 10.0, 100.0, 1000.0):
        expect_images(decoder(embeddings(6, 16, scale)), 6, f"the decoder of standard normal points times {scale:g}")


def test_decoder_looks_at_each_embedding_alone(student: Any) -> None:
    """In eval mode, an embedding is drawn as it was, whichever embeddings are beside it."""
    decoder = part(student.autoencoder.Decoder(embedding_dim=16), "Decoder(embedding_dim=16)")
    points = embeddings(5, 16)
    together = expect_steady(decoder, points, (5, 1, 28, 28), "the decoder of 5 embeddings")
    for index, point in enumerate(points):
        expect_alike(decoder(point[None]), together[index : index + 1], f"the decoder of embedding {index} of 5 alone")


def test_decoder_tells_embeddings_apart(student: Any) -> None:
    """Different embeddings are drawn differently."""
    decoder = part(student.autoencoder.Decoder(embedding_dim=16), "Decoder(embedding_dim=16)")
    drawn = expect_finite(decoder(embeddings(8, 16)), (8, 1, 28, 28))
    if torch.pdist(drawn.flatten(1).double()).min() < 1e-9:
        fail("expected different images of eight different embeddings, got the same")


def test_decoder_upsamples_by_transposed_convolution(student: Any) -> None:
    """A transposed convolution, as a layer or by torch.nn.functional, enlarges the image."""
    decoder = part(student.autoencoder.Decoder(embedding_dim=16), "Decoder(embedding_dim=16)")
    expect_finite(decoder(embeddings(2, 16)), (2, 1, 28, 28))  # lazy layers have their weights from here on
    kernels = [name for name, layer in transposed_kernels(decoder).items() if enlarges(layer)]
    if not kernels:
        fail(
            "expected a decoder that upsamples with nn.ConvTranspose2d, found none that makes its input larger among "
            "the layers that print(decoder) lists",
            "Decoder(embedding_dim=16)",
        )
    before = expect_finite(decoder(embeddings(2, 16)), (2, 1, 28, 28))
    state = state_of(decoder)
    load_state(decoder, state | {name: torch.zeros_like(state[name]) for name in kernels})
    after = expect_shape(decoder(embeddings(2, 16)), (2, 1, 28, 28))  # normalised by their norm, such weights give nan
    if torch.equal(before, after):
        fail("the transposed convolution is not used: without its weights, the decoder draws the same", "Decoder")


def enlarges(layer: StudentObject) -> bool:
    """Whether a transposed convolution makes its input larger, as far as its settings say; functional code has none."""
    if "ConvTranspose2d" not in layer.type_name:
        return True
    stride, kernel, padding = (_pair(attribute(layer, name)) for name in ("stride", "kernel_size", "padding"))
    return any(s > 1 or k - 1 > 2 * p for s, k, p in zip(stride, kernel, padding, strict=True))


def _pair(value: object) -> tuple[int, int]:
    if not isinstance(value, list | tuple) or len(value) != 2 or not all(type(number) is int for number in value):
        fail(f"expected two ints in the settings of a transposed convolution, got {describe(value)}", "Decoder")
    return value[0], value[1]


# ---------------------------------------------------------------------------- B3: both together


def test_reconstruction_is_the_decoded_embedding(student: Any, mnist: Digits) -> None:
    """In eval mode, model(x) is model.decoder(model.encoder(x)), and embeddings have the size that was asked for."""
    images = mnist.training_images[:4]
    for dim in (16, 2, 8):
        model = part(student.autoencoder.Autoencoder(embedding_dim=dim), f"Autoencoder(embedding_dim={dim})")
        points = expect_finite(model.encoder(images), (4, dim), f"Autoencoder({dim}).encoder of 4 images")
        drawn = expect_finite(model.decoder(points), (4, 1, 28, 28), f"Autoencoder({dim}).decoder of their embeddings")
        expect_alike(model(images), drawn, f"Autoencoder({dim}) of 4 images, against the decoder of their embeddings")
        # Untrained, most networks draw grey; with larger weights, black and white as well.
        trains = look(model).requires_grad
        load_state(model, {name: values * (3 if trains.get(name) else 1) for name, values in state_of(model).items()})
        of = f"Autoencoder({dim}), all weights times 3, of 4 images, against the decoder of their embeddings"
        drawn = expect_shape(model.decoder(model.encoder(images)), (4, 1, 28, 28), of)
        if bool(drawn.isfinite().all()):
            expect_alike(model(images), drawn, of)


def test_autoencoder_settings_may_be_left_out(student: Any, mnist: Digits) -> None:
    """Autoencoder() has embeddings of 16 numbers, and Autoencoder(8) of 8."""
    for arguments, dim in (((), 16), ((8,), 8)):
        model = part(student.autoencoder.Autoencoder(*arguments), f"Autoencoder{arguments}")
        expect_finite(model.encoder(mnist.training_images[:2]), (2, dim))


def test_decoder_forgets_the_last_image(student: Any, mnist: Digits) -> None:
    """An embedding is drawn as its own image, whatever the encoder has seen since."""
    model = part(new_autoencoder(student, 16), "Autoencoder(embedding_dim=16)")
    first, second = mnist.training_images[:3], mnist.training_images[3:6]
    reconstruction = expect_steady(model, first, (3, 1, 28, 28), "Autoencoder() of 3 images")
    points = expect_finite(model.encoder(first), (3, 16))
    model.encoder(second)
    expect_alike(model.decoder(points), reconstruction, "the decoder, when the encoder has seen other images since")
    stays = hold(student, points)
    model.decoder(stays)
    expect_alike(model.decoder(stays), reconstruction, "the decoder of the same embeddings for the second time")


def test_embedding_is_all_that_crosses(student: Any, mnist: Digits) -> None:
    """The decoder draws the same in a fresh process, from the weights and the embedding and nothing else."""
    known, unknown = mnist.training_images[256:260], mnist.held_out_images[:4]
    model = briefly_trained(student, mnist.training_images[:256])
    here = expect_finite(model(known), (4, 1, 28, 28))
    state = state_of(model)
    there = expect_finite(with_weights(student, 16, state, seed=3)(unknown), (4, 1, 28, 28))
    drawn = decoded(student, 16, state, embedded(student, 16, state, torch.cat([known, unknown])))
    of = "the decoder in a fresh process, with the weights and the embedding alone, against the reconstruction"
    expect_alike(drawn[:4], here, of)
    expect_alike(drawn[4:], there, of)
