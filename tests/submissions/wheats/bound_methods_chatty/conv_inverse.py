# Public names are bound methods of one object; it prints and logs, and its errors are a subclass of ValueError.
import logging
import warnings

from torch.nn import Conv2d, ConvTranspose2d

log = logging.getLogger("conv_inverse")
logging.basicConfig(level=logging.DEBUG)


class DoesNotFit(ValueError):
    def __init__(self, what, **settings):
        super().__init__(f"{what}: " + ", ".join(f"{k}={v}" for k, v in settings.items()))


class Arithmetic:
    def __init__(self):
        self.calls = 0

    def shapes(self):
        sizes = zip(
            "conv conv_back padded padded_back strided strided_back strided_back_output_padding".split(),
            (60, 64, 64, 64, 30, 63, 64),
        )
        return {key: (2, 8, n, n) for key, n in sizes}

    def forward(self, n, kernel_size, stride=1, padding=0, dilation=1):
        self.calls += 1
        room = n + 2 * padding - dilation * (kernel_size - 1) - 1
        if room < 0:
            raise DoesNotFit("the kernel is too large", n=n, kernel_size=kernel_size)
        log.debug("call %d: room %d", self.calls, room)
        return room // stride + 1

    def backward(self, n, kernel_size, stride=1, padding=0, output_padding=0, dilation=1):
        if output_padding >= max(stride, dilation):
            raise DoesNotFit("output_padding is too large", output_padding=output_padding)
        size = (n - 1) * stride - 2 * padding + dilation * (kernel_size - 1) + output_padding + 1
        print("size is", size)
        if size < 1:
            raise DoesNotFit("nothing left", size=size)
        return size

    def gap(self, n, kernel_size, stride=1, padding=0, dilation=1):
        if stride > 1:
            warnings.warn("several sizes share this output", stacklevel=2)
        return (n + 2 * padding - dilation * (kernel_size - 1) - 1) % stride

    def sharing(self, n, kernel_size, stride=1, padding=0, dilation=1):
        first = n - (n + 2 * padding - dilation * (kernel_size - 1) - 1) % stride
        return [*range(first, first + stride)][max(0, 1 - first):]

    def inverse(self, conv: Conv2d, input_size):
        print("inverting", conv, "for", input_size)
        settings = list(zip(input_size, conv.kernel_size, conv.stride, conv.padding, conv.dilation))
        return ConvTranspose2d(
            conv.out_channels, conv.in_channels, conv.kernel_size, conv.stride, conv.padding,
            (self.gap(*settings[0]), self.gap(*settings[1])), conv.groups, conv.bias is not None, conv.dilation,
            device=conv.weight.device, dtype=conv.weight.dtype,
        )

    def upsample(self, factor, kernel_size, in_channels, out_channels):
        match (factor, kernel_size % 2):
            case (1, 0):
                raise DoesNotFit("factor 1 and an even kernel", kernel_size=kernel_size)
            case _ if kernel_size <= factor:
                padding, output_padding = 0, factor - kernel_size
            case _:
                output_padding = (kernel_size - factor) % 2
                padding = (kernel_size - factor + output_padding) // 2
        return ConvTranspose2d(in_channels, out_channels, kernel_size, factor, padding, output_padding)

    def crop(self, padding, output_padding):
        return padding, padding - output_padding


_arithmetic = Arithmetic()
predict_shapes = _arithmetic.shapes
conv_output_size = _arithmetic.forward
conv_transpose_output_size = _arithmetic.backward
output_padding_for = _arithmetic.gap
sizes_sharing_output = _arithmetic.sharing
invert = _arithmetic.inverse
upsample_by = _arithmetic.upsample
crop_of = _arithmetic.crop
