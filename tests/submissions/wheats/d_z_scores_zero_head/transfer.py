# Transferlernen mit z-standardisierten Merkmalen.
# Das Rueckgrat wird kopiert; ist es eingefroren, laeuft es immer in eval und ohne Gradient.
import copy
from contextlib import nullcontext

import torch
import torch.nn as nn


def _alle_modi(modul):
    return [(m, m.training) for m in modul.modules()]


def _modi_zurueck(liste):
    for m, modus in liste:
        m.training = modus


def image_features(backbone, images):
    modi = _alle_modi(backbone)
    backbone.eval()
    try:
        with torch.inference_mode():
            merkmale = backbone.avgpool(backbone.features(images)).flatten(start_dim=1)
    finally:
        _modi_zurueck(modi)
    return merkmale.clone()


class ZStandard(nn.Module):
    """(x - mittel) / streuung; die Werte stehen als Puffer im state_dict und werden in train() gesetzt."""

    def __init__(self, anzahl):
        super().__init__()
        self.register_buffer("mittel", torch.zeros(anzahl))
        self.register_buffer("streuung", torch.ones(anzahl))

    def anpassen(self, x):
        self.mittel.copy_(x.mean(0))
        self.streuung.copy_(x.std(0, unbiased=False) + 0.1 * x.std(0, unbiased=False).mean() + 1e-6)

    def forward(self, x):
        return (x - self.mittel) / self.streuung


class TransferClassifier(nn.Module):
    def __init__(self, backbone, num_classes, freeze=True):
        super().__init__()
        self.eingefroren = freeze
        self.rueckgrat = nn.ModuleDict({"features": copy.deepcopy(backbone.features),
                                        "avgpool": copy.deepcopy(backbone.avgpool)})
        if not freeze:
            for p in self.rueckgrat.parameters():
                p.requires_grad = True
        erster = [m for m in backbone.features.modules() if isinstance(m, nn.Conv2d)][0]
        probe = torch.zeros(2, erster.in_channels, 96, 96, device=erster.weight.device, dtype=erster.weight.dtype)
        anzahl = image_features(backbone, probe).size(1)
        self.standard = ZStandard(anzahl).to(erster.weight)
        self.kopf = nn.Linear(anzahl, num_classes).to(erster.weight)
        nn.init.zeros_(self.kopf.weight)
        nn.init.zeros_(self.kopf.bias)
        self.train()

    def train(self, mode=True):
        super().train(mode)
        if self.eingefroren:
            self.rueckgrat.eval()
        return self

    def merkmale(self, bilder):
        with torch.no_grad() if self.eingefroren else nullcontext():
            x = self.rueckgrat["features"](bilder)
            x = self.rueckgrat["avgpool"](x)
            return torch.flatten(x, 1)

    def forward(self, bilder):
        return self.kopf(self.standard(self.merkmale(bilder)))


def train(model, images, labels, epochs=12, batch_size=5, lr=0.001, seed=0):
    zufall = torch.Generator()
    zufall.manual_seed(seed)
    model.train()
    if model.eingefroren:
        # einmal die Statistik der Merkmale, die sich ja nicht mehr aendern
        with torch.no_grad():
            model.standard.anpassen(model.merkmale(images))
        parameter = list(model.kopf.parameters())
    else:
        parameter = list(model.parameters())
    optimierer = torch.optim.RMSprop(parameter, lr=lr, alpha=0.9)
    kriterium = nn.CrossEntropyLoss()
    verlauf = []
    for epoche in range(epochs):
        summe = 0.0
        reihenfolge = torch.randperm(len(images), generator=zufall)
        for teil in reihenfolge.chunk(max(1, len(images) // batch_size)):
            teil = teil.to(images.device)
            verlust = kriterium(model(images[teil]), labels[teil])
            optimierer.zero_grad()
            verlust.backward()
            optimierer.step()
            summe += verlust.item() * len(teil)
        verlauf.append(summe / len(images))
    return verlauf
