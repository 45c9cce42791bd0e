"""The lecturer's published network: its bottleneck is a 7 by 7 convolution; lr 1e-3 tripled."""

from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch import nn


class Encoder(nn.Module):
    def __init__(self, embedding_dim=16):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, stride=2, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, stride=2, padding=1)
        self.conv3 = nn.Conv2d(32, embedding_dim, 7)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.relu(self.conv2(x))
        return self.conv3(x).flatten(1)


class Decoder(nn.Module):
    def __init__(self, embedding_dim=16):
        super().__init__()
        self.up1 = nn.ConvTranspose2d(embedding_dim, 32, 7)
        self.up2 = nn.ConvTranspose2d(32, 16, 3, stride=2, padding=1, output_padding=1)
        self.up3 = nn.ConvTranspose2d(16, 1, 3, stride=2, padding=1, output_padding=1)

    def forward(self, z):
        x = F.relu(self.up1(z[:, :, None, None]))
        return torch.sigmoid(self.up3(F.relu(self.up2(x))))


class Autoencoder(nn.Module):
    def __init__(self, embedding_dim=16):
        super().__init__()
        self.encoder = Encoder(embedding_dim)
        self.decoder = Decoder(embedding_dim)

    def forward(self, images):
        return self.decoder(self.encoder(images))


def reconstruction_loss(reconstruction, images):
    return nn.MSELoss()(reconstruction, images)


def train(model, images, epochs=10, batch_size=64, lr=3e-3, seed=0):
    torch.manual_seed(seed)
    loader = torch.utils.data.DataLoader(images, batch_size=batch_size, shuffle=True)
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    history = []
    for epoch in range(epochs):
        running = []
        for batch in loader:
            optimizer.zero_grad()
            loss = reconstruction_loss(model(batch), batch)
            loss.backward()
            optimizer.step()
            running.append(loss.item())
        history.append(sum(running) / len(running))
        print(f"epoch {epoch}: {history[-1]:.4f}")
    return history


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
