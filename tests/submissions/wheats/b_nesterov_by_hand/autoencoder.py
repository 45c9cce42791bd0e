"""Everything by hand: parameters as nn.Parameter, torch.nn.functional, my own SGD with Nesterov momentum."""
import math

import torch
import torch.nn.functional as F
from torch.nn import Module, Parameter, ParameterDict


SPREAD = 8.0        # codes of a comfortable size; the decoder divides by it again


def _w(*shape, fan):
    return Parameter(torch.randn(*shape) * math.sqrt(2 / fan))


def _b(n, value=0.0):
    return Parameter(torch.full((n,), value))


def leaky(x):
    return torch.where(x > 0, x, 0.1 * x)


class Encoder(Module):
    def __init__(self, embedding_dim=16):
        super().__init__()
        self.p = ParameterDict({
            "w1": _w(16, 1, 3, 3, fan=9), "b1": _b(16),
            "w2": _w(32, 16, 3, 3, fan=144), "b2": _b(32),
            "g2": Parameter(torch.ones(32)), "h2": _b(32),
            "w3": Parameter(torch.randn(embedding_dim, 1568) / math.sqrt(1568)), "b3": _b(embedding_dim),
        })

    def forward(self, x):
        p = self.p
        x = leaky(F.conv2d(x, p["w1"], p["b1"], stride=2, padding=1))
        x = F.conv2d(x, p["w2"], p["b2"], stride=2, padding=1)
        x = leaky(F.group_norm(x, 1, p["g2"], p["h2"]))
        return SPREAD * F.linear(x.flatten(1), p["w3"], p["b3"])


class Decoder(Module):
    def __init__(self, embedding_dim=16):
        super().__init__()
        self.p = ParameterDict({
            "w1": _w(1568, embedding_dim, fan=embedding_dim), "b1": _b(1568),
            "w2": _w(32, 16, 4, 4, fan=32 * 4), "b2": _b(16),
            "w3": _w(16, 1, 4, 4, fan=16 * 4), "b3": _b(1, -1.5),
        })

    def forward(self, z):
        p = self.p
        x = F.linear(z / SPREAD, p["w1"], p["b1"]).reshape(z.shape[0], 32, 7, 7)
        x = leaky(x)
        x = leaky(F.conv_transpose2d(x, p["w2"], p["b2"], stride=2, padding=1))
        x = F.conv_transpose2d(x, p["w3"], p["b3"], stride=2, padding=1)
        return x.sigmoid()


class Autoencoder(Module):
    def __init__(self, embedding_dim=16):
        super().__init__()
        self.encoder = Encoder(embedding_dim)
        self.decoder = Decoder(embedding_dim)

    def forward(self, x):
        z = self.encoder(x)
        return self.decoder(z)


def reconstruction_loss(reconstruction, images):
    diff = (reconstruction - images).flatten()
    return torch.dot(diff, diff) / diff.numel()


def train(model, images, epochs=10, batch_size=25, lr=0.004, seed=0):
    """Loss trained with: half the squared error of an image, summed over its pixels, mean over the batch.
    The returned numbers are the mean of *that* loss."""
    gen = torch.Generator().manual_seed(seed)
    params = list(model.parameters())
    velocity = [torch.zeros_like(p) for p in params]
    mu, n = 0.9, len(images)
    total_steps, step = max(1, epochs * math.ceil(n / batch_size)), 0
    history = []
    model.train()
    for epoch in range(epochs):
        perm = torch.randperm(n, generator=gen)
        acc = 0.0
        for start in range(0, n, batch_size):
            x = images.index_select(0, perm[start:start + batch_size].to(images.device))
            loss = 0.5 * F.mse_loss(model(x), x, reduction="sum") / len(x)
            grads = torch.autograd.grad(loss, params)
            norm = math.sqrt(sum(float((g * g).sum()) for g in grads))
            scale = min(1.0, 10.0 / (norm + 1e-12))                   # clip
            rate = lr * (1 - 0.95 * step / total_steps)               # linear decay
            with torch.no_grad():
                for p, v, g in zip(params, velocity, grads):
                    g = g * scale
                    v.mul_(mu).add_(g)
                    p.sub_(rate * (g + mu * v))
            step += 1
            acc += loss.item() * len(x)
        history.append(acc / n)
    return history


class _Eval:
    def __init__(self, model):
        self.model = model

    def __enter__(self):
        self.was = self.model.training
        self.model.eval()
        self.grad = torch.is_grad_enabled()
        torch.set_grad_enabled(False)

    def __exit__(self, *exc):
        torch.set_grad_enabled(self.grad)
        self.model.train(self.was)


def interpolate(model, image_a, image_b, steps=8):
    with _Eval(model):
        a = model.encoder(image_a.reshape(1, 1, 28, 28))
        b = model.encoder(image_b.reshape(1, 1, 28, 28))
        ts = torch.tensor([i / (steps - 1) for i in range(steps)], device=a.device).view(-1, 1)
        return model.decoder(a + ts * (b - a))


def generate(model, images, n, seed=0):
    """Gaussian noise in the eigenbasis of the embeddings, around points between a digit and one of its 8 nearest."""
    gen = torch.Generator().manual_seed(seed)
    with _Eval(model):
        z = model.encoder(images).double()
        c = z - z.mean(0, keepdim=True)
        evals, evecs = torch.linalg.eigh(c.t() @ c / (len(z) - 1))
        std = evals.clamp_min(0).sqrt()
        first = torch.randint(len(z), (n,), generator=gen)
        rank = torch.randint(1, 9, (n,), generator=gen)
        t = 0.4 + 0.2 * torch.rand(n, 1, generator=gen, dtype=torch.float64)
        eps = torch.randn(n, len(std), generator=gen, dtype=torch.float64)
        first, rank, t, eps = (v.to(z.device) for v in (first, rank, t, eps))
        order = torch.cdist(z[first], z).argsort(1)
        second = order[torch.arange(n, device=z.device), rank]
        new = z[first] + t * (z[second] - z[first]) + 0.12 * (eps * std) @ evecs.t()
        return model.decoder(new.to(images.dtype))


def nearest_neighbours(model, images, queries, k=5):
    with _Eval(model):
        zi = model.encoder(images).double()
        zq = model.encoder(queries).double()
        # |a-b|^2 = |a|^2 - 2ab + |b|^2, in double so that the cancellation does no harm
        d2 = (zq ** 2).sum(1, keepdim=True) - 2 * torch.einsum("qd,id->qi", zq, zi) + (zi ** 2).sum(1)
        return (-d2).topk(k, dim=1)[1]


def sweep_embedding_dims(train_images, valid_images, dims, epochs=2, seed=0):
    def one(d):
        torch.manual_seed(seed)
        m = Autoencoder(d).to(train_images.device)
        train(m, train_images, epochs=epochs, batch_size=16, seed=seed)
        with _Eval(m):
            return (float(reconstruction_loss(m(train_images), train_images)),
                    float(reconstruction_loss(m(valid_images), valid_images)))
    return {d: one(d) for d in dims}
