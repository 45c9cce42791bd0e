import torch
import torch.nn.functional as F
from torch import nn


def one_hot_targets(labels, num_classes):
    return F.one_hot(labels, num_classes).permute(0, 3, 1, 2).float()


def block(cin, cout):
    return nn.Sequential(
        nn.Conv2d(cin, cout, 3, padding=1),
        nn.BatchNorm2d(cout),
        nn.ReLU(),
    )


class FCN(nn.Module):
    def __init__(self, in_channels=1, num_classes=3):
        super().__init__()
        self.down1 = block(in_channels, 12)
        self.down2 = block(12, 24)
        self.down3 = block(24, 32)
        self.middle = block(32, 32)
        self.up3 = nn.ConvTranspose2d(32, 32, 2, stride=2)
        self.merge3 = block(64, 24)
        self.up2 = nn.ConvTranspose2d(24, 24, 2, stride=2)
        self.merge2 = block(48, 12)
        self.up1 = nn.ConvTranspose2d(12, 12, 2, stride=2)
        self.merge1 = block(24, 12)
        self.head = nn.Conv2d(12, num_classes, 1)

    def forward(self, x):
        height, width = x.shape[2:]
        x = F.pad(x, (0, -width % 8, 0, -height % 8))
        a = self.down1(x)
        b = self.down2(F.max_pool2d(a, 2))
        c = self.down3(F.max_pool2d(b, 2))
        d = self.middle(F.max_pool2d(c, 2))
        c = self.merge3(torch.cat([c, self.up3(d)], 1))
        b = self.merge2(torch.cat([b, self.up2(c)], 1))
        a = self.merge1(torch.cat([a, self.up1(b)], 1))
        return self.head(a)[:, :, :height, :width]


@torch.no_grad()
def predict_proba(model, images):
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    logits = model(images)
    for module, mode in modes:
        module.training = mode
    return torch.softmax(logits, 1)


def predict(model, images):
    return predict_proba(model, images).argmax(1)


def pixel_loss(logits, labels):
    return F.cross_entropy(logits, labels)


class PoolUnpool(nn.Module):
    def __init__(self, kernel_size=2):
        super().__init__()
        self.kernel_size = kernel_size

    def pool(self, x):
        return F.max_pool2d(x, self.kernel_size, return_indices=True)

    def unpool(self, pooled, indices, output_size):
        n, c, height, width = output_size
        out = pooled.new_zeros(n, c, height * width)
        out = out.scatter(2, indices.flatten(2), pooled.flatten(2))
        return out.view(n, c, height, width)

    def forward(self, x):
        return self.unpool(*self.pool(x), x.shape)


def mean_iou(prediction, labels, num_classes):
    ious = []
    for c in range(num_classes):
        p, t = prediction == c, labels == c
        union = (p | t).sum().item()
        if union > 0:
            ious.append((p & t).sum().item() / union)
    return sum(ious) / len(ious)


def receptive_field(layers):
    field, jump = 1, 1
    for kernel, stride, dilation in layers:
        field += (kernel - 1) * dilation * jump
        jump *= stride
    return field


def train(model, images, labels, epochs=10, batch_size=16, lr=5e-3, seed=0):
    torch.manual_seed(seed)
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    model.train()
    history = []
    total, batches = 0.0, 0
    for epoch in range(epochs):
        order = torch.randperm(len(images)).to(images.device)
        for start in range(0, len(images), batch_size):
            index = order[start : start + batch_size]
            loss = pixel_loss(model(images[index]), labels[index])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
            batches += 1
        history.append(total / batches)
    return history


class ConvClassifier(nn.Module):
    def __init__(self, in_channels=1, num_classes=10):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(in_channels, 16, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(32, num_classes, 1),
        )

    def forward(self, x):
        return self.body(x).mean((2, 3))
