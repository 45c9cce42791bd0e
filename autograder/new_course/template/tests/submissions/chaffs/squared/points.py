def distances(points):
    differences = points[:, None] - points[None]
    return differences.square().sum(dim=2)
