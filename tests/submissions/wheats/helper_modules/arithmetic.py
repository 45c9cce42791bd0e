"""One-dimensional sizes."""


def conv_output_size(n, kernel_size, stride=1, padding=0, dilation=1):
    last_start = n + 2 * padding - dilation * (kernel_size - 1) - 1
    if last_start < 0:
        raise ValueError("the kernel does not fit")
    return len(range(0, last_start + 1, stride))


def conv_transpose_output_size(n, kernel_size, stride=1, padding=0, output_padding=0, dilation=1):
    if output_padding >= max(stride, dilation):
        raise ValueError("output_padding too large")
    size = (n - 1) * stride + dilation * (kernel_size - 1) + 1 - 2 * padding + output_padding
    if size < 1:
        raise ValueError("no rows left")
    return size


def output_padding_for(n, kernel_size, stride=1, padding=0, dilation=1):
    m = conv_output_size(n, kernel_size, stride, padding, dilation)
    return n - ((m - 1) * stride + dilation * (kernel_size - 1) + 1 - 2 * padding)


def neighbours(n, kernel_size, stride=1, padding=0, dilation=1):
    start = n - output_padding_for(n, kernel_size, stride, padding, dilation)
    return [size for size in range(start, start + stride) if size > 0]
