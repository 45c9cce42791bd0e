# A factory returns closures; everything public is made by it.
from torch import nn


def _make():
    def reach(kernel_size, dilation):
        return dilation * (kernel_size - 1) + 1

    def leftover(n, kernel_size, stride, padding, dilation):
        return n + 2 * padding - reach(kernel_size, dilation)

    def forward(n, kernel_size, stride=1, padding=0, dilation=1):
        def check(value):
            if value < 0:
                raise ValueError(f"kernel of reach {reach(kernel_size, dilation)} on {n} + 2 * {padding} rows")
            return value

        return check(leftover(n, kernel_size, stride, padding, dilation)) // stride + 1

    def backward(n, kernel_size, stride=1, padding=0, output_padding=0, dilation=1):
        def rows():
            return (n - 1) * stride + reach(kernel_size, dilation) - 2 * padding + output_padding

        problems = [output_padding >= max(stride, dilation), rows() < 1]
        if any(problems):
            raise ValueError(problems)
        return rows()

    def gap(n, kernel_size, stride=1, padding=0, dilation=1):
        return leftover(n, kernel_size, stride, padding, dilation) % stride

    def sharing(n, kernel_size, stride=1, padding=0, dilation=1):
        def walk():
            size = n - gap(n, kernel_size, stride, padding, dilation)
            end = size + stride
            while size < end:
                if size >= 1:
                    yield size
                size += 1

        return list(walk())

    def inverse(conv, input_size):
        def op():
            for axis in range(len(input_size)):
                yield gap(
                    input_size[axis], conv.kernel_size[axis], conv.stride[axis], conv.padding[axis], conv.dilation[axis]
                )

        return nn.ConvTranspose2d(
            conv.out_channels, conv.in_channels, conv.kernel_size, stride=conv.stride, padding=conv.padding,
            output_padding=tuple(op()), groups=conv.groups, bias=conv.bias is not None, dilation=conv.dilation,
            device=conv.weight.device, dtype=conv.weight.dtype,
        )

    return forward, backward, gap, sharing, inverse


conv_output_size, conv_transpose_output_size, output_padding_for, sizes_sharing_output, invert = _make()


def predict_shapes():
    def shape(n):
        return 2, 8, n, n

    def both(name, **kw):
        small = conv_output_size(64, 5, **kw)
        return {name: shape(small), f"{name}_back": shape(conv_transpose_output_size(small, 5, **kw))}

    return {**both("conv"), **both("padded", padding=2), **both("strided", stride=2), "strided_back_output_padding": shape(64)}


def upsample_by(factor, kernel_size, in_channels, out_channels):
    def solve():
        for padding in range(kernel_size):
            op = factor - kernel_size + 2 * padding
            if 0 <= op < factor:
                return padding, op
        raise ValueError("no solution")

    padding, op = solve()
    return nn.ConvTranspose2d(in_channels, out_channels, kernel_size, factor, padding, op)


def crop_of(padding, output_padding):
    def back():
        return padding - output_padding

    return padding, back()
