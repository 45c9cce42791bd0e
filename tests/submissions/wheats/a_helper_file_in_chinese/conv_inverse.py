"""作业 A 部分: 卷积的"逆". 公式都在 geometry.py 里."""
import torch
import torch.nn as nn

from geometry import 参数, 卷积后, 转置后, 缺口

__all__ = ["predict_shapes", "conv_output_size", "conv_transpose_output_size", "output_padding_for",
           "sizes_sharing_output", "invert", "upsample_by", "crop_of"]


def predict_shapes():
    结果 = {}
    情形 = {"conv": 参数(5), "padded": 参数(5, 填充=2), "strided": 参数(5, 步长=2)}
    for 名, 参 in 情形.items():
        小 = 卷积后(64, 参)
        大 = 转置后(小, 参)
        结果[名] = (2, 8, 小, 小)
        结果[名 + "_back"] = (2, 8, 大, 大)
        if 大 != 64:
            补 = 转置后(小, 参, 缺口(64, 参))
            结果[名 + "_back_output_padding"] = (2, 8, 补, 补)
    return 结果


def conv_output_size(n, kernel_size, stride=1, padding=0, dilation=1):
    return 卷积后(n, 参数(kernel_size, stride, padding, dilation))


def conv_transpose_output_size(n, kernel_size, stride=1, padding=0, output_padding=0, dilation=1):
    return 转置后(n, 参数(kernel_size, stride, padding, dilation), output_padding)


def output_padding_for(n, kernel_size, stride=1, padding=0, dilation=1):
    return 缺口(n, 参数(kernel_size, stride, padding, dilation))


def sizes_sharing_output(n, kernel_size, stride=1, padding=0, dilation=1):
    参 = 参数(kernel_size, stride, padding, dilation)
    最小 = n - 缺口(n, 参)
    全部 = {最小 + i for i in range(stride)}
    return sorted(m for m in 全部 if m >= 1)


def invert(conv, input_size):
    输出填充 = []
    for 维 in (0, 1):
        参 = 参数(conv.kernel_size[维], conv.stride[维], conv.padding[维], conv.dilation[维])
        输出填充.append(缺口(input_size[维], 参))
    with torch.device(conv.weight.device):
        反 = nn.ConvTranspose2d(conv.out_channels, conv.in_channels, conv.kernel_size,
                               stride=conv.stride, padding=conv.padding,
                               output_padding=tuple(输出填充), groups=conv.groups,
                               bias=conv.bias is not None, dilation=conv.dilation,
                               dtype=conv.weight.dtype)
    # 权重形状相同, 直接初始化成转置算子
    反.load_state_dict({"weight": conv.weight.detach()}, strict=False)
    return 反


def upsample_by(factor, kernel_size, in_channels, out_channels):
    差 = kernel_size - factor
    if factor == 1 and 差 % 2:
        raise ValueError("factor=1 时核必须是奇数")
    if 差 < 0:
        填充, 输出填充 = 0, -差
    elif 差 % 2 == 0:
        填充, 输出填充 = 差 // 2, 0
    else:
        填充, 输出填充 = (差 + 1) // 2, 1
    return nn.ConvTranspose2d(in_channels, out_channels, kernel_size=kernel_size, stride=factor,
                              padding=填充, output_padding=输出填充)


def crop_of(padding, output_padding):
    return (padding, padding - output_padding)
