"""Mistakes about devices: each runs on the CPU, and CUDA refuses it."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn


def _x(device):
    return torch.rand(2, 3, 8, 8).to(device)


def layers_in_a_plain_list(device):
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = nn.Conv2d(3, 4, 3)
            self.layers = [nn.Conv2d(4, 4, 3), nn.ReLU()]

        def forward(self, x):
            x = self.first(x)
            for layer in self.layers:
                x = layer(x)
            return x

    return Net().to(device)(_x(device))


def parameter_in_a_plain_list(device):
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.scales = [nn.Parameter(torch.ones(3, 1, 1))]

        def forward(self, x):
            return x * self.scales[0]

    return Net().to(device)(_x(device))


def plain_attribute_for_a_buffer(device):
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.mean = torch.zeros(1, 3, 1, 1)

        def forward(self, x):
            return x - self.mean

    return Net().to(device)(_x(device))


def model_not_moved(device):
    return nn.Conv2d(3, 2, 3)(_x(device))


def images_not_moved(device):
    return nn.Conv2d(3, 2, 3).to(device)(_x("cpu"))


def transposed_model_not_moved(device):
    return nn.ConvTranspose2d(3, 2, 3, stride=2)(_x(device))


def linear_not_moved(device):
    return nn.Linear(8, 2)(_x(device))


def batch_norm_not_moved(device):
    return nn.BatchNorm2d(3)(_x(device))


def batch_norm_without_weights_not_moved(device):
    return nn.BatchNorm2d(3, affine=False).eval()(_x(device))


def group_norm_not_moved(device):
    return nn.GroupNorm(3, 3)(_x(device))


def prelu_not_moved(device):
    return nn.PReLU(3)(_x(device))


def embedding_not_moved(device):
    return nn.Embedding(4, 2)(torch.zeros(3, dtype=torch.long).to(device))


def moved_tensor_thrown_away(device):
    x = _x("cpu")
    x.to(device)
    return nn.Conv2d(3, 2, 3).to(device)(x)


def zeros_added(device):
    return _x(device) + torch.zeros(2, 3, 8, 8)


def numbers_in_a_row_added(device):
    return _x(device) * torch.arange(8)


def noise_added(device):
    x = _x(device)
    return x + 0.1 * torch.randn(x.shape)


def noise_added_in_place(device):
    x = _x(device)
    x += torch.randn(x.shape)
    return x


def device_tensor_added_in_place_to_one_on_the_cpu(device):
    total = torch.zeros(2, 3, 8, 8)
    total += _x(device)
    return total


def device_number_added_in_place_to_one_on_the_cpu(device):
    total = torch.zeros(())
    total += _x(device).mean()
    return total


def one_element_is_not_a_number(device):
    return _x(device) * torch.tensor([0.5])


def device_number_beside_a_cpu_tensor(device):
    return torch.ones(3) * _x(device).mean()


def zeros_concatenated(device):
    return torch.cat([_x(device), torch.zeros(2, 3, 1, 8)], dim=2)


def stacked(device):
    return torch.stack([torch.zeros(3), torch.ones(3).to(device)])


def numbers_stacked(device):
    return torch.stack([torch.tensor(0.0), torch.ones(3).to(device).sum()])


def skip_from_the_cpu(device):
    return torch.cat((F.pad(torch.zeros(2, 3, 7, 8), (0, 0, 0, 1)), _x(device)), 1)


def cpu_tensor_indexed_by_the_device(device):
    return torch.zeros(5)[torch.tensor([0, 2]).to(device)]


def cpu_tensor_masked_by_the_device(device):
    x = _x(device)
    return torch.zeros(2, 3, 8, 8)[x > 0.5]


def cpu_tensor_written_where_the_device_says(device):
    target = torch.zeros(5)
    target[torch.tensor([0, 2]).to(device)] = 1.0
    return target


def cpu_values_written_where_a_mask_says(device):
    x = _x(device)
    x[:, 0, 0, 0][torch.tensor([True, True]).to(device)] = torch.zeros(2)
    return x


def gathered_with_cpu_indices(device):
    return _x(device).gather(1, torch.zeros(2, 1, 8, 8, dtype=torch.long))


def scattered_with_cpu_indices(device):
    return torch.zeros(2, 4, device=device).scatter_(1, torch.tensor([[0], [1]]), 1.0)


def selected_with_cpu_indices(device):
    return _x(device).index_select(0, torch.tensor([0]))


def where_with_a_cpu_condition(device):
    return torch.where(torch.ones(8, dtype=torch.bool), _x(device), 0.0)


def where_with_a_cpu_alternative(device):
    x = _x(device)
    return torch.where(x > 0.5, x, torch.zeros(8))


def masked_fill_with_a_cpu_mask(device):
    return _x(device).masked_fill(torch.ones(8, dtype=torch.bool), 0.0)


def order_of_the_cpu_on_a_device_eye(device):
    return torch.eye(4)[torch.tensor([1, 2]).to(device)]


def labels_on_the_cpu(device):
    return F.cross_entropy(_x(device).flatten(1), torch.tensor([1, 2]))


def pixel_labels_on_the_cpu(device):
    return F.nll_loss(_x(device).log_softmax(1), torch.zeros(2, 8, 8, dtype=torch.long))


def images_on_the_cpu_in_the_loss(device):
    return F.mse_loss(_x(device), _x("cpu"))


def targets_on_the_cpu_in_the_entropy(device):
    return F.binary_cross_entropy(_x(device), _x("cpu"))


def targets_on_the_cpu_in_the_entropy_of_logits(device):
    return nn.BCEWithLogitsLoss()(_x(device), _x("cpu"))


def class_weights_on_the_cpu(device):
    return F.cross_entropy(_x(device), torch.zeros(2, 8, 8, dtype=torch.long).to(device), weight=torch.ones(3))


def loss_after_an_argmax(device):
    return (_x(device).argmax(1) == torch.zeros(2, 8, 8)).float().mean()


def cpu_weights_in_a_functional_convolution(device):
    return F.conv2d(_x(device), torch.ones(2, 3, 3, 3))


def device_weights_on_a_cpu_image(device):
    return F.conv_transpose2d(_x("cpu"), torch.ones(3, 2, 3, 3).to(device))


def cpu_bias(device):
    return F.conv2d(_x(device), torch.ones(2, 3, 3, 3).to(device), torch.zeros(2))


def unpooled_with_cpu_indices(device):
    pooled, indices = F.max_pool2d(_x(device), 2, return_indices=True)
    return F.max_unpool2d(pooled, indices.cpu(), 2)


def product_with_a_cpu_matrix(device):
    return _x(device).flatten(1) @ torch.ones(192, 2)


def einsum_with_a_cpu_matrix(device):
    return torch.einsum("nchw,wk->nchk", _x(device), torch.ones(8, 2))


def distance_to_cpu_points(device):
    return torch.cdist(_x(device).flatten(1), torch.zeros(4, 192))


def numpy_of_a_device_tensor(device):
    return _x(device).numpy()


def numpy_of_a_detached_device_tensor(device):
    return nn.Conv2d(3, 2, 3).to(device)(_x(device)).detach().numpy()


def array_of_a_device_tensor(device):
    return np.asarray(_x(device))


def array_of_several_device_tensors(device):
    return np.array([_x(device).mean(), _x(device).mean()], dtype=np.float32)


def numpy_function_of_a_device_tensor(device):
    return np.sqrt(_x(device))


def cpu_generator_for_a_device_tensor(device):
    return torch.randn(3, generator=torch.Generator().manual_seed(0), device=device)


def cpu_generator_for_a_device_permutation(device):
    return torch.randperm(3, generator=torch.Generator(), device=device)


def cpu_generator_in_place(device):
    return torch.zeros(3, device=device).normal_(generator=torch.Generator())


def device_generator_for_a_cpu_tensor(device):
    return torch.rand(3, generator=torch.Generator(device=device))


def gradient_on_the_cpu(device):
    weight = torch.ones(3, device=device, requires_grad=True)
    weight.grad = torch.zeros(3)
    return weight


def gradient_handed_in_on_the_cpu(device):
    weight = torch.ones(3, device=device, requires_grad=True)
    (weight * 2).backward(torch.ones(3))  # CUDA refuses it here, the simulation in the step
    torch.optim.SGD([weight], lr=0.1).step()
    return weight


def data_from_the_cpu_then_used(device):
    layer = nn.Linear(8, 2).to(device)
    layer.weight.data = torch.ones(2, 8)
    return layer(_x(device))


def parameter_made_anew_on_the_cpu(device):
    layer = nn.Linear(8, 2).to(device)
    layer.weight = nn.Parameter(torch.ones(2, 8))
    return layer(_x(device))


def layer_made_in_forward(device):
    class Net(nn.Module):
        def forward(self, x):
            return nn.Conv2d(3, 1, 1)(x)

    return Net().to(device)(_x(device))


def embedding_made_on_the_cpu_and_decoded(device):
    decoder = nn.Sequential(nn.Linear(4, 8), nn.Unflatten(1, (2, 2, 2)), nn.ConvTranspose2d(2, 1, 3)).to(device)
    return decoder(torch.randn(5, 4))


def interpolation_with_cpu_weights(device):
    a, b = torch.zeros(4).to(device), torch.ones(4).to(device)
    return torch.linspace(0, 1, 5).view(-1, 1) * (b - a) + a


def lerp_with_cpu_weights(device):
    a = torch.zeros(4).to(device)
    return torch.lerp(a, a + 1, torch.linspace(0, 1, 5)[:, None])


def grid_sampled_on_the_cpu(device):
    return F.grid_sample(_x(device), torch.zeros(2, 4, 4, 2), align_corners=False)


def in_inference_mode(device):
    with torch.inference_mode():
        return F.linear(_x(device), torch.ones(2, 8))


def pinned_on_the_device(device):
    if device.type == "cuda":
        return _x(device).pin_memory()
    return None  # a CPU tensor can be pinned, if there is a GPU at all


def device_that_is_not_there(device):
    return torch.zeros(2, device="cuda:1" if device.type == "cuda" else device)
