# The work is done in other files: a module and a package beside this one.
from arithmetic import conv_output_size, conv_transpose_output_size, output_padding_for
from arithmetic import neighbours as sizes_sharing_output
from layers import invert, upsample_by
from layers.crops import crop_of

__all__ = [
    "conv_output_size", "conv_transpose_output_size", "crop_of", "invert", "output_padding_for", "predict_shapes",
    "sizes_sharing_output", "upsample_by",
]


def predict_shapes():
    down, up = conv_output_size, conv_transpose_output_size
    sizes = {
        "conv": down(64, 5),
        "conv_back": up(down(64, 5), 5),
        "padded": down(64, 5, padding=2),
        "padded_back": up(down(64, 5, padding=2), 5, padding=2),
        "strided": down(64, 5, 2),
        "strided_back": up(down(64, 5, 2), 5, 2),
        "strided_back_output_padding": up(down(64, 5, 2), 5, 2, output_padding=1),
    }
    return {key: (2, 8, n, n) for key, n in sizes.items()}
