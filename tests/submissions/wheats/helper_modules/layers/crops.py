def crop_of(padding, output_padding):
    return padding, padding - output_padding
