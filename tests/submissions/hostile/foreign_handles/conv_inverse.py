"""Returns handles of objects that are not its own: numbers that were never given out, and negative ones."""

from autograder import wire


def invert(conv, input_size):
    return wire.Remote(-1, "torch.nn.modules.conv.ConvTranspose2d")


def upsample_by(factor, kernel_size, in_channels, out_channels):
    return wire.Remote(10**9, "ConvTranspose2d")
