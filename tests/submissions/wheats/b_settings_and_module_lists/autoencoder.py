"""Settings in a dataclass, blocks in a ModuleList, a rescaled tanh, AdamW with a schedule, kernel 2 stride 2."""

import itertools
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn


@dataclass(frozen=True)
class Settings:
    embedding_dim: int
    channels: tuple = (1, 16, 32)


class Encoder(nn.Module):
    def __init__(self, embedding_dim=16):
        super().__init__()
        self.settings = Settings(embedding_dim)
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.Conv2d(i, o, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
            for i, o in itertools.pairwise(self.settings.channels)
        )
        self.to_embedding = nn.Linear(32 * 49, embedding_dim)

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        return self.to_embedding(torch.flatten(x, start_dim=1))


class Decoder(nn.Module):
    def __init__(self, embedding_dim=16):
        super().__init__()
        self.settings = Settings(embedding_dim)
        self.from_embedding = nn.Linear(embedding_dim, 32 * 49)
        self.blocks = nn.ModuleDict(
            {
                "to14": nn.ConvTranspose2d(32, 16, 2, stride=2),
                "to28": nn.ConvTranspose2d(16, 8, 2, stride=2),
                "smooth": nn.Conv2d(8, 1, 3, padding=1),
            }
        )

    def forward(self, z):
        x = self.from_embedding(z).relu().reshape(z.shape[0], 32, 7, 7)
        x = self.blocks["to28"](self.blocks["to14"](x).relu()).relu()
        return (torch.tanh(self.blocks["smooth"](x)) + 1) / 2


class Autoencoder(nn.Module):
    def __init__(self, embedding_dim=16):
        super().__init__()
        self.encoder = Encoder(embedding_dim)
        self.decoder = Decoder(embedding_dim)

    def forward(self, images):
        return self.decoder(self.encoder(images))


def reconstruction_loss(reconstruction, images):
    return ((reconstruction - images) ** 2).mean()


def train(model, images, epochs=10, batch_size=50, lr=3e-3, seed=0):
    order = torch.Generator(device="cpu")
    order.manual_seed(seed)
    data = torch.utils.data.TensorDataset(images)
    loader = torch.utils.data.DataLoader(data, batch_size, shuffle=True, drop_last=True, generator=order)
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs, eta_min=lr / 10)
    losses = []
    for _ in range(epochs):
        model.train()
        sums = [0.0, 0]
        for (batch,) in loader:
            optimizer.zero_grad(set_to_none=True)
            loss = F.mse_loss(model(batch), batch)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            sums[0] += float(loss) * len(batch)
            sums[1] += len(batch)
        scheduler.step()
        losses.append(sums[0] / sums[1])
    model.eval()
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
