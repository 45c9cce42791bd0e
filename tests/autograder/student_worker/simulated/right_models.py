"""Models that are right about devices, as students write them: on the device they must give the CPU's very bits."""

import copy
import io
from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from torchvision import models


class _Autoencoder(nn.Module):
    def __init__(self, embedding_dim=8):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 4, 3, stride=2, padding=1),
            nn.BatchNorm2d(4),
            nn.ReLU(inplace=True),
            nn.Dropout(0.0),
            nn.Conv2d(4, 8, 3, stride=2, padding=1),
            nn.LeakyReLU(0.1),
            nn.Flatten(),
            nn.Linear(8 * 7 * 7, embedding_dim),
        )
        self.widen = nn.Linear(embedding_dim, 8 * 7 * 7)
        self.decoder = nn.Sequential(
            nn.ConvTranspose2d(8, 4, 4, stride=2, padding=1),
            nn.BatchNorm2d(4),
            nn.ReLU(),
            nn.ConvTranspose2d(4, 1, 3, stride=2, padding=1, output_padding=1),
            nn.Sigmoid(),
        )

    def forward(self, x):
        return self.decoder(self.widen(self.encoder(x)).view(-1, 8, 7, 7))


class _SmallVGG(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 4, 3, padding=1),
            nn.BatchNorm2d(4),
            nn.ReLU(True),
            nn.MaxPool2d(2),
            nn.Conv2d(4, 8, 3),
            nn.ReLU(True),
        )
        self.avgpool = nn.AdaptiveAvgPool2d((2, 2))
        self.classifier = nn.Sequential(nn.Dropout(0.5), nn.Linear(32, 10))

    def forward(self, x):
        return self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))


def _images(n=48):
    return torch.rand(n, 1, 28, 28, generator=torch.Generator().manual_seed(1))


def _train(model, images, optimiser, scheduler=None, epochs=3, generator=None):
    history = []
    for _ in range(epochs):
        total = 0.0
        for batch in torch.randperm(len(images), generator=generator).to(images.device).split(16):
            optimiser.zero_grad()
            loss = F.mse_loss(model(images[batch]), images[batch])
            loss.backward()
            optimiser.step()
            if scheduler:
                scheduler.step()
            total += loss.item() * len(batch)
        history.append(total / len(images))
    return history, model.state_dict()


def adam_device_before_optimiser(device):
    model = _Autoencoder().to(device)
    assert next(model.parameters()).device.type == device.type
    return _train(model, _images().to(device), torch.optim.Adam(model.parameters(), lr=3e-3))


def adam_optimiser_before_device(device):
    model = _Autoencoder()
    optimiser = torch.optim.Adam(model.parameters(), lr=3e-3)
    model.to(device)
    return _train(model, _images().to(device), optimiser)


def adam_foreach(device):
    model = _Autoencoder().to(device)
    return _train(model, _images().to(device), torch.optim.Adam(model.parameters(), foreach=True))


def adam_fused(device):
    model = _Autoencoder().to(device)
    return _train(model, _images().to(device), torch.optim.Adam(model.parameters(), fused=True))


def sgd_momentum_cosine(device):
    model = _Autoencoder().to(device)
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, nesterov=True)
    return _train(model, _images().to(device), optimiser, torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, 9))


def adamw_one_cycle(device):
    model = _Autoencoder().to(device)
    optimiser = torch.optim.AdamW(model.parameters(), amsgrad=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 1e-2, total_steps=9)
    return _train(model, _images().to(device), optimiser, schedule, generator=torch.Generator().manual_seed(3))


def rmsprop_clipped_gradients(device):
    model = _Autoencoder().to(device)
    optimiser = torch.optim.RMSprop(model.parameters(), lr=1e-3)
    images = _images().to(device)
    for _ in range(2):
        optimiser.zero_grad(set_to_none=False)
        nn.MSELoss()(model(images), images).backward()
        norm = nn.utils.clip_grad_norm_(model.parameters(), 0.1)
        nn.utils.clip_grad_value_(model.parameters(), 0.01)
        optimiser.step()
    return norm, model.state_dict(), optimiser.state_dict()["state"]


def loader_over_device_tensors(device):
    images = _images().to(device)
    labels = (torch.arange(48) % 3).to(device)
    model = _SmallVGG().to(device)
    optimiser = torch.optim.Adam(model.parameters())
    loader = DataLoader(
        TensorDataset(images, labels), batch_size=20, shuffle=True, generator=torch.Generator().manual_seed(0)
    )
    for x, y in loader:
        assert x.device == images.device
        optimiser.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimiser.step()
    return model.state_dict()


def loader_over_cpu_tensors(device):
    model = _Autoencoder().to(device)
    optimiser = torch.optim.Adam(model.parameters())
    losses = []
    for _ in range(2):
        for (x,) in DataLoader(TensorDataset(_images()), batch_size=16, shuffle=True, pin_memory=True):
            x = x.to(device, non_blocking=True)
            loss = F.binary_cross_entropy(model(x), x, reduction="sum")
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            losses.append(float(loss))
    return losses, model.state_dict()


