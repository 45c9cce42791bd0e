"""Operators used rightly on a device: there they must give the CPU's very bits."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn


def generator_on_the_device(device):
    generator = torch.Generator(device=device).manual_seed(5)
    assert isinstance(generator, torch.Generator)
    assert generator.device.type == device.type
    assert isinstance(torch.default_generator, torch.Generator)
    noise = torch.randn(4, 3, generator=generator, device=device)
    order = torch.randperm(10, generator=generator, device=device)
    assert noise.device.type == order.device.type == device.type
    noise.normal_(generator=generator)
    return (
        noise,
        order,
        torch.randint(0, 9, (5,), generator=generator, device=device),
        torch.bernoulli(noise.sigmoid(), generator=generator),
    )


def generator_on_the_cpu(device):
    generator = torch.Generator()
    generator.manual_seed(5)
    return torch.randperm(10, generator=generator).to(device), torch.randn(3, generator=generator).to(device) * 2


def seeds(device):
    torch.manual_seed(3)
    first = torch.rand(3, device=device)
    if device.type == "cuda":
        torch.cuda.manual_seed_all(3)
        torch.cuda.manual_seed(3)
    else:
        torch.manual_seed(3)
    assert torch.equal(first, torch.rand(3, device=device))
    with torch.random.fork_rng():
        torch.manual_seed(9)
        inside = torch.rand(3, device=device)
    return (
        first,
        inside,
        torch.rand(3, device=device),
        torch.rand_like(first),
        torch.randn_like(first),
        F.dropout(first, 0.5),
    )


def factories(device):
    x = torch.arange(6, dtype=torch.float32, device=device).reshape(2, 3)
    made = [
        torch.zeros(2, 3, device=x.device), torch.ones(2, device=device), torch.full((2,), 3.5, device=device),
        torch.eye(3, device=device), torch.linspace(0, 1, 5, device=device), torch.logspace(0, 1, 3, device=device),
        torch.tensor([1.0, 2.0], device=device), torch.as_tensor(np.arange(3.0), device=device), torch.tensor(4, device=device),
        torch.tril_indices(3, 3, device=device), torch.zeros_like(x), torch.ones_like(x), torch.full_like(x, 2.0),
        torch.empty_like(x).fill_(1), x.new_zeros(3), x.new_ones(2, 2), x.new_full((2,), 7.0), x.new_tensor([1, 2]),
        torch.empty(2, device=device).uniform_(), torch.scalar_tensor(2.0, device=device), torch.zeros(2).to(x),
        torch.zeros(2).type_as(x), torch.from_numpy(np.ones(3)).to(device), torch.hann_window(4, device=device),
        torch.empty_strided((2, 2), (2, 1), device=device).zero_(),
    ]  # fmt: skip
    assert all(each.device == x.device for each in made)
    assert x.to(device) is x
    assert x.cpu().device == torch.zeros_like(x, device="cpu").device == torch.zeros(2).device == torch.device("cpu")
    return made


def default_device(device):
    with torch.device(device):
        layer = nn.Linear(3, 2)
        x = torch.ones(2, 3)
    assert x.device.type == layer.weight.device.type == device.type
    torch.set_default_device(device)
    y = torch.tensor([1.0, 2.0])
    assert y.device.type == device.type
    return layer(x) + y


def masks_and_slices(device):
    x = torch.randn(4, 5).to(device)
    mask = x > 0
    y = x.clone()
    y[mask] = 0
    y[~mask] += 1
    y[1] = torch.arange(5)  # a copy from the CPU, which CUDA takes
    y[:, 2] += 3
    y[2:, ::2] *= 2
    y[0, 0] = torch.tensor(9.0)
    y[torch.tensor([0, 3])] = 1.5
    y[-1] -= y[0].detach()
    z = x.masked_fill(mask, -1.0).masked_fill(x < -1, float("-inf"))
    w = torch.where(mask, x, torch.tensor(0.0)) + torch.where(x > 1, 1.0, 0.0)
    return (
        x[mask],
        y,
        z,
        w,
        x[[0, 2]],
        x[torch.tensor([1, 1])],
        x[mask.any(1), 1:3],
        x[..., None],
        x[x.argmax(0), torch.arange(5)],
    )


def in_place_and_shapes(device):
    x = torch.randn(2, 3, 1).to(device)
    y = x.clone()
    assert y.t_ is not None
    y.squeeze_(2)
    assert y.shape == (2, 3)
    assert y.t_() is y
    assert y.shape == (3, 2)
    y.unsqueeze_(0).add_(1).mul_(2).clamp_(min=0)
    z = torch.empty(0, device=device)
    torch.add(x, 1, out=z)
    view = z.view(6)
    view[0] = 5
    view.zero_().add_(torch.arange(6.0, device=device))
    w = torch.zeros(3, device=device)
    w += 2
    w.copy_(torch.tensor([1.0, 2.0, 3.0]))
    x.data = x.data * 2
    x.resize_(3, 2)
    return x, y, z, w, x.expand(2, 3, 2), x.permute(1, 0).contiguous(), x.t().reshape(-1), x.T.flatten().unfold(0, 2, 2)


def gradients_through_views(device):
    x = torch.randn(4, 4).to(device).requires_grad_()
    y = x * 1
    y[:, 1] = y[:, 0] * 2
    y.view(16)[3:7].mul_(2)
    hooked = []
    y.register_hook(lambda gradient: hooked.append(gradient.sum()))
    (y.t().exp().sum() + x[1:, ::2].pow(2).sum()).backward(retain_graph=True)
    (first,) = torch.autograd.grad((x**3).sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), x)
    assert x.grad.device == x.device
    return x.grad, first, second, hooked


def products(device):
    a, b = torch.randn(3, 4, 5).to(device), torch.randn(3, 5, 2).to(device)
    return (
        a @ b, torch.bmm(a, b), torch.einsum("nij,njk->nik", a, b), torch.matmul(a[0], b[0]), a[0].mm(b[0]), a[0, 0].dot(a[0, 1]),
        torch.tensordot(a, b, dims=([2], [1])), torch.outer(a[0, 0], b[0, :, 0]), F.linear(a, a[0]), torch.addmm(b[0, :4], a[0], b[0]),
        torch.linalg.norm(a), a.norm(dim=1), torch.linalg.inv(a[0, :4, :4]), torch.cross(a[..., :3], a[..., 1:4], dim=2),
    )  # fmt: skip


def choosing(device):
    x, y = torch.randn(6, 3).to(device), torch.randn(4, 3).to(device)
    labels = torch.tensor([[0, 2], [1, 1]]).to(device)
    distance = torch.cdist(x, y)
    index = distance.argsort(dim=1)
    return (
        distance, index, distance.topk(2, largest=False), distance.argmin(1), distance.sort(0), x.gather(0, labels[:, :1]),
        torch.zeros(3, 4, device=device).scatter_(0, labels.new_zeros(1, 4), 1.0), torch.zeros(4, device=device).index_add_(0, labels[0], x[0, :2]),
        F.one_hot(labels, 3).permute(0, 2, 1).float(), torch.bincount(labels.flatten()), torch.unique(labels, return_counts=True),
        x.index_select(0, labels[0]), torch.take_along_dim(x, index[:, :3] % 3, 1), x.cumsum(0), x.nonzero(), x.kthvalue(2), x.median(),
        x.quantile(0.5), x.var(0), x.std(), x.amax(1), x.logsumexp(1), torch.stack([x, x]).mean((0, 2)), torch.histc(x, 4), x.isnan().any(),
        torch.isin(labels, labels[0]), torch.searchsorted(x[0].sort().values, x[1]), torch.multinomial(x.exp(), 2), x.roll(1, 0), x.flip(0),
        torch.cat([x, y]), torch.meshgrid(x[0], y[0], indexing="ij"), torch.split(x, 2), x.chunk(3), x.repeat(1, 2), x.repeat_interleave(2, 0),
        torch.cov(x), torch.nn.functional.cosine_similarity(x[:4], y), x.allclose(x), x.equal(x), torch.bucketize(x, y[0].sort().values),
    )  # fmt: skip


def numbers_out_of_tensors(device):
    x = torch.tensor([1.5, 2.0]).to(device)
    assert str(x.device) in repr(x) or device.type == "cpu"
    texts = f"{x[0]:.3f} {x.sum()} {x.shape} {x.sum().item():5.1f}", str(x.tolist())
    numbers = (
        float(x[0]),
        int(x[1]),
        bool(x[0] > 1),
        len(x),
        [float(each) for each in x],
        x.numel(),
        list(range(x[1].long())),
    )
    arrays = x.cpu().numpy(), x.detach().cpu().tolist(), np.asarray(x.cpu()), x.numpy(force=True)
    assert 2.0 in x
    assert x.dtype == torch.float32
    assert torch.is_tensor(x)
    assert isinstance(x, torch.Tensor)
    assert x.is_contiguous()
    assert x.is_cuda == (device.type == "cuda") == (x.get_device() == 0) == (not x.is_cpu)
    return (
        texts,
        numbers,
        arrays,
        max(x).item(),
        sum(x),
        round(x[0].item()),
        x.sum() == 3.5,
        2**x,
        1 / x,
        3 - x,
        -x,
        x // 1,
        x % 2,
        abs(x),
        ~(x > 1),
    )


def numbers_beside_tensors(device):
    """A tensor without dimensions may stay on the CPU where CUDA takes it for a number."""
    x = torch.ones(2, 3).to(device)
    half, two = torch.tensor(0.5), torch.tensor(2)
    x += half
    x[0, 1] = half
    return (
        x * half,
        half - x,
        x.clamp(max=two),
        torch.where(x > 1, x, half),
        x.masked_fill(x > 1, half),
        x.lerp(x, half),
        x[two - 1],
        x.pow(two),
    )


def pooling_and_unpooling(device):
    x = torch.randn(2, 3, 9, 7).to(device).requires_grad_()
    pooled, indices = F.max_pool2d(x, 2, return_indices=True)
    assert indices.device == x.device
    back = F.max_unpool2d(pooled, indices, 2, output_size=x.shape)
    pool, unpool = nn.MaxPool2d(2, return_indices=True), nn.MaxUnpool2d(2)
    again = unpool(*pool(x), output_size=x.size())
    sizes = [
        F.interpolate(x, size=(11, 5), mode=mode, align_corners=flag)
        for mode, flag in (("bilinear", False), ("bicubic", True), ("nearest", None))
    ]
    loss = (
        (back**2).sum()
        + again.sum()
        + sum(each.mean() for each in sizes)
        + F.avg_pool2d(x, 3).sum()
        + F.adaptive_avg_pool2d(x, 1).sum()
    )
    loss.backward()
    return (
        back,
        indices,
        sizes,
        x.grad,
        F.pad(x, (1, 2, 0, 1)),
        F.pad(x, (1, 1, 1, 1), mode="reflect"),
        F.unfold(x, 2),
        F.pixel_shuffle(x.repeat(1, 4, 1, 1), 2),
        nn.Upsample(scale_factor=2)(x),
    )


def padding_before_concatenation(device):
    x, skip = torch.randn(1, 2, 6, 6).to(device), torch.randn(1, 2, 7, 9).to(device)
    rows, columns = skip.shape[2] - x.shape[2], skip.shape[3] - x.shape[3]
    padded = F.pad(x, [0, columns, 0, rows])
    zeros = torch.zeros(1, 2, 1, 6, device=x.device)
    return torch.cat([padded, skip], dim=1), torch.cat((x, zeros), 2), torch.stack([x, x]), torch.hstack([x, x])


def convolutions(device):
    x = torch.randn(2, 4, 9, 8).to(device).requires_grad_()
    layers = [
        nn.Conv2d(4, 8, 3, stride=2, padding=1, groups=2), nn.Conv2d(4, 4, (3, 1), dilation=(2, 1), bias=False), nn.ConvTranspose2d(4, 2, 3, 2, 1, 1),
        nn.Conv2d(4, 4, 3, padding="same", padding_mode="circular"), nn.ConvTranspose2d(4, 4, 4, dilation=2, groups=4), nn.GroupNorm(2, 4),
        nn.InstanceNorm2d(4, affine=True), nn.PReLU(), nn.LayerNorm([4, 9, 8]), nn.Softmax2d(), nn.GELU(), nn.ELU(), nn.Hardtanh(),
    ]  # fmt: skip
    outputs = [layer.to(device)(x) for layer in layers]
    sum(output.square().mean() for output in outputs).backward()
    gradients = [parameter.grad for layer in layers for parameter in layer.parameters()]
    return (
        outputs,
        gradients,
        x.grad,
        F.conv2d(x, torch.ones(1, 4, 2, 2, device=x.device)),
        nn.ConvTranspose2d(4, 1, 3, stride=2).to(device)(x, output_size=(20, 17)),
    )


def losses(device):
    logits = torch.randn(2, 3, 5, 4).to(device).requires_grad_()
    labels = torch.randint(0, 3, (2, 5, 4)).to(device)
    p = logits.softmax(1)
    all_losses = [
        F.cross_entropy(logits, labels), F.nll_loss(logits.log_softmax(1), labels), nn.CrossEntropyLoss(weight=torch.ones(3, device=device))(logits, labels),
        F.cross_entropy(logits, labels, label_smoothing=0.1, ignore_index=1), F.binary_cross_entropy(p, F.one_hot(labels, 3).movedim(-1, 1).float()),
        F.binary_cross_entropy_with_logits(logits, p.detach()), F.mse_loss(logits, p), F.l1_loss(p, p.detach() * 2), F.smooth_l1_loss(logits, p),
        F.kl_div(logits.log_softmax(1), p.detach(), reduction="batchmean"), F.huber_loss(logits, p.detach()),
        nn.MultiMarginLoss()(logits[:, :, 0, 0], labels[:, 0, 0]), -torch.gather(logits.log_softmax(1), 1, labels[:, None]).mean(),
    ]  # fmt: skip
    sum(all_losses).backward()
    return all_losses, logits.grad


def fourier(device):
    x = torch.randn(4, 4).to(device)
    transformed = torch.fft.fft2(x)
    return (
        torch.fft.ifft2(transformed).real,
        transformed.abs(),
        torch.view_as_real(transformed),
        transformed.conj().imag + 0,
    )


def answers_on_the_cpu_stay_there(device):
    x = torch.ones(2).to(device)
    made_here = [
        torch.zeros(2),
        torch.arange(3),
        x.cpu(),
        torch.tensor([1.0]),
        x.to("cpu"),
        torch.zeros_like(x, device="cpu"),
        torch.rand(2),
    ]
    assert all(each.device == torch.device("cpu") for each in made_here)
    assert all(type(each) is torch.Tensor for each in made_here)
    made_here[0].copy_(x)
    return made_here[0], made_here[2].numpy()
