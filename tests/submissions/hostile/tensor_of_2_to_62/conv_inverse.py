"""Returns tensors that say they hold 2^62 values: on the device meta, and one value seen through strides of zero."""

import torch


def predict_shapes():
    return {"conv": torch.empty(2**40, device="meta"), "conv_back": torch.zeros(1).expand(2**31, 2**31)}


def crop_of(padding, output_padding):
    return torch.zeros(1).expand(2**62)