def lazy_modules(device):
    model = nn.Sequential(
        nn.LazyConv2d(3, 3),
        nn.LazyBatchNorm2d(),
        nn.ReLU(),
        nn.LazyConvTranspose2d(2, 3),
        nn.Flatten(),
        nn.LazyLinear(4),
    ).to(device)
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1)
    x = torch.randn(2, 1, 6, 6).to(device)
    model(x).square().mean().backward()
    optimiser.step()
    assert all(each.device == x.device for each in (*model.parameters(), *model.buffers()))
    built_there = nn.LazyLinear(2, device=device)
    assert nn.LazyLinear(2).to(device).double()(x.double()).dtype == torch.float64
    twin = copy.deepcopy(nn.LazyLinear(2).to(device))
    assert twin(x).device == built_there(x).device == x.device
    return model.state_dict(), model(x)


def states(device):
    model = _Autoencoder().to(device)
    optimiser = torch.optim.Adam(model.parameters())
    _train(model, _images(16).to(device), optimiser, epochs=1)
    twin = copy.deepcopy(model)
    assert next(twin.parameters()) is not next(model.parameters())
    assert type(next(twin.parameters())) is type(next(model.parameters()))
    assert isinstance(next(twin.parameters()), nn.Parameter)
    best = copy.deepcopy(model.state_dict())
    best_again = {name: value.clone() for name, value in model.state_dict().items()}
    on_cpu = OrderedDict((name, value.cpu()) for name, value in model.state_dict().items())
    fresh = _Autoencoder().to(device)
    fresh.load_state_dict(on_cpu)
    fresh.load_state_dict(best)
    fresh.load_state_dict(best_again)
    other = torch.optim.Adam(fresh.parameters())
    other.load_state_dict(optimiser.state_dict())
    _train(fresh, _images(16).to(device), other, epochs=1)
    _train(model, _images(16).to(device), optimiser, epochs=1)
    assert next(fresh.parameters()).device.type == device.type
    assert not torch.equal(next(model.parameters()), next(twin.parameters()))
    cpu_model = _Autoencoder()
    cpu_model.load_state_dict(model.state_dict())
    assert next(cpu_model.parameters()).device == torch.device("cpu")
    assert next(model.cpu().parameters()).device == torch.device("cpu")
    assert torch.tensor([F.mse_loss(images, images) for images in _images(4).to(device)]).device == torch.device("cpu")
    return twin.state_dict(), fresh.state_dict(), cpu_model.state_dict()


def files(device):
    model = _SmallVGG().to(device)
    file = io.BytesIO()
    torch.save(model.state_dict(), file)
    file.seek(0)
    there = torch.load(file)
    file.seek(0)
    here = torch.load(file, map_location="cpu")
    assert next(iter(there.values())).device.type == device.type
    assert next(iter(here.values())).device == torch.device("cpu")
    for place in (device, str(device)):
        file.seek(0)
        mapped = torch.load(file, map_location=place)
        assert next(iter(mapped.values())).device.type == device.type
        model.load_state_dict(mapped)
    whole = io.BytesIO()
    torch.save(nn.Linear(2, 3).to(device), whole)
    whole.seek(0)
    layer = torch.load(whole, weights_only=False)
    assert isinstance(layer.weight, nn.Parameter)
    assert layer.weight.device.type == device.type
    return there, here, layer.state_dict()


def tied_and_frozen(device):
    model = nn.ModuleDict({"down": nn.Linear(4, 2, bias=False), "up": nn.Linear(2, 4)})
    model["again"] = model["down"]
    extra = nn.Linear(4, 2, bias=False)
    extra.weight = model["down"].weight
    model["tied"] = extra
    model.to(device)
    assert model["tied"].weight is model["down"].weight
    for parameter in model["up"].parameters():
        parameter.requires_grad = False
    optimiser = torch.optim.SGD([each for each in model.parameters() if each.requires_grad], lr=0.1)
    x = torch.randn(3, 4).to(device)
    model["up"](model["tied"](x)).sum().backward()
    optimiser.step()
    assert model["up"].weight.grad is None
    vector = nn.utils.parameters_to_vector(model.parameters())
    nn.utils.vector_to_parameters(vector * 2, model.parameters())
    model.half().float().double()
    return model.state_dict(), vector, sum(each.numel() for each in model.parameters())


def initialisers(device):
    weight = torch.empty(8, 4, 3, 3, device=device)
    made = []
    for initialise in (
        nn.init.xavier_uniform_, nn.init.xavier_normal_, nn.init.kaiming_normal_, nn.init.kaiming_uniform_, nn.init.orthogonal_,
        nn.init.trunc_normal_, nn.init.normal_, nn.init.uniform_, nn.init.zeros_, nn.init.ones_, nn.init.dirac_,
    ):  # fmt: skip
        made.append(initialise(weight).clone())
    nn.init.constant_(weight, 0.3)
    model = _SmallVGG().to(device)
    model.apply(lambda layer: nn.init.normal_(layer.weight, 0, 0.02) if isinstance(layer, nn.Conv2d) else None)
    return made, weight, nn.init.eye_(torch.empty(3, 3, device=device)), model.state_dict()


