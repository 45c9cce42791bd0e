from torch.nn import ConvTranspose2d


def upsample_by(factor, kernel_size, in_channels, out_channels):
    padding = max(0, (kernel_size - factor + 1) // 2)
    output_padding = factor + 2 * padding - kernel_size
    if output_padding not in range(factor):
        raise ValueError("there is no such layer")
    return ConvTranspose2d(in_channels, out_channels, kernel_size, factor, padding, output_padding)
