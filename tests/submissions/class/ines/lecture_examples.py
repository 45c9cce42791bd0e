import torch
from torch import nn

if __name__ == "__main__":
    x = torch.randn(2, 8, 64, 64)
    print(nn.Conv2d(8, 8, 5)(x).shape)
