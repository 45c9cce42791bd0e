"""Points, and how far they are apart.

You write one function. `autograder check` runs the public tests on it.
"""

import torch

# ## Distances
#
# Of $n$ points in $d$ dimensions, all $n^2$ distances are wanted at once.


def distances(points: torch.Tensor) -> torch.Tensor:
    """Return the Euclidean distance of each point from each other one.

    Args:
        points: of shape (n, d), a row per point.

    Returns:
        A tensor of shape (n, n).
    """
    # Hint: points[:, None] has the shape (n, 1, d).
    differences = points[:, None] - points[None]
    return differences.square().sum(dim=2).sqrt()
