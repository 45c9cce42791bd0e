import math

import torch


def distances(points):
    rows = []
    for one in points.tolist():
        rows.append([math.dist(one, other) for other in points.tolist()])
    return torch.tensor(rows)