def without_gradients(device):
    model = _Autoencoder().to(device).eval()
    images = _images(4).to(device)
    with torch.no_grad():
        a = model(images)
    with torch.inference_mode():
        b = model(images)
        c = torch.cat([b, torch.zeros(1, 1, 28, 28, device=device)]).reshape(5, -1).t().contiguous().mean(0)
        d = (
            F.cross_entropy(c.view(1, -1), torch.tensor([2], device=device)),
            (b[b > 0.5].sum(), b.to(device) is b, b.float() is b),
        )
        pooled, indices = F.max_pool2d(images, 2, return_indices=True)
        e = (
            F.max_unpool2d(pooled, indices, 2),
            F.interpolate(images, 5),
            torch.einsum("nchw->n", images),
            F.pad(images, (1, 1)),
        )
    assert not a.requires_grad
    assert torch.equal(a, b)
    return a, b, c, d, e, b.cpu()


def views_without_gradients(device):
    """Of what was made before: PyTorch gives such a view a version, as its base has one."""
    model = _Autoencoder().to(device).eval()
    images = _images(4).to(device)
    with torch.inference_mode():
        a, b = images[:2], images[0]
        c = torch.cat([model(each) for each in images.split(3)])
        d = model(b[None]), model(a.view(2, 1, 28, 28)), [each.mean() for each in images.unbind()]
        weights = {name: weight.detach() for name, weight in model.named_parameters()}
        e = torch.func.functional_call(copy.deepcopy(model), weights, (images.reshape(4, 1, 28, 28),))
        of_their_own = [each.is_inference() for each in (a, b, weights["decoder.0.weight"], c[:1], c.flatten(), a + 1)]
    f = (a * 2).add_(1)
    assert torch.allclose(c, e)
    return a, b, c, *d[:2], torch.stack(d[2]), f, torch.tensor(of_their_own)


def as_if_on_a_gpu(device):
    name = "cuda" if torch.cuda.is_available() else "cpu"
    assert name == device.type
    x = _images(2).to(name)
    model = _Autoencoder().to(name)
    if name == "cuda":
        assert torch.cuda.device_count() == 1
        assert torch.cuda.get_device_name(0)
        assert torch.cuda.memory_allocated() >= 0
        torch.cuda.synchronize()
        torch.cuda.empty_cache()
        torch.backends.cudnn.benchmark = False
        torch.backends.cudnn.deterministic = True
        assert x.cuda() is x
        assert nn.Linear(2, 2).cuda().weight.is_cuda
        assert torch.zeros(2).cuda().is_cuda
        with torch.cuda.device(0):
            pass
    torch.use_deterministic_algorithms(True)
    scaler = torch.amp.GradScaler(name, enabled=name == "cuda")
    with torch.autocast(device_type=name, enabled=name == "cuda"):
        loss = F.mse_loss(model(x), x)
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1)
    scaler.scale(loss).backward()
    scaler.step(optimiser)
    scaler.update()
    return loss


def own_layers(device):
    class Scale(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(torch.tensor([2.0]))
            self.register_buffer("grid", torch.linspace(0, 1, 3))
            self.layers = nn.ModuleList([nn.Linear(3, 3), nn.Linear(3, 3)])
            self.weights = nn.ParameterList([nn.Parameter(torch.ones(3))])

        def forward(self, x):
            for layer in self.layers:
                x = layer(x) * self.weights[0]
            return x * self.scale + self.grid + torch.arange(3, device=x.device)

    class Double(torch.autograd.Function):
        @staticmethod
        def forward(context, x):
            context.save_for_backward(x)
            return x * 2

        @staticmethod
        def backward(context, gradient):
            (x,) = context.saved_tensors
            return gradient * 2 + 0 * x

    model = Scale().to(device)
    x = torch.randn(2, 3).to(device)
    features = []
    model.layers[0].register_forward_hook(lambda module, inputs, output: features.append(output.detach()))
    Double.apply(model(x)).sum().backward()
    weighted = nn.utils.parametrizations.weight_norm(nn.Linear(3, 2)).to(device)
    rebuilt = torch.utils.checkpoint.checkpoint(model, x, use_reentrant=False)
    lstm = nn.LSTM(3, 4, batch_first=True).to(device)
    attention = nn.MultiheadAttention(4, 2, batch_first=True).to(device)
    sequence, _ = lstm(x[None])
    return (
        [each.grad for each in model.parameters()],
        features,
        weighted(x),
        rebuilt,
        attention(sequence, sequence, sequence),
        nn.Embedding(5, 3).to(device)(torch.tensor([1, 4], device=device)),
    )


def torchvision_models(device):
    x = torch.rand(1, 3, 64, 64).to(device)
    alexnet = models.alexnet(num_classes=5).to(device).eval()
    with torch.no_grad():
        features = torch.flatten(alexnet.avgpool(alexnet.features(x)), 1)
    vgg = models.vgg.make_layers([4, "M", 8, "M"], batch_norm=True).to(device)
    F.adaptive_avg_pool2d(vgg(x), 7).sum().backward()
    return features, vgg.state_dict(), [each.grad for each in vgg.parameters()]
