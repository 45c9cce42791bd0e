"""Lazy modules: PyTorch may count the channels itself. The net of the lecture: conv 16, conv 32, conv 7x7."""
from functools import partial

import torch
import torch.nn as nn
from torch.nn import functional as F

Conv = partial(nn.LazyConv2d, kernel_size=3, stride=2, padding=1)
Deconv = partial(nn.LazyConvTranspose2d, kernel_size=3, stride=2, padding=1, output_padding=1)


class Encoder(nn.Module):
    def __init__(self, embedding_dim=16):
        super().__init__()
        self.net = nn.Sequential(Conv(16), nn.ReLU(), Conv(32), nn.ReLU(),
                                 nn.LazyConv2d(embedding_dim, 7), nn.Flatten())

    def forward(self, x):
        return self.net(x)


class Decoder(nn.Module):
    def __init__(self, embedding_dim=16):
        super().__init__()
        self.net = nn.Sequential(nn.Unflatten(1, (embedding_dim, 1, 1)),
                                 nn.LazyConvTranspose2d(32, 7), nn.ReLU(), Deconv(16), nn.ReLU(), Deconv(1),
                                 nn.Sigmoid())

    def forward(self, z):
        return self.net(z)


class Autoencoder(nn.Module):
    def __init__(self, embedding_dim=16):
        super().__init__()
        self.encoder = Encoder(embedding_dim)
        self.decoder = Decoder(embedding_dim)

    def forward(self, x):
        return self.decoder(self.encoder(x))


def reconstruction_loss(reconstruction, images):
    return F.mse_loss(input=reconstruction, target=images)


def train(model, images, epochs=10, batch_size=32, lr=2.5e-3, seed=0):
    torch.manual_seed(seed)
    with torch.no_grad():
        model(images[:1])               # dry run: lazy layers get their weights (and their device) here
    params = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(params, lr=lr)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.88)
    epoch_losses = []
    model.train(True)
    for epoch in range(epochs):
        losses = []
        for idx in torch.randperm(len(images)).chunk(max(1, len(images) // batch_size)):
            batch = images[idx.to(images.device)]
            optimizer.zero_grad()
            loss = reconstruction_loss(model(batch), batch)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        scheduler.step()
        epoch_losses.append(sum(losses) / len(losses))
    model.train(False)
    return epoch_losses


def _frozen(fn):
    def wrapped(model, *args, **kw):
        mode = model.training
        try:
            model.eval()
            with torch.no_grad():
                out = fn(model, *args, **kw)
        finally:
            model.train(mode)
        return out
    return wrapped


@_frozen
def interpolate(model, image_a, image_b, steps=8):
    a, b = model.encoder(image_a[None]), model.encoder(image_b[None])
    w = torch.linspace(0., 1., steps).to(a)
    return model.decoder(a * w.flip(0)[:, None] + b * w[:, None])


@_frozen
def generate(model, images, n, seed=0):
    rng = torch.Generator(device="cpu").manual_seed(seed)
    z = model.encoder(images)
    # X^T e / sqrt(N-1) with e ~ N(0, 1)^N has exactly the covariance of the embeddings: no factorisation
    mean = z.mean(dim=0)
    e = torch.randn(n, len(z), generator=rng).to(z)
    new = mean + e @ (z - mean) / (len(z) - 1) ** 0.5
    return model.decoder(new)


@_frozen
def nearest_neighbours(model, images, queries, k=5):
    zi, zq = model.encoder(images), model.encoder(queries)
    return torch.argsort(torch.cdist(zq, zi), dim=-1)[..., :k]


def sweep_embedding_dims(train_images, valid_images, dims, epochs=2, seed=0):
    mse = lambda m, x: float(_frozen(lambda m, x: reconstruction_loss(m(x), x))(m, x))
    table = {}
    for dim in dims:
        model = Autoencoder(dim).to(train_images.device)
        train(model, train_images, epochs=epochs, seed=seed, batch_size=8 if len(train_images) <= 512 else 32)
        table[dim] = mse(model, train_images), mse(model, valid_images)
    return table
