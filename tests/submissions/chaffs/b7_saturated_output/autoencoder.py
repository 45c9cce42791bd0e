"""A hard sigmoid: where its input is too low no gradient comes back, and from most starts two numbers draw black."""

from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch import nn


def chain(layer, channels, activation):
    layers = []
    for into, out_of in zip(channels, channels[1:]):
        layers += [layer(into, out_of, 4, 2, 1), activation()]
    return layers


class Encoder(nn.Sequential):
    def __init__(self, embedding_dim=16):
        super().__init__(*chain(nn.Conv2d, [1, 12, 24], nn.GELU), nn.Flatten(), nn.Linear(24 * 7 * 7, embedding_dim))


class Decoder(nn.Sequential):
    def __init__(self, embedding_dim=16):
        into = [nn.Linear(embedding_dim, 24 * 7 * 7), nn.GELU(), nn.Unflatten(1, (24, 7, 7))]
        super().__init__(*into, *chain(nn.ConvTranspose2d, [24, 12, 1], nn.GELU)[:-1], nn.Hardsigmoid())


class Autoencoder(nn.Sequential):
    def __init__(self, embedding_dim=16):
        super().__init__()
        self.add_module("encoder", Encoder(embedding_dim))
        self.add_module("decoder", Decoder(embedding_dim))


def reconstruction_loss(reconstruction, images):
    return ((reconstruction - images) ** 2).mean()


def train(model, images, epochs=10, batch_size=100, lr=4e-3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.Adam(model.parameters(), lr=lr)
    model.train()
    losses = []
    for _ in range(epochs):
        total = 0.0
        for chosen in torch.randperm(len(images), generator=generator).split(batch_size):
            batch = images[chosen.to(images.device)]
            loss = F.mse_loss(model(batch), batch)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total += loss.item() * len(batch)
        losses.append(total / len(images))
    return losses


@contextmanager
def evaluation(model):
    mode = model.training
    model.eval()
    with torch.no_grad():
        yield
    model.train(mode)


def interpolate(model, image_a, image_b, steps=8):
    with evaluation(model):
        start, end = model.encoder(torch.stack([image_a, image_b]))
        share = torch.linspace(0, 1, steps, device=image_a.device).unsqueeze(1)
        return model.decoder(start + share * (end - start))


def generate(model, images, n, seed=0):
    generator = torch.Generator().manual_seed(seed)
    chosen = torch.randint(len(images), (n,), generator=generator).to(images.device)
    with evaluation(model):
        embeddings = model.encoder(images)
        near = torch.cdist(embeddings[chosen], embeddings).topk(6, largest=False).indices
        rank = torch.randint(1, 6, (n, 1), generator=generator).to(images.device)
        neighbour = embeddings[near.gather(1, rank).squeeze(1)]
        return model.decoder((embeddings[chosen] + neighbour) / 2)


def nearest_neighbours(model, images, queries, k=5):
    with evaluation(model):
        distances = torch.cdist(model.encoder(queries), model.encoder(images))
    return distances.topk(k, largest=False).indices


def sweep_embedding_dims(train_images, valid_images, dims, epochs=2, seed=0):
    results = {}
    for dim in dims:
        torch.manual_seed(seed)
        model = Autoencoder(dim).to(train_images.device)
        train(model, train_images, epochs=epochs, seed=seed)
        with evaluation(model):
            errors = [F.mse_loss(model(images), images).item() for images in (train_images, valid_images)]
        results[dim] = tuple(errors)
    return results
