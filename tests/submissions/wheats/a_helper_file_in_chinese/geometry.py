# 一维卷积的几何计算。作业主文件 conv_inverse.py 从这里导入。
import math
from typing import NamedTuple


class 参数(NamedTuple):
    核: int
    步长: int = 1
    填充: int = 0
    膨胀: int = 1


def 有效核(参: 参数) -> int:
    return 参.膨胀 * (参.核 - 1) + 1


def 卷积后(n: int, 参: 参数) -> int:
    可滑动 = n + 2 * 参.填充 - 有效核(参)
    if 可滑动 < 0:
        raise ValueError("卷积核放不下: kernel does not fit")
    return 1 + math.floor(可滑动 / 参.步长)


def 转置后(n: int, 参: 参数, 输出填充: int = 0) -> int:
    if 输出填充 >= max(参.步长, 参.膨胀):
        raise ValueError("output_padding 必须小于 stride 或 dilation")
    结果 = (n - 1) * 参.步长 - 2 * 参.填充 + 有效核(参) + 输出填充
    if 结果 < 1:
        raise ValueError("输出大小 < 1")
    return 结果


def 缺口(n: int, 参: 参数) -> int:
    """步长大于 1 时, 反卷积与 n 之间相差的行数."""
    m = 卷积后(n, 参)
    return n - ((m - 1) * 参.步长 - 2 * 参.填充 + 有效核(参))
