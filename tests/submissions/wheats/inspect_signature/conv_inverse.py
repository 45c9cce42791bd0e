# invert copies every setting that both constructors share, found with inspect.signature.
import inspect

from torch import nn


def predict_shapes():
    return {
        "conv": (2, 8, 60, 60), "conv_back": (2, 8, 64, 64),
        "padded": (2, 8, 64, 64), "padded_back": (2, 8, 64, 64),
        "strided": (2, 8, 30, 30), "strided_back": (2, 8, 63, 63),
        "strided_back_output_padding": (2, 8, 64, 64),
    }


def conv_output_size(n, kernel_size, stride=1, padding=0, dilation=1):
    if n + 2 * padding < dilation * (kernel_size - 1) + 1:
        raise ValueError("kernel does not fit")
    return sum(1 for _ in range(dilation * (kernel_size - 1), n + 2 * padding, stride))


def conv_transpose_output_size(n, kernel_size, stride=1, padding=0, output_padding=0, dilation=1):
    settings = {key: value for key, value in locals().items()}
    if settings["output_padding"] >= max(settings["stride"], settings["dilation"]):
        raise ValueError(f"refused: {settings}")
    result = (n - 1) * stride - 2 * padding + dilation * (kernel_size - 1) + output_padding + 1
    if result < 1:
        raise ValueError(f"nothing left: {settings}")
    return result


def output_padding_for(n, kernel_size, stride=1, padding=0, dilation=1):
    return (n + 2 * padding - dilation * (kernel_size - 1) - 1) % stride


def sizes_sharing_output(*args, **kwargs):
    bound = inspect.signature(conv_output_size).bind(*args, **kwargs)
    bound.apply_defaults()
    target = conv_output_size(**bound.arguments)
    n, found = bound.arguments["n"], []
    for size in range(max(1, n - bound.arguments["stride"]), n + bound.arguments["stride"]):
        bound.arguments["n"] = size
        try:
            if conv_output_size(*bound.args) == target:
                found.append(size)
        except ValueError:
            pass
    return found


def invert(conv, input_size):
    names = inspect.signature(nn.ConvTranspose2d).parameters.keys() & inspect.signature(nn.Conv2d).parameters.keys()
    settings = {name: getattr(conv, name) for name in names if hasattr(conv, name)}
    settings |= {
        "in_channels": conv.out_channels,
        "out_channels": conv.in_channels,
        "bias": conv.bias is not None,
        "device": conv.weight.device,
        "dtype": conv.weight.dtype,
        "output_padding": tuple(
            map(output_padding_for, input_size, conv.kernel_size, conv.stride, conv.padding, conv.dilation)
        ),
    }
    return nn.ConvTranspose2d(**settings)


def upsample_by(factor, kernel_size, in_channels, out_channels):
    choices = [(p, factor - kernel_size + 2 * p) for p in range(kernel_size + 1)]
    choices = [(p, op) for p, op in choices if op in range(factor)]
    if not choices:
        raise ValueError("no choice of padding and output_padding")
    padding, output_padding = min(choices)
    return nn.ConvTranspose2d(
        in_channels, out_channels, kernel_size, factor, padding=padding, output_padding=output_padding
    )


def crop_of(padding, output_padding):
    return padding, padding - output_padding
