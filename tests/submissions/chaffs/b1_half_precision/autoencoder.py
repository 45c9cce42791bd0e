# One mistake: the embeddings are float16, to save memory.

from contextlib import contextmanager

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
        return self.layers(images).half()


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
        return self.layers(embeddings.float())


class Autoencoder(nn.Module):
    def __init__(self, embedding_dim=16):
        super().__init__()
        self.encoder = Encoder(embedding_dim)
        self.decoder = Decoder(embedding_dim)

    def forward(self, images):
        return self.decoder(self.encoder(images))


def reconstruction_loss(reconstruction, images):
    return ((reconstruction - images) ** 2).mean()


def train(model, images, epochs=10, batch_size=64, lr=3e-3, seed=0):
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
        noise = torch.randn(n, embeddings.shape[1], generator=generator).to(images.device)
        return model.decoder(embeddings[chosen] + 0.5 * embeddings.std(0) * noise)


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
