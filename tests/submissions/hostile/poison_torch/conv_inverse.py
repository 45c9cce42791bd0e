"""Changes torch's global state: dtype, threads, seeds, deterministic flags, gradients. Graders that import one
submission after the other mark the next one with it."""

import torch

torch.set_default_dtype(torch.float64)
torch.set_num_threads(64)
torch.manual_seed(0)
torch.use_deterministic_algorithms(True)
torch.set_grad_enabled(False)
torch.nn.Conv2d.__init__ = torch.nn.ConvTranspose2d.__init__ = lambda self, *arguments, **keywords: None


def predict_shapes():
    return {}
