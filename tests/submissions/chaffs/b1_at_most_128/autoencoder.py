# One mistake: no more than 128 numbers in the code.
import torch
import torch.nn.functional as F
from torch import nn


class Encoder(nn.Module):
    def __init__(self, embedding_dim=16):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, stride=2, padding=1)
        self.norm1 = nn.BatchNorm2d(16)
        self.conv2 = nn.Conv2d(16, 32, 3, stride=2, padding=1)
        self.norm2 = nn.BatchNorm2d(32)
        self.linear = nn.Linear(32 * 7 * 7, min(embedding_dim, 128))

    def forward(self, x):
        x = F.relu(self.norm1(self.conv1(x)))
        x = F.relu(self.norm2(self.conv2(x)))
        return self.linear(x.flatten(1))


class Decoder(nn.Module):
    def __init__(self, embedding_dim=16):
        super().__init__()
        self.linear = nn.Linear(embedding_dim, 32 * 7 * 7)
        self.up1 = nn.ConvTranspose2d(32, 16, 4, stride=2, padding=1)
        self.norm1 = nn.BatchNorm2d(16)
        self.up2 = nn.ConvTranspose2d(16, 1, 4, stride=2, padding=1)

    def forward(self, z):
        x = F.relu(self.linear(z)).view(-1, 32, 7, 7)
        x = F.relu(self.norm1(self.up1(x)))
        return torch.sigmoid(self.up2(x))


class Autoencoder(nn.Module):
    def __init__(self, embedding_dim=16):
        super().__init__()
        self.encoder = Encoder(embedding_dim)
        self.decoder = Decoder(embedding_dim)

    def forward(self, x):
        return self.decoder(self.encoder(x))


def reconstruction_loss(reconstruction, images):
    return F.mse_loss(reconstruction, images)


def train(model, images, epochs=10, batch_size=64, lr=3e-3, seed=0):
    torch.manual_seed(seed)
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    model.train()
    history = []
    for epoch in range(epochs):
        order = torch.randperm(len(images)).to(images.device)
        total, batches = 0.0, 0
        for start in range(0, len(images), batch_size):
            batch = images[order[start : start + batch_size]]
            loss = reconstruction_loss(model(batch), batch)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
            batches += 1
        history.append(total / batches)
    return history


class in_eval_mode:
    """Puts a model in eval mode, and every module back as it was."""

    def __init__(self, model):
        self.model = model

    def __enter__(self):
        self.modes = [(module, module.training) for module in self.model.modules()]
        self.model.eval()

    def __exit__(self, *args):
        for module, mode in self.modes:
            module.training = mode


@torch.no_grad()
def encode(model, images):
    with in_eval_mode(model):
        return torch.cat([model.encoder(part) for part in images.split(500)])


@torch.no_grad()
def decode(model, codes):
    with in_eval_mode(model):
        return torch.cat([model.decoder(part) for part in codes.split(500)])


def interpolate(model, image_a, image_b, steps=8):
    a, b = encode(model, torch.stack([image_a, image_b]))
    t = torch.linspace(0, 1, steps, device=a.device).unsqueeze(1)
    codes = (1 - t) * a + t * b
    return decode(model, codes)


def generate(model, images, n, seed=0):
    generator = torch.Generator().manual_seed(seed)
    codes = encode(model, images)
    first = torch.randint(len(images), (n,), generator=generator).to(codes.device)
    distances = torch.cdist(codes[first], codes)
    near = distances.topk(6, largest=False).indices[:, 1:]
    column = torch.randint(5, (n, 1), generator=generator).to(codes.device)
    second = near.gather(1, column).squeeze(1)
    t = (0.3 + 0.4 * torch.rand(n, 1, generator=generator)).to(codes.device)
    noise = torch.randn(n, codes.shape[1], generator=generator).to(codes.device)
    mixed = (1 - t) * codes[first] + t * codes[second] + 0.25 * codes.std(0) * noise
    return decode(model, mixed)


def nearest_neighbours(model, images, queries, k=5):
    distances = torch.cdist(
        encode(model, queries), encode(model, images), compute_mode="donot_use_mm_for_euclid_dist"
    )
    return distances.topk(k, dim=1, largest=False).indices


@torch.no_grad()
def evaluate(model, images):
    return F.mse_loss(decode(model, encode(model, images)), images).item()


def sweep_embedding_dims(train_images, valid_images, dims, epochs=2, seed=0):
    errors = {}
    for dim in dims:
        torch.manual_seed(seed)
        model = Autoencoder(dim).to(train_images.device)
        train(model, train_images, epochs=epochs, seed=seed)
        errors[dim] = (evaluate(model, train_images), evaluate(model, valid_images))
    return errors
