"""U-Net built recursively (as in pix2pix): a block contains the smaller U-Net in its middle."""
import torch
import torch.nn as nn
import torch.nn.functional as F


class UnetSkipConnectionBlock(nn.Module):
    """
    X -------------------identity----------------------
    |-- downsampling -- |submodule| -- upsampling --|
    """

    def __init__(self, outer_nc, inner_nc, submodule=None, norm_layer=nn.BatchNorm2d):
        super().__init__()
        self.down = nn.Sequential(nn.Conv2d(outer_nc, inner_nc, kernel_size=4, stride=2, padding=1, bias=False),
                                  norm_layer(inner_nc), nn.LeakyReLU(0.2))
        self.submodule = submodule
        up_in = inner_nc if submodule is None else 2 * inner_nc
        self.mix = nn.Sequential(nn.Conv2d(up_in, inner_nc, 3, padding=1, bias=False), norm_layer(inner_nc),
                                 nn.LeakyReLU(0.2))
        self.up = nn.ConvTranspose2d(inner_nc, outer_nc, kernel_size=4, stride=2, padding=1, bias=False)
        self.up_norm = norm_layer(outer_nc)

    def forward(self, x):
        y = self.down(x)
        if self.submodule is not None:
            y = self.submodule(y)
        y = self.up(self.mix(y), output_size=x.shape)       # odd sizes: output_padding is chosen here
        return torch.cat([x, F.relu(self.up_norm(y))], 1)


def build(widths):
    outer, *rest = widths
    if not rest:
        return None
    return UnetSkipConnectionBlock(outer, rest[0], build(rest))


class FCN(nn.Module):
    def __init__(self, in_channels=1, num_classes=3, widths=(10, 16, 32, 48)):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(in_channels, widths[0], 3, padding=1), nn.LeakyReLU(0.2))
        self.unet = build(widths)
        self.tail = nn.Sequential(nn.Conv2d(2 * widths[0], widths[0], 3, padding=1), nn.LeakyReLU(0.2),
                                  nn.Conv2d(widths[0], num_classes, 1))
        self.apply(self.init_weights)

    @staticmethod
    def init_weights(m):
        if isinstance(m, (nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.orthogonal_(m.weight)
            if m.bias is not None:
                nn.init.constant_(m.bias, 0.)

    def forward(self, x):
        return self.tail(self.unet(self.stem(x)))


class ConvClassifier(nn.Module):
    def __init__(self, in_channels=1, num_classes=10):
        super().__init__()

        def stage(i, o):
            return [nn.Conv2d(i, o, 4, 2, 1), nn.InstanceNorm2d(o, affine=True), nn.LeakyReLU(0.2)]

        self.model = nn.Sequential(*stage(in_channels, 16), *stage(16, 32), *stage(32, 64),
                                   nn.Conv2d(64, num_classes, 1))

    def forward(self, x):
        scores = self.model(x)
        return scores.flatten(2).mean(-1)


def one_hot_targets(labels, num_classes):
    return torch.permute(F.one_hot(labels.long(), num_classes=num_classes), (0, 3, 1, 2)).to(torch.float)


def preserve_mode(func):
    """Decorator: eval mode while `func` runs, then every submodule gets its own flag back."""
    def inner(model, images):
        flags = dict((name, module.training) for name, module in model.named_modules())
        model.eval()
        try:
            with torch.inference_mode():
                result = func(model, images)
        finally:
            for name, module in model.named_modules():
                module.training = flags[name]
        return result.clone()
    return inner


@preserve_mode
def predict_proba(model, images):
    return F.softmax(model(images), 1)


@preserve_mode
def predict(model, images):
    return model(images).max(dim=1).indices


def pixel_loss(logits, labels):
    return F.cross_entropy(logits, labels)


class PoolUnpool(nn.Module):
    def __init__(self, kernel_size=2):
        super().__init__()
        self.kernel_size = kernel_size

    def pool(self, x):
        return F.max_pool2d(x, self.kernel_size, return_indices=True)

    def unpool(self, pooled, indices, output_size):
        size = torch.Size(output_size)
        empty = pooled.new_zeros(size).flatten(-2)
        return torch.scatter(empty, -1, indices.flatten(-2), pooled.flatten(-2)).unflatten(-1, size[-2:])

    def forward(self, x):
        return self.unpool(*self.pool(x), x.shape)


def mean_iou(prediction, labels, num_classes):
    pairs = torch.stack([labels.flatten(), prediction.flatten()])
    (seen, counts) = torch.unique(pairs, dim=1, return_counts=True)
    table = {}
    for (t, p), k in zip(seen.t().tolist(), counts.tolist()):
        table[t, p] = k
    total = 0.
    present = 0
    for c in range(num_classes):
        tp = table.get((c, c), 0)
        union = sum(k for (t, p), k in table.items() if t == c or p == c)
        if union:
            present += 1
            total += tp / union
    return total / present


def receptive_field(layers):
    def helper(layers, jump):
        if not layers:
            return 1
        kernel, stride, dilation = layers[0]
        return (kernel - 1) * dilation * jump + helper(layers[1:], jump * stride)
    return helper(list(layers), 1)


def class_weights(labels, num_classes):
    # gentle: one over the square root of the frequency, mean 1
    freq = torch.bincount(labels.flatten(), minlength=num_classes).float() / labels.numel()
    w = (freq + 1e-3).pow(-0.25)
    return w / w.mean()


def train(model, images, labels, epochs=10, batch_size=10, lr=5e-3, seed=0):
    gen = torch.Generator()
    gen.manual_seed(seed)
    with torch.no_grad():
        was = model.training
        num_classes = model.eval()(images[:1]).shape[1]
        model.train(was)
    criterion = nn.CrossEntropyLoss(weight=class_weights(labels, num_classes))
    optimizer = torch.optim.Adam(model.parameters(), lr=lr, betas=(0.9, 0.99))
    history = []
    for epoch in range(epochs):
        # lr: constant for the first half, then linearly to zero (pix2pix)
        factor = min(1.0, 2 * (epochs - epoch) / (epochs + 1))
        for group in optimizer.param_groups:
            group["lr"] = lr * factor
        model.train()
        loss_sum = 0.0
        for idx in torch.randperm(images.shape[0], generator=gen).split(batch_size):
            idx = idx.to(images.device)
            optimizer.zero_grad()
            loss = criterion(model(images[idx]), labels[idx])
            loss.backward()
            optimizer.step()
            loss_sum += loss.item() * idx.numel()
        history.append(loss_sum / images.shape[0])
    return history
