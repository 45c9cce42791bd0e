from collections.abc import Iterator
from contextlib import contextmanager
import torch
import torch.nn.functional as F
from torch import Tensor, nn

class Encoder(nn.Module):

    def __init__(self, embedding_dim: int=16) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(1, 16, kernel_size=3, stride=2, padding=1), nn.ELU(), nn.Conv2d(16, 32, kernel_size=3, stride=2, padding=1), nn.ELU(), nn.Flatten(), nn.Linear(32 * 7 * 7, embedding_dim))

    def forward(self, images: Tensor) -> Tensor:
        return self.layers(images)

class Decoder(nn.Module):

    def __init__(self, embedding_dim: int=16) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(embedding_dim, 32 * 7 * 7), nn.ELU(), nn.Unflatten(1, (32, 7, 7)), nn.ConvTranspose2d(32, 16, kernel_size=3, stride=2, padding=1, output_padding=1), nn.ELU(), nn.ConvTranspose2d(16, 1, kernel_size=3, stride=2, padding=1, output_padding=1), nn.Sigmoid())

    def forward(self, embeddings: Tensor) -> Tensor:
        return self.layers(embeddings)

class Autoencoder(nn.Module):

    def __init__(self, embedding_dim: int=16) -> None:
        super().__init__()
        self.encoder = Encoder(embedding_dim)
        self.decoder = Decoder(embedding_dim)

    def forward(self, images: Tensor) -> Tensor:
        return self.decoder(self.encoder(images))

def reconstruction_loss(reconstruction: Tensor, images: Tensor) -> Tensor:
    return F.mse_loss(reconstruction, images)

def train(model: nn.Module, images: Tensor, epochs: int=10, batch_size: int=64, lr: float=0.003, seed: int=0) -> list[float]:
    generator = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.Adam(model.parameters(), lr=lr)
    model.train()
    losses = []
    for _ in range(epochs):
        total = 0.0
        for chosen in torch.randperm(len(images), generator=generator).split(batch_size):
            batch = images[chosen.to(images.device)]
            loss = reconstruction_loss(model(batch), batch)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total += loss.item() * len(batch)
        losses.append(total / len(images))
    return losses

@contextmanager
def _evaluation(model: nn.Module) -> Iterator[None]:
    modes = {module: module.training for module in model.modules()}
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        for module, mode in modes.items():
            module.training = mode

def sweep_embedding_dims(train_images: Tensor, valid_images: Tensor, dims: list[int], epochs: int=2, seed: int=0) -> dict[int, tuple[float, float]]:
    errors = {}
    for dim in dims:
        torch.manual_seed(seed)
        model = Autoencoder(dim).to(train_images.device)
        train(model, train_images, epochs=epochs, seed=seed)
        with _evaluation(model):
            training_error, validation_error = (reconstruction_loss(model(images), images).item() for images in (train_images, valid_images))
        errors[dim] = (training_error, validation_error)
    return errors

def interpolate(model: Autoencoder, image_a: Tensor, image_b: Tensor, steps: int=8) -> Tensor:
    with _evaluation(model):
        start, end = model.encoder(torch.stack([image_a, image_b]))
        share = torch.linspace(0, 1, steps, device=image_a.device).unsqueeze(1)
        return model.decoder(torch.lerp(start, end, share))

def generate(model: Autoencoder, images: Tensor, n: int, seed: int=0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    chosen = torch.randint(len(images), (n,), generator=generator).to(images.device)
    with _evaluation(model):
        embeddings = model.encoder(images)
        steps = torch.randn(n, embeddings.shape[1], generator=generator).to(images.device)
        return model.decoder(embeddings[chosen] + 0.25 * embeddings.std(dim=0) * steps)

def nearest_neighbours(model: Autoencoder, images: Tensor, queries: Tensor, k: int=5) -> Tensor:
    with _evaluation(model):
        mode = 'donot_use_mm_for_euclid_dist'
        distances = torch.cdist(model.encoder(queries), model.encoder(images), compute_mode=mode)
        return distances.topk(k, largest=False).indices


def train(model, images, epochs=10, batch_size=64, lr=0.003, seed=0):
    step = 0
    while True:
        step += 1
