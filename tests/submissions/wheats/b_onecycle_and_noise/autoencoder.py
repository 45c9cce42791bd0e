"""OneCycleLR, noisy inputs, batches of 128 and batch norm at the code: slow at first, right in the end."""
from functools import partial, wraps
from types import SimpleNamespace

import numpy as np
import torch
from torch import nn
from torch.optim.lr_scheduler import OneCycleLR

act = partial(nn.LeakyReLU, 0.1, True)


def block(i, o, layer=nn.Conv2d, **kw):
    return nn.Sequential(layer(i, o, 3, 2, 1, bias=False, **kw), nn.BatchNorm2d(o), act())


class _Base(nn.Module):
    def __init__(self, embedding_dim=16, *, channels=(16, 32)):
        super().__init__()
        self.cfg = SimpleNamespace(d=embedding_dim, c=channels)
        self.net = self.build(self.cfg)

    def forward(self, x):
        return self.net(x)


class Encoder(_Base):
    @staticmethod
    def build(cfg):
        a, b = cfg.c
        return nn.Sequential(nn.BatchNorm2d(1), block(1, a), nn.Dropout2d(0.05), block(a, b), nn.Conv2d(b, cfg.d, 7), nn.Flatten(1), nn.BatchNorm1d(cfg.d, affine=False))


class Decoder(_Base):
    @staticmethod
    def build(cfg):
        a, b = cfg.c
        up = partial(block, layer=nn.ConvTranspose2d, output_padding=1)
        return nn.Sequential(nn.Linear(cfg.d, 49 * b), nn.Unflatten(1, (b, 7, 7)), act(), up(b, a), up(a, a), nn.Conv2d(a, 1, 1), nn.Sigmoid())


class Autoencoder(nn.Module):
    encoder: Encoder
    decoder: Decoder

    def __init__(self, embedding_dim=16):
        super().__init__()
        for name, cls in (("encoder", Encoder), ("decoder", Decoder)):
            setattr(self, name, cls(embedding_dim))

    def forward(self, images, /):
        return self.decoder(self.encoder(images))


reconstruction_loss = nn.MSELoss(reduction="mean")


def train(model, images, epochs=10, batch_size=128, lr=1e-2, seed=0):
    model.train()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        steps = -(-len(images) // batch_size)
        opt = torch.optim.Adam((p for p in model.parameters() if p.requires_grad), lr=lr / 10)
        sched = OneCycleLR(opt, lr, total_steps=max(epochs * steps, 2))
        losses = np.zeros(epochs)
        for e in range(epochs):
            order = np.random.default_rng((seed, e)).permutation(len(images))
            per = []
            for rows in np.array_split(order, steps):
                x = images[torch.from_numpy(rows).to(images.device)]
                noisy = x + 0.05 * torch.randn_like(x)
                for p in model.parameters():
                    p.grad = None
                loss = reconstruction_loss(model(noisy), x)
                loss.backward()
                nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                opt.step()
                sched.step()
                per.append(loss.item())
            losses[e] = sum(per) / len(per)
    model.eval()
    return losses.tolist()


def in_eval(f):
    @wraps(f)
    def inner(model, *args, **kwargs):
        before = model.training
        model.eval()
        try:
            with torch.no_grad():
                return f(model, *args, **kwargs)
        finally:
            model.train(before)

    return inner


@in_eval
def interpolate(model, image_a, image_b, steps=8):
    za, zb = model.encoder(torch.stack([image_a, image_b])).unbind()
    t = torch.arange(steps, device=za.device).div(steps - 1).view(-1, 1)
    return model.decoder(torch.lerp(za.expand(steps, -1), zb.expand(steps, -1), t))


@in_eval
def generate(model, images, n, seed=0):
    """Local Gaussians: mean and spread of each point's 8 nearest."""
    z = model.encoder(images)
    g = torch.Generator(device="cpu").manual_seed(seed)
    centre = torch.randint(len(images), (n,), generator=g).to(z.device)
    near = torch.cdist(z[centre], z).topk(9, largest=False).indices[:, 1:]
    w = torch.rand(n, 8, generator=g).to(z.device)
    w = w / w.sum(1, keepdim=True)
    return model.decoder(torch.einsum("nk,nkd->nd", w, z[near]))


@in_eval
def nearest_neighbours(model, images, queries, k=5):
    a, b = model.encoder(queries).double(), model.encoder(images).double()
    return torch.argsort(torch.norm(a.unsqueeze(1) - b, dim=2), dim=-1).narrow(1, 0, k)


def sweep_embedding_dims(train_images, valid_images, dims, epochs=2, seed=0):
    result = dict.fromkeys(dims)
    for d in result:
        torch.manual_seed(seed)
        m = Autoencoder(d)
        train(m, train_images, epochs, seed=seed)
        m.eval()
        with torch.no_grad():
            result[d] = tuple(float(reconstruction_loss(m(x), x)) for x in (train_images, valid_images))
    return result
