"""SGD with momentum, NumPy orders the images; neighbours by NumPy; neighbours' means as new digits."""

from contextlib import contextmanager

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn


class Encoder(nn.Module):
    def __init__(self, embedding_dim=16):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 16, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(16, 32, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(32 * 7 * 7, embedding_dim),
        )

    def forward(self, images):
        return self.layers(images)


class Decoder(nn.Module):
    def __init__(self, embedding_dim=16):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(embedding_dim, 32 * 7 * 7),
            nn.ReLU(),
            nn.Unflatten(1, (32, 7, 7)),
            nn.ConvTranspose2d(32, 16, 3, stride=2, padding=1, output_padding=1),
            nn.ReLU(),
            nn.ConvTranspose2d(16, 1, 3, stride=2, padding=1, output_padding=1),
            nn.Sigmoid(),
        )

    def forward(self, embeddings):
        return self.layers(embeddings)


class Autoencoder(nn.Module):
    def __init__(self, embedding_dim=16):
        super().__init__()
        self.encoder = Encoder(embedding_dim)
        self.decoder = Decoder(embedding_dim)

    def forward(self, images):
        return self.decoder(self.encoder(images))


def reconstruction_loss(reconstruction, images):
    return ((reconstruction - images) ** 2).mean()


def train(model, images, epochs=10, batch_size=32, lr=1.0, seed=0):
    np.random.seed(seed)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9)
    losses = np.zeros(epochs)
    model.train()
    for epoch in range(epochs):
        order = np.random.permutation(images.shape[0])
        steps = range(0, len(order), batch_size)
        for start in steps:
            batch = images[order[start : start + batch_size]]
            loss = reconstruction_loss(model(batch), batch)
            model.zero_grad()
            loss.backward()
            optimizer.step()
            losses[epoch] += loss.item() / len(steps)
    return losses.tolist()


@torch.no_grad()
def embed(model, images):
    model.eval()
    return torch.cat([model.encoder(each) for each in images.split(256)])


def interpolate(model, image_a, image_b, steps=8):
    a, b = embed(model, image_a[None]), embed(model, image_b[None])
    rows = [model.decoder((1 - i / (steps - 1)) * a + i / (steps - 1) * b) for i in range(steps)]
    return torch.cat(rows)


def generate(model, images, n, seed=0):
    rng = np.random.default_rng(seed)
    codes = embed(model, images).cpu().numpy()
    points = rng.multivariate_normal(codes.mean(0), np.cov(codes.T), size=n).astype(np.float32)
    return model.decoder(torch.from_numpy(points).to(images.device))


def nearest_neighbours(model, images, queries, k=5):
    codes, asked = embed(model, images).cpu().numpy(), embed(model, queries).cpu().numpy()
    squares = (asked**2).sum(1)[:, None] + (codes**2).sum(1)[None] - 2 * asked @ codes.T
    return torch.as_tensor(np.argsort(squares, axis=1)[:, :k].copy()).to(images.device)


def sweep_embedding_dims(train_images, valid_images, dims, epochs=2, seed=0):
    errors = {}
    for d in dims:
        torch.manual_seed(seed)
        model = Autoencoder(embedding_dim=d).to(train_images.device)
        train(model, train_images, epochs, seed=seed)
        a, b = (model.decoder(embed(model, x)) for x in (train_images, valid_images))
        errors[d] = (float(reconstruction_loss(a, train_images)), float(reconstruction_loss(b, valid_images)))
    return errors
