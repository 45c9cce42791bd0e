"""U-Net 3+ in small: every decoder level sees ALL encoder levels at or above its scale, pooled down to it,
and all deeper decoder levels, brought up by transposed convolutions."""
import random
import torch
from torch import nn
from torch.nn import functional as F

BASE = 8
DEPTH = 4            # 1, 1/2, 1/4, 1/8


def cbr(a, b):
    return nn.Sequential(nn.Conv2d(a, b, 3, padding=1), nn.GroupNorm(2, b), nn.ReLU())


class FCN(nn.Module):
    def __init__(self, in_channels=1, num_classes=3):
        super().__init__()
        widths = [BASE, 2 * BASE, 3 * BASE, 4 * BASE]
        self.encoder = nn.ModuleList([cbr(a, b) for a, b in zip([in_channels] + widths, widths)])
        self.deep = cbr(widths[-1], widths[-1])
        self.skips = nn.ModuleDict()
        self.rises = nn.ModuleDict()
        self.fuse = nn.ModuleList()
        out_width = [BASE, BASE, BASE, widths[-1]]
        for level in range(DEPTH - 1):
            for source in range(level + 1):
                self.skips["%d_%d" % (source, level)] = nn.Conv2d(widths[source], BASE, 1)
            for source in range(level + 1, DEPTH):
                f = 2 ** (source - level)
                self.rises["%d_%d" % (source, level)] = nn.ConvTranspose2d(out_width[source], BASE, f, stride=f)
            self.fuse.append(cbr(BASE * DEPTH, BASE))
        self.classify = nn.Conv2d(BASE, num_classes, 1)

    def forward(self, x):
        height, width = x.shape[2], x.shape[3]
        extra_h, extra_w = -height % 8, -width % 8
        x = F.pad(x, (0, extra_w, 0, extra_h), mode="replicate")
        encoded = []
        for level, layer in enumerate(self.encoder):
            x = layer(x if level == 0 else F.avg_pool2d(x, 2))
            encoded.append(x)
        decoded = {DEPTH - 1: self.deep(x)}
        for level in reversed(range(DEPTH - 1)):
            seen = []
            for source in range(level + 1):
                f = 2 ** (level - source)
                seen.append(self.skips["%d_%d" % (source, level)](F.max_pool2d(encoded[source], f) if f > 1 else encoded[source]))
            for source in range(level + 1, DEPTH):
                seen.append(self.rises["%d_%d" % (source, level)](decoded[source]))
            decoded[level] = self.fuse[level](torch.cat(seen, 1))
        return self.classify(decoded[0])[:, :, :height, :width]


def one_hot_targets(labels, num_classes):
    return torch.stack([(labels == c).float() for c in range(num_classes)], dim=1)


def predict_proba(model, images):
    was = [(m, m.training) for m in model.modules()]
    try:
        model.eval()
        with torch.no_grad():
            return F.softmax(model(images), dim=1)
    finally:
        for m, t in was:
            m.training = t


def predict(model, images):
    return predict_proba(model, images).argmax(dim=1)


def pixel_loss(logits, labels):
    classes = logits.shape[1]
    return F.cross_entropy(logits.permute(0, 2, 3, 1).reshape(-1, classes), labels.reshape(-1))


class PoolUnpool(nn.Module):
    """Slow and plain: look at the k*k offsets one after the other.
    indices[..., 0] is the row, indices[..., 1] the column of each maximum."""

    def __init__(self, kernel_size=2):
        super().__init__()
        self.kernel_size = kernel_size

    def pool(self, x):
        k = self.kernel_size
        h, w = x.shape[2] // k, x.shape[3] // k
        best, row, col = None, None, None
        rows = torch.arange(h, device=x.device).view(-1, 1) * k
        cols = torch.arange(w, device=x.device).view(1, -1) * k
        for i in range(k):
            for j in range(k):
                here = x[:, :, i:h * k:k, j:w * k:k]
                r, c = (rows + i).expand(here.shape), (cols + j).expand(here.shape)
                if best is None:
                    best, row, col = here, r, c
                else:
                    better = here > best
                    best = torch.where(better, here, best)
                    row, col = torch.where(better, r, row), torch.where(better, c, col)
        return best, torch.stack([row, col], dim=-1)

    def unpool(self, pooled, indices, output_size):
        N, C = pooled.shape[:2]
        n = torch.arange(N, device=pooled.device).view(-1, 1, 1, 1)
        c = torch.arange(C, device=pooled.device).view(1, -1, 1, 1)
        empty = torch.zeros(tuple(output_size), dtype=pooled.dtype, device=pooled.device)
        return empty.index_put((n, c, indices[..., 0], indices[..., 1]), pooled)

    def forward(self, x):
        pooled, indices = self.pool(x)
        return self.unpool(pooled, indices, x.shape)


def mean_iou(prediction, labels, num_classes):
    """with sets of pixel numbers"""
    p, t = prediction.flatten().tolist(), labels.flatten().tolist()
    found = []
    for c in set(p) | set(t):
        a = {i for i, v in enumerate(p) if v == c}
        b = {i for i, v in enumerate(t) if v == c}
        found.append(len(a & b) / len(a | b))
    return sum(found) / len(found)


def receptive_field(layers):
    """which inputs does output 0 see?  follow the lowest and the highest index backwards"""
    low = high = 0
    for kernel, stride, dilation in layers[::-1]:
        low, high = low * stride, high * stride + (kernel - 1) * dilation
    return high - low + 1


def train(model, images, labels, epochs=10, batch_size=12, lr=4e-3, seed=0):
    dice = random.Random(seed)
    torch.manual_seed(seed)
    model.train()
    opt = torch.optim.RMSprop(model.parameters(), lr=lr * 0.5, alpha=0.95, momentum=0.5)
    numbers = list(range(len(images)))
    report = []
    for epoch in range(epochs):
        dice.shuffle(numbers)
        if epochs > 2 and epoch in (epochs * 6 // 10, epochs * 85 // 100):
            for group in opt.param_groups:
                group["lr"] *= 0.3
        total = 0.0
        for k in range(0, len(numbers), batch_size):
            some = torch.tensor(numbers[k:k + batch_size], device=images.device)
            opt.zero_grad()
            loss = pixel_loss(model(images[some]), labels[some])
            loss.backward()
            nn.utils.clip_grad_value_(model.parameters(), 0.5)
            opt.step()
            total += loss.item() * len(some)
        report.append(total / len(numbers))
    return report


class ConvClassifier(nn.Module):
    def __init__(self, in_channels=1, num_classes=10):
        super().__init__()
        self.a, self.b = cbr(in_channels, 16), cbr(16, 32)
        self.c = nn.Conv2d(32, num_classes, 3, padding=1)

    def forward(self, x):
        x = F.max_pool2d(self.a(x), 2)
        x = self.c(F.max_pool2d(self.b(x), 2))
        return x.flatten(2).mean(2)
