"""One dimension of a convolution, answered by real layers only."""

import torch
from torch import nn


class Dimension:
    def __init__(self, kernel_size, stride, padding, dilation):
        self.settings = dict(kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation)
        self.down = nn.Conv1d(1, 1, bias=False, **self.settings)

    def forward_size(self, n):
        with torch.no_grad():
            return self.down(torch.zeros(1, 1, n)).shape[-1]

    def backward_size(self, n, output_padding=0):
        up = nn.ConvTranspose1d(1, 1, bias=False, output_padding=output_padding, **self.settings)
        with torch.no_grad():
            return up(torch.zeros(1, 1, n)).shape[-1]

    def find_output_padding(self, n):
        small = self.forward_size(n)
        for output_padding in range(self.settings["stride"]):
            try:
                if self.backward_size(small, output_padding) == n:
                    return output_padding
            except RuntimeError:  # nothing left with so little output_padding
                continue
        raise LookupError(f"no output_padding leads back to {n}")


def value_error(function, *args):
    """Call it; PyTorch's RuntimeError becomes a ValueError."""
    try:
        return function(*args)
    except RuntimeError as error:
        raise ValueError(str(error)) from error
