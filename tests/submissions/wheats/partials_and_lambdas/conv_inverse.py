# Public names are lambdas and functools.partial objects instead of functions.
from functools import partial
from torch import nn

predict_shapes = partial(
    dict,
    conv=(2, 8, 60, 60), conv_back=(2, 8, 64, 64), padded=(2, 8, 64, 64), padded_back=(2, 8, 64, 64),
    strided=(2, 8, 30, 30), strided_back=(2, 8, 63, 63), strided_back_output_padding=(2, 8, 64, 64),
)


def _check(ok, value, text):
    if ok:
        return value
    raise ValueError(text)


_fits = partial(_check, text="the kernel does not fit")
_slack = lambda n, kernel_size, stride, padding, dilation: n + 2 * padding - dilation * (kernel_size - 1) - 1

conv_output_size = lambda n, kernel_size, stride=1, padding=0, dilation=1: _fits(
    (slack := _slack(n, kernel_size, stride, padding, dilation)) >= 0, slack // stride + 1
)


def _transposed(n, kernel_size, stride, padding, output_padding, dilation):
    size = (n - 1) * stride - 2 * padding + dilation * (kernel_size - 1) + output_padding + 1
    return _check(output_padding < max(stride, dilation) and size > 0, size, "PyTorch refuses this")


conv_transpose_output_size = partial(_transposed, stride=1, padding=0, output_padding=0, dilation=1)
# partial cannot give defaults to arguments that are also passed by position, so a wrapper does
conv_transpose_output_size = lambda n, kernel_size, stride=1, padding=0, output_padding=0, dilation=1: _transposed(
    n, kernel_size, stride, padding, output_padding, dilation
)
output_padding_for = lambda n, kernel_size, stride=1, padding=0, dilation=1: (
    _slack(n, kernel_size, stride, padding, dilation) % stride
)
sizes_sharing_output = lambda n, kernel_size, stride=1, padding=0, dilation=1: list(
    filter(
        lambda size: size > 0,
        map((n - output_padding_for(n, kernel_size, stride, padding, dilation)).__add__, range(stride)),
    )
)
_like = lambda conv: partial(
    nn.ConvTranspose2d, conv.out_channels, conv.in_channels, conv.kernel_size, stride=conv.stride,
    padding=conv.padding, dilation=conv.dilation, groups=conv.groups, bias=conv.bias is not None,
    dtype=conv.weight.dtype, device=conv.weight.device,
)
invert = lambda conv, input_size: _like(conv)(
    output_padding=tuple(map(output_padding_for, input_size, conv.kernel_size, conv.stride, conv.padding, conv.dilation))
)


def _upsample(factor, kernel_size, in_channels, out_channels, *, make):
    padding = max(0, -((factor - kernel_size) // 2))
    rest = factor - kernel_size + 2 * padding
    return make(in_channels, out_channels, kernel_size, factor, padding, _check(rest < factor, rest, "even kernel"))


upsample_by = partial(_upsample, make=nn.ConvTranspose2d)
crop_of = lambda padding, output_padding: (padding, padding - output_padding)
