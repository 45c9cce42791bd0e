"""A trained model is done: train ends by freezing it, so that nobody trains it on by accident; AdamW and a DataLoader."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def encoder(embedding_dim):
    return nn.Sequential(
        nn.Conv2d(1, 16, 4, stride=2, padding=1),
        nn.GELU(),
        nn.Conv2d(16, 32, 4, stride=2, padding=1),
        nn.GELU(),
        nn.Flatten(),
        nn.Linear(32 * 7 * 7, embedding_dim),
    )


def decoder(embedding_dim):
    return nn.Sequential(
        nn.Linear(embedding_dim, 32 * 7 * 7),
        nn.Unflatten(1, (32, 7, 7)),
        nn.GELU(),
        nn.ConvTranspose2d(32, 16, 4, stride=2, padding=1),
        nn.GELU(),
        nn.ConvTranspose2d(16, 1, 4, stride=2, padding=1),
        nn.Sigmoid(),
    )


class Encoder(nn.Module):
    def __init__(self, embedding_dim: int = 16):
        super().__init__()
        self.network = encoder(embedding_dim)

    def forward(self, images):
        return self.network(images)


class Decoder(nn.Module):
    def __init__(self, embedding_dim: int = 16):
        super().__init__()
        self.network = decoder(embedding_dim)

    def forward(self, embeddings):
        return self.network(embeddings)


class Autoencoder(nn.Module):
    def __init__(self, embedding_dim: int = 16):
        super().__init__()
        self.encoder = Encoder(embedding_dim)
        self.decoder = Decoder(embedding_dim)

    def forward(self, images):
        return self.decoder(self.encoder(images))


def reconstruction_loss(reconstruction, images):
    return (reconstruction - images).pow(2).mean()


def train(model, images, epochs: int = 15, seed: int = 0) -> list[float]:
    order = torch.Generator().manual_seed(seed)
    batches = DataLoader(TensorDataset(images), batch_size=64, shuffle=True, generator=order)
    optimiser = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=1e-4)
    means = []
    model.train()
    for _ in range(epochs):
        seen = 0.0
        for (batch,) in batches:
            optimiser.zero_grad()
            loss = reconstruction_loss(model(batch), batch)
            loss.backward()
            optimiser.step()
            seen += loss.item() * len(batch)
        means.append(seen / len(images))
    model.eval()
    model.requires_grad_(False)
    return means


@torch.no_grad()
def interpolate(model, image_a, image_b, steps: int = 8):
    model.eval()
    ends = model.encoder(torch.stack([image_a, image_b]))
    weights = torch.linspace(0, 1, steps, device=ends.device).unsqueeze(1)
    return model.decoder(torch.lerp(ends[:1], ends[1:], weights))


@torch.no_grad()
def generate(model, images, n: int, seed: int = 0):
    model.eval()
    embeddings = model.encoder(images)
    chance = torch.Generator().manual_seed(seed)
    noise = torch.randn(n, embeddings.shape[1], generator=chance).to(embeddings.device)
    identity = torch.eye(embeddings.shape[1], device=embeddings.device)
    factor = torch.linalg.cholesky(embeddings.T.cov() + 1e-5 * identity)
    return model.decoder(embeddings.mean(0) + noise @ factor.T)


@torch.no_grad()
def nearest_neighbours(model, images, queries, k: int = 5):
    model.eval()
    return torch.cdist(model.encoder(queries), model.encoder(images)).topk(k, largest=False).indices


def sweep_embedding_dims(train_images, valid_images, dims, epochs: int = 2, seed: int = 0):
    def after_training(dim):
        torch.manual_seed(seed)
        model = Autoencoder(dim).to(train_images.device)
        train(model, train_images, epochs, seed)
        with torch.no_grad():
            return tuple(
                reconstruction_loss(model(images), images).item() for images in (train_images, valid_images)
            )

    return {dim: after_training(dim) for dim in dims}
