"""What the public tests share: the digits of the handout."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

FILE = "digits.npz"


@pytest.fixture(scope="session")
def training_share() -> tuple[torch.Tensor, torch.Tensor]:
    """4,000 digits (4000, 1, 28, 28) in [0, 1] and which digits they are (4000,)."""
    # Beside the folder of these tests in the handout; in assignment/ in the course that the handout is made from.
    places = (folder / name for folder in Path(__file__).resolve().parents for name in (FILE, f"assignment/{FILE}"))
    with np.load(next(place for place in places if place.is_file())) as arrays:
        images, labels = torch.from_numpy(arrays["images"]), torch.from_numpy(arrays["labels"])
    return images.unsqueeze(1).float() / 255, labels.long()
