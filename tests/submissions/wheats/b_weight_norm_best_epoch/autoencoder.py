"""Autoencoder with weight-normalised convolutions, PReLU, a buffer for input standardisation; the weights of the
best epoch are put back at the end of training."""
import copy
import functools
import operator

import torch
from torch import nn
from torch.nn.utils.parametrizations import weight_norm


def WN(layer):
    """He initialisation first, then the reparametrisation (whose g starts at the norm of the weight)"""
    transposed = isinstance(layer, nn.ConvTranspose2d)
    taps = prod(layer.kernel_size) / (prod(layer.stride) if transposed else 1)      # that one output pixel sees
    nn.init.normal_(layer.weight, 0.0, (2.0 / (layer.in_channels * taps)) ** 0.5)
    nn.init.zeros_(layer.bias)
    return weight_norm(layer, dim=1 if transposed else 0)


def prod(it):
    return functools.reduce(operator.mul, it, 1)


class Standardise(nn.Module):
    def __init__(self, mean=0.1307, std=0.3081):
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean))
        self.register_buffer("std", torch.tensor(std))

    def forward(self, x):
        return (x - self.mean) / self.std


class Encoder(nn.Module):
    def __init__(self, embedding_dim=16, channels=(16, 32)):
        super().__init__()
        layers, c = [Standardise()], 1
        for nxt in channels:
            layers += [WN(nn.Conv2d(c, nxt, 3, stride=2, padding=1)), nn.PReLU(nxt)]
            c = nxt
        self.trunk = nn.Sequential(*layers)
        with torch.no_grad():
            features = prod(self.trunk(torch.zeros(1, 1, 28, 28)).shape[1:])
        self.project = nn.Linear(features, embedding_dim)

    def forward(self, x):
        return self.project(self.trunk(x).flatten(start_dim=1))


class Decoder(nn.Module):
    def __init__(self, embedding_dim=16, channels=(32, 16)):
        super().__init__()
        self.c0 = channels[0]
        self.expand = nn.Sequential(nn.Linear(embedding_dim, self.c0 * 7 * 7), nn.PReLU())
        ups = [WN(nn.ConvTranspose2d(channels[0], channels[1], 3, stride=2, padding=1)), nn.PReLU(channels[1])]
        self.up = nn.ModuleList(ups)
        self.out = WN(nn.ConvTranspose2d(channels[1], 1, 3, stride=2, padding=1))
        with torch.no_grad():                           # small logits first: an unsaturated sigmoid
            self.out.parametrizations.weight.original0.mul_(0.2)

    def forward(self, z):
        h = self.expand(z).view(len(z), self.c0, 7, 7)
        h = self.up[0](h)                               # 13 x 13, see lecture: one row is missing
        h = nn.functional.pad(self.up[1](h), (0, 1, 0, 1))
        h = self.out(h, output_size=(28, 28))           # and the other cure
        return torch.sigmoid(h)


class Autoencoder(nn.Module):
    def __init__(self, embedding_dim=16):
        super().__init__()
        self.encoder = Encoder(embedding_dim)
        self.decoder = Decoder(embedding_dim)

    def forward(self, x):
        return self.decoder(self.encoder(x))


def reconstruction_loss(reconstruction, images):
    return (reconstruction - images).pow(2).mean(dim=(1, 2, 3)).mean()


def batches(n, size, rng):
    order = torch.randperm(n, generator=rng).tolist()
    while order:
        head, order = order[:size], order[size:]
        yield head


def train(model, images, epochs=10, batch_size=25, lr=3e-3, seed=0):
    rng = torch.Generator()
    rng.manual_seed(int(seed))
    optimiser = torch.optim.NAdam(model.parameters(), lr=lr)
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimiser, [max(1, int(epochs * .6)), max(1, int(epochs * .85))], gamma=0.4)
    best, best_state, history = float("inf"), None, []
    model.train()
    for _ in range(epochs):
        sums = []
        for idx in batches(images.shape[0], batch_size, rng):
            x = images[idx]
            loss = reconstruction_loss(model(x), x)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            sums.append(loss.item() * len(idx))
        schedule.step()
        history.append(sum(sums) / images.shape[0])
        if history[-1] < best:
            best, best_state = history[-1], copy.deepcopy(model.state_dict())
    if best_state is not None:
        model.load_state_dict(best_state)
    return history


def no_grad_eval(model):
    class Guard(torch.no_grad):
        def __enter__(self):
            self.modes = [m.training for m in model.modules()]
            model.eval()
            return super().__enter__()

        def __exit__(self, *a):
            for m, mode in zip(model.modules(), self.modes):
                m.training = mode
            return super().__exit__(*a)
    return Guard()


def interpolate(model, image_a, image_b, steps=8):
    with no_grad_eval(model):
        start, end = (model.encoder(i.unsqueeze(0)).squeeze(0) for i in (image_a, image_b))
        # numpy.linspace like, dimension by dimension
        line = torch.stack([torch.linspace(float(s), float(e), steps) for s, e in zip(start, end)], dim=1)
        return model.decoder(line.to(image_a.device))


def generate(model, images, n, seed=0):
    """Each new code takes a Gaussian step from the centre of three random codes of one neighbourhood."""
    rng = torch.Generator().manual_seed(int(seed))
    with no_grad_eval(model):
        z = model.encoder(images).cpu()
        scale = z.std(0)
        anchors = torch.randint(0, len(z), (n,), generator=rng)
        size = min(12, len(z))
        hood = torch.cdist(z[anchors] / (scale + 1e-6), z / (scale + 1e-6)).topk(size, largest=False).indices
        w = torch.rand(n, size, generator=rng).pow(2)           # random convex weights over the hood
        w = w / w.sum(1, keepdim=True)
        mean = torch.einsum("nk,nkd->nd", w, z[hood])
        spread = (z[hood] - mean[:, None]).square().mean(1).sqrt()
        codes = mean + 0.7 * spread * torch.randn(mean.shape, generator=rng)
        return model.decoder(codes.to(images.device))


def nearest_neighbours(model, images, queries, k=5):
    with no_grad_eval(model):
        base, query = model.encoder(images), model.encoder(queries)
        rows = [torch.linalg.vector_norm(base - q, dim=-1).argsort()[:k] for q in query]
        return torch.stack(rows).to(torch.int64)


def sweep_embedding_dims(train_images, valid_images, dims, epochs=2, seed=0):
    out = {}
    for dim in dims:
        state = torch.get_rng_state()
        torch.manual_seed(seed)
        model = Autoencoder(dim).to(train_images.device)
        torch.set_rng_state(state)
        size = 32
        while size > 8 and len(train_images) < 20 * size:
            size //= 2
        train(model, train_images, epochs, batch_size=size, seed=seed)
        with no_grad_eval(model):
            out[dim] = tuple(reconstruction_loss(model(d), d).item() for d in (train_images, valid_images))
    return out
