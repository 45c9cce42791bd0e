from arithmetic import output_padding_for
from torch.nn import ConvTranspose2d


def invert(conv, input_size):
    (h, w), (kh, kw), (sh, sw), (ph, pw), (dh, dw) = (
        input_size, conv.kernel_size, conv.stride, conv.padding, conv.dilation
    )
    return ConvTranspose2d(
        conv.out_channels, conv.in_channels, (kh, kw), (sh, sw), (ph, pw),
        (output_padding_for(h, kh, sh, ph, dh), output_padding_for(w, kw, sw, pw, dw)),
        conv.groups, conv.bias is not None, (dh, dw), device=conv.weight.device, dtype=conv.weight.dtype,
    )
