"""Part A: inverting a convolution.

An autoencoder shrinks an image with convolutions and has to grow it back. The layer that grows is the
*transposed convolution*. In this part you find out when it returns to exactly the shape it came from, when
only to "almost the same shape", and which of its settings closes the gap.

Shapes are (N, C, H, W): images, channels, rows, columns. Sizes, kernels, strides and dilations are at least 1,
paddings at least 0. Raise `ValueError` where a docstring asks for it; no other argument needs checking.
You may add functions of your own, and import what the packages of this course offer.
"""

from torch import nn

# ## The same kernel
#
# Take two images of 8 channels, 64 by 64, and a convolution with a 5 by 5 kernel:
#
# ```python
# x = torch.randn(2, 8, 64, 64)
# conv = nn.Conv2d(8, 8, kernel_size=5)
# back = nn.ConvTranspose2d(8, 8, kernel_size=5)
# ```
#
# The kernel has only 60 places to stand on 64 pixels, so `conv(x)` is 60 by 60. A transposed convolution works
# the other way round: each of its input's pixels *paints* a 5 by 5 patch of its output. 60 patches, each one
# pixel further on, cover 64 pixels. `back(conv(x))` has the shape of `x` again: the **same kernel size** leads
# back. (The shape, not the values: nothing here undoes what the convolution did to the numbers.)
#
# ## Padding
#
# `nn.Conv2d(8, 8, 5, padding=2)` adds a border of two zeros around the image, and 64 stays 64. The transposed
# convolution with the **same padding** stays at 64 too. But there the word means the opposite: `padding=2`
# *crops* two rows from each side of what was painted. It adds nothing.
#
# ## Stride
#
# With `stride=2` the kernel takes every other place: 64 becomes 30. The transposed convolution with the **same
# stride** paints its patches two pixels apart, and 30 patches cover 63 pixels. *Almost* the same shape: one row
# and one column short. The first exercise asks for all the shapes of this story.


def predict_shapes() -> dict[str, tuple[int, ...]]:
    """Write down the shapes of the lecture's snippets (A1).

    x has shape (2, 8, 64, 64); every layer maps 8 channels to 8 channels and has kernel_size=5.

    Returns:
        The full shape (N, C, H, W) of each result:

        "conv":                          c = nn.Conv2d(8, 8, 5)(x), which is (2, 8, 60, 60)
        "conv_back":                     nn.ConvTranspose2d(8, 8, 5)(c)
        "padded":                        p = nn.Conv2d(8, 8, 5, padding=2)(x)
        "padded_back":                   nn.ConvTranspose2d(8, 8, 5, padding=2)(p)
        "strided":                       s = nn.Conv2d(8, 8, 5, stride=2)(x)
        "strided_back":                  nn.ConvTranspose2d(8, 8, 5, stride=2)(s)
        "strided_back_output_padding":   nn.ConvTranspose2d(8, 8, 5, stride=2, output_padding=1)(s)
    """
    # Hint: predict each shape first, then let PyTorch check you: run the seven snippets.
    shape = (2, 8, 64, 64)
    return {
        "conv": (2, 8, 60, 60),
        "conv_back": shape,
        "padded": shape,
        "padded_back": shape,
        "strided": (2, 8, 30, 30),
        "strided_back": (2, 8, 63, 63),
        "strided_back_output_padding": shape,
    }


# ## One dimension is enough
#
# Rows and columns never meet in this arithmetic, so one dimension tells everything: `n` pixels in a row.
# `dilation` spreads the kernel's entries: with `dilation=2`, 3 entries reach over 5 pixels, a hole between each
# two.


