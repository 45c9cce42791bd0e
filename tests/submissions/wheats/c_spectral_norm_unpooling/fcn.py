# Pixelweise Vorhersage. Mischung aus SegNet (Max-Unpooling auf der obersten Stufe) und U-Net.
# Die Schichten sind "lazy" und werden im Konstruktor einmal mit Nullen durchlaufen.
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils.parametrizations import spectral_norm


def falte(aus, kern=3):
    return nn.Sequential(nn.LazyConv2d(aus, kern, padding=kern // 2, bias=False), nn.LazyBatchNorm2d(momentum=0.2),
                         nn.Hardswish())


class TrockenLauf:
    """Mixin: fuehrt das Netz einmal aus, damit alle Lazy-Schichten ihre Groesse kennen."""

    def trockenlauf(self, in_channels, seite=16):
        self.eval()
        with torch.no_grad():
            self(torch.zeros(1, in_channels, seite, seite))
        self.train()


class FCN(TrockenLauf, nn.Module):
    def __init__(self, in_channels=1, num_classes=3, breite=12):
        super().__init__()
        b = breite
        self.ebene1 = nn.Sequential(falte(b), falte(b))
        self.ebene2 = nn.Sequential(falte(2 * b), falte(2 * b))
        self.ebene3 = nn.Sequential(falte(4 * b), falte(4 * b))
        self.pool = nn.MaxPool2d(2, return_indices=True)
        self.unpool = nn.MaxUnpool2d(2)
        self.hoch3 = nn.LazyConvTranspose2d(2 * b, 3, stride=2, padding=1)
        self.hoch2 = nn.LazyConvTranspose2d(b, 2, stride=2)
        self.mitte = spectral_norm(nn.Conv2d(4 * b, 4 * b, 1))
        self.runter = nn.LazyConv2d(4 * b, 3, stride=2, padding=1)
        self.misch2 = falte(2 * b)
        self.misch1 = falte(b)
        self.ausgang = nn.LazyConv2d(num_classes, 1)
        self.trockenlauf(in_channels)

    def forward(self, x):
        e1 = self.ebene1(x)                                   # H
        klein, orte = self.pool(e1)                           # H/2
        e2 = self.ebene2(klein)
        e3 = self.ebene3(self.runter(e2))                     # H/4
        e3 = e3 + self.mitte(e3)
        d2 = self.hoch3(e3, output_size=e2.shape[2:])
        d2 = self.misch2(torch.cat([d2, e2], 1))
        entpoolt = self.unpool(klein, orte, output_size=e1.shape)
        d1 = self.hoch2(d2, output_size=e1.shape[2:])
        d1 = self.misch1(torch.cat([d1, entpoolt, e1], 1))
        return self.ausgang(d1)


class ConvClassifier(TrockenLauf, nn.Sequential):
    def __init__(self, in_channels=1, num_classes=10):
        super().__init__(falte(16), nn.MaxPool2d(2), falte(32), nn.MaxPool2d(2), nn.LazyConv2d(num_classes, 3),
                         nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten())
        self.trockenlauf(in_channels)


def one_hot_targets(labels, num_classes):
    ziel = torch.zeros((num_classes,) + tuple(labels.shape), dtype=torch.float32, device=labels.device)
    for klasse in range(num_classes):
        ziel[klasse][labels == klasse] = 1.0
    return ziel.transpose(0, 1)


class Auswertung(object):
    def __init__(self, modell):
        self.modell = modell

    def __enter__(self):
        self.zustand = []
        for teil in self.modell.modules():
            self.zustand.append(teil.training)
        self.modell.eval()

    def __exit__(self, typ, wert, spur):
        for teil, z in zip(self.modell.modules(), self.zustand):
            teil.training = z


def predict_proba(model, images):
    with Auswertung(model), torch.no_grad():
        teile = [nn.Softmax(dim=1)(model(stapel)) for stapel in torch.split(images, 32)]
    return torch.cat(teile)


def predict(model, images):
    return torch.argmax(predict_proba(model, images), dim=1)


def pixel_loss(logits, labels):
    return nn.NLLLoss()(nn.LogSoftmax(dim=1)(logits), labels)


class PoolUnpool(nn.Module):
    def __init__(self, kernel_size=2):
        super().__init__()
        self.kern = kernel_size
        self._pool = nn.MaxPool2d(kernel_size, return_indices=True)
        self._unpool = nn.MaxUnpool2d(kernel_size)

    def pool(self, x):
        werte, orte = self._pool(x)
        return werte, orte

    def unpool(self, pooled, indices, output_size):
        return self._unpool(pooled, indices, output_size=tuple(output_size[-2:]))

    def forward(self, x):
        return self.unpool(*self.pool(x), x.shape)


def mean_iou(prediction, labels, num_classes):
    p = one_hot_targets(prediction, num_classes)
    l = one_hot_targets(labels, num_classes)
    schnitt = torch.minimum(p, l).sum(dim=(0, 2, 3), dtype=torch.float64)
    verein = torch.maximum(p, l).sum(dim=(0, 2, 3), dtype=torch.float64)
    da = verein > 0
    return (schnitt[da] / verein[da]).mean().item()


def receptive_field(layers):
    feld = 1
    schritt = 1
    for (kern, stride, dilation) in layers:
        feld = feld + (kern - 1) * dilation * schritt
        schritt = schritt * stride
    return feld


def train(model, images, labels, epochs=10, batch_size=8, lr=3e-3, seed=0, weight_decay=1e-5):
    torch.manual_seed(seed)
    optimierer = torch.optim.Adam(model.parameters(), lr=lr, weight_decay=weight_decay)
    stufen = torch.optim.lr_scheduler.StepLR(optimierer, step_size=4, gamma=0.5)
    verlauf = []
    model.train()
    for epoche in range(epochs):
        mischung = torch.randperm(images.size(0))
        verluste = []
        for teil in torch.split(mischung, batch_size):
            teil = teil.to(images.device)
            optimierer.zero_grad()
            verlust = pixel_loss(model(images[teil]), labels[teil])
            verlust.backward()
            optimierer.step()
            verluste.append(verlust.item())
        stufen.step()
        verlauf.append(sum(verluste) / len(verluste))
        print("Epoche", epoche + 1, "Verlust %.4f" % verlauf[-1])
    model.eval()
    return verlauf