def conv_output_size(n: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """Return the size that a convolution makes of `n` pixels, along one dimension (A2).

    The lecture's examples:

    >>> conv_output_size(64, kernel_size=5)
    60
    >>> conv_output_size(64, kernel_size=5, padding=2)
    64
    >>> conv_output_size(64, kernel_size=5, stride=2)
    30

    Args:
        n: the input's size.
        kernel_size: how many entries the kernel has.
        stride: the step from one place of the kernel to the next.
        padding: how many zeros are added on each of the two sides.
        dilation: the distance between two neighbouring entries of the kernel.

    Raises:
        ValueError: the kernel does not fit into the padded input.
    """
    # Hint: count the places where the kernel's first entry can stand. How far beyond it does the kernel reach?
    # Hint: with a stride, the last step may not fit any more: does your division round down?
    room = n + 2 * padding - _reach(kernel_size, dilation)
    if room < 0:
        raise ValueError("the kernel does not fit into the padded input")
    return room // stride + 1


def conv_transpose_output_size(
    n: int, kernel_size: int, stride: int = 1, padding: int = 0, output_padding: int = 0, dilation: int = 1
) -> int:
    """Return the size that a transposed convolution makes of `n` pixels, along one dimension (A3).

    The lecture's examples:

    >>> conv_transpose_output_size(60, kernel_size=5)
    64
    >>> conv_transpose_output_size(64, kernel_size=5, padding=2)
    64
    >>> conv_transpose_output_size(30, kernel_size=5, stride=2)
    63
    >>> conv_transpose_output_size(30, kernel_size=5, stride=2, output_padding=1)
    64

    Args:
        n: the input's size.
        kernel_size: how many entries the kernel has.
        stride: how far apart two neighbouring pixels of the input paint their patches.
        padding: how many rows are cropped from each of the two sides.
        output_padding: how many more rows the output has at its end.
        dilation: the distance between two neighbouring entries of the kernel.

    Raises:
        ValueError: PyTorch would refuse to run this layer, because `output_padding` is not smaller than the larger of
            `stride` and `dilation`, or because nothing would be left (a result below 1).
    """
    # Hint: where does the first pixel's patch begin, and where does the last pixel's patch end?
    # Hint: nn.ConvTranspose1d accepts settings that its forward pass refuses, so run it to see what PyTorch thinks.
    if output_padding >= max(stride, dilation):
        raise ValueError(f"output_padding {output_padding} must be smaller than stride {stride} or dilation {dilation}")
    size = (n - 1) * stride + _reach(kernel_size, dilation) - 2 * padding + output_padding
    if size < 1:
        raise ValueError(f"nothing is left: the result would have {size} pixels")
    return size


def _reach(kernel_size: int, dilation: int) -> int:
    """Return how many pixels a kernel covers from its first entry to its last."""
    return dilation * (kernel_size - 1) + 1


# ## Almost the same shape
#
# Why does 64 come back as 63? Because a convolution with stride 2 rounds down: 63 *and* 64 pixels both become 30.
# The transposed convolution sees 30 and cannot know which it was. It takes the smallest, 63. `output_padding=1`
# says: "it was one more". That is all the setting is for, and the right one is always smaller than the stride.
#
# So how much output_padding is right depends on the size that you want back: 1 for 64, 0 for 63.


def output_padding_for(n: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """Return the output_padding that leads back to `n` pixels (A4).

    A convolution with these settings makes m pixels of `n`. The transposed convolution with the same settings and
    the returned output_padding makes `n` pixels of m. The kernel fits into the `n` pixels.

    >>> output_padding_for(64, kernel_size=5, stride=2)
    1
    >>> output_padding_for(63, kernel_size=5, stride=2)
    0
    """
    # Hint: go there and back on paper for stride 3 and n = 10, 11, 12. What does the rounding throw away?
    return (n + 2 * padding - _reach(kernel_size, dilation)) % stride


def sizes_sharing_output(n: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> list[int]:
    """Return every input size that a convolution maps to the same output size as `n`, in ascending order (A5).

    Sizes are at least 1; `n` is one of them, for the kernel fits into the `n` pixels.

    >>> sizes_sharing_output(64, kernel_size=5, stride=2)
    [63, 64]
    >>> sizes_sharing_output(64, kernel_size=5)
    [64]
    """
    # Hint: how many neighbouring sizes does a division by the stride round to the same number?
    # Hint: with much padding the list would go on below 1. Does yours stop there?
    smallest = n - output_padding_for(n, kernel_size, stride, padding, dilation)
    return [size for size in range(smallest, smallest + stride) if size >= 1]


# ## Invert a layer
#
# Now in two dimensions, where everything may differ between rows and columns, and for a layer as you meet it in a
# network: with groups, with or without a bias, in another dtype, on another device. PyTorch keeps a layer's
# settings as attributes: `conv.kernel_size`, `conv.stride`, `conv.padding`, ... are pairs (rows, columns).


def invert(conv: nn.Conv2d, input_size: tuple[int, int]) -> nn.ConvTranspose2d:
    """Return the transposed convolution that leads back to the shape which `conv` started from (A6).

    For `input_size` (H, W) and every x of shape (N, conv.in_channels, H, W):

        conv(x)                              has shape (N, conv.out_channels, H', W')
        invert(conv, (H, W))(conv(x))        has shape (N, conv.in_channels, H, W) again

    The lecture's example, x of (2, 8, 64, 64):

    >>> invert(nn.Conv2d(8, 8, kernel_size=5, stride=2), (64, 64)).output_padding
    (1, 1)

    Args:
        conv: any kernel, stride, padding and dilation, each of which may differ between rows and columns; any
            groups; with or without bias; any floating dtype; on any device. Its padding is given in numbers, its
            padding_mode is "zeros", and its kernel fits into the input.
        input_size: (H, W) of the images that `conv` is applied to.

    Returns:
        A plain nn.ConvTranspose2d (no subclass) whose settings alone do it, without `output_size` at call time. It has
        `conv`'s groups, dtype and device, and a bias if and only if `conv` has one. Its weights are free.
    """
    # Hint: which way do the channels go on the way back?
    # Hint: rows and columns may need a different output_padding.
    # Hint: a layer's dtype and device are those of its weight; look at what the constructor takes.
    output_padding = [
        output_padding_for(*settings)
        for settings in zip(input_size, conv.kernel_size, conv.stride, conv.padding, conv.dilation, strict=True)
    ]
    return nn.ConvTranspose2d(
        conv.out_channels,
        conv.in_channels,
        conv.kernel_size,
        stride=conv.stride,
        padding=conv.padding,
        output_padding=tuple(output_padding),
        dilation=conv.dilation,
        groups=conv.groups,
        bias=conv.bias is not None,
        device=conv.weight.device,
        dtype=conv.weight.dtype,
    )


# ## Grow by a whole factor
#
# A decoder seldom knows which convolution it inverts. It wants images twice as large, whatever their size. The
# stride gives the factor; padding and output_padding have to take away exactly what the kernel adds.


def upsample_by(factor: int, kernel_size: int, in_channels: int, out_channels: int) -> nn.ConvTranspose2d:
    """Return a transposed convolution that makes images larger by exactly `factor` (A7).

    For every H and W, 1 by 1 included:

        x                                    has shape (N, in_channels, H, W)
        upsample_by(factor, ...)(x)          has shape (N, out_channels, factor * H, factor * W)

    >>> layer = upsample_by(2, 5, in_channels=8, out_channels=4)
    >>> layer.stride, layer.dilation
    ((2, 2), (1, 1))

    Returns:
        A plain nn.ConvTranspose2d with this kernel_size, stride equal to `factor` and dilation 1; its padding and
        output_padding are yours to choose. Where several choices do it, each is right.

    Raises:
        ValueError: no padding and output_padding can do it (factor 1 with an even kernel).
    """
    # Hint: write the output's size as factor * n plus something without n. That something has to be 0.
    # Hint: padding takes away an even number; output_padding, smaller than the stride, makes up for the rest.
    padding = (kernel_size - 1) // 2
    output_padding = factor + 2 * padding - kernel_size
    if output_padding < 0:
        raise ValueError(f"a kernel of {kernel_size} cannot keep the size: with factor 1 it has to be odd")
    return nn.ConvTranspose2d(
        in_channels, out_channels, kernel_size, stride=factor, padding=padding, output_padding=output_padding
    )


# ## padding is not output_padding
#
# Both settings choose which rows of the painted picture you get to see. `padding` **crops** rows, from the front
# and from the back alike. `output_padding` **uncovers** rows, at the back only. It is no border of zeros: a row
# that `padding` had cropped comes back with the values that were painted there. Only where nothing was painted,
# beyond the last patch, are new rows empty.


def crop_of(padding: int, output_padding: int) -> tuple[int, int]:
    """Return how many rows the two settings remove from the front and from the back (A8).

    Compare a transposed convolution with `padding` and `output_padding` to the same layer with both 0.

    >>> crop_of(2, 0)
    (2, 2)

    Returns:
        (front, back): how many rows of the latter's output are missing in the former's, before its first row and
        after its last. A negative number says that rows were added on that side.
    """
    # Hint: paint with a kernel whose entries are 1, 2, 3, ... and look which of them you see.
    return padding, padding - output_padding
