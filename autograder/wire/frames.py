"""Messages as bytes and back: see the package for what a frame is."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import msgspec
import torch

from autograder.wire.messages import Envelope, Layer, Message, OnDevice, Remote

PLAIN_LIMIT = 1 << 20
TENSOR_LIMIT = 1 << 28
MAXIMUM_DIMENSIONS = 16
MAXIMUM_DEPTH = 64
HEADER = struct.Struct(">II")

DTYPES: dict[str, torch.dtype] = {
    str(dtype).removeprefix("torch."): dtype
    for dtype in (
        torch.bool,
        torch.uint8,
        torch.int8,
        torch.int16,
        torch.int32,
        torch.int64,
        torch.float16,
        torch.bfloat16,
        torch.float32,
        torch.float64,
    )
}
_TUPLE, _TENSOR, _REMOTE, _LAYER, _LIST, _DICT, _BYTES = range(1, 8)
_CPU, _META, _ACCELERATOR = "cpu", "meta", "accelerator"  # where a tensor is
_KEYS = frozenset((bool, int, float, str, bytes))  # what a dict's keys may be
# How to read a value of a subclass: by the plain type's own methods, which the subclass may have replaced.
_READ: dict[type, Callable[[Any], Any]] = {
    int: int.__int__,
    float: float.__float__,
    str: str.__str__,
    list: lambda value: [*list.__iter__(value)],
    tuple: lambda value: (*tuple.__iter__(value),),
    dict: lambda value: dict(dict.items(value)),
}


class WireError(Exception):
    """The bytes that arrived are no well-formed message."""


class Unsendable(Exception):
    """A value that may not cross; the message is a sentence for the student."""


StandIn: TypeAlias = Callable[[Any], Remote | Layer | OnDevice | None]


def encode(envelope: Envelope, stand_in: StandIn = lambda value: None) -> bytes:
    """Turn a message into one frame.

    Args:
        envelope: the message.
        stand_in: asked about each value that is not plain: what crosses in its place, or None to refuse it.

    Raises:
        Unsendable: a value may not cross, or the frame is over a limit.
    """
    tensors: list[bytes] = []
    message = envelope.message
    try:
        fields = {name: _plain(getattr(message, name), tensors, stand_in, 0) for name in message.__struct_fields__}
        plain = _ENCODER.encode((envelope.number, type(message).__name__, fields))
    except OverflowError:
        raise Unsendable("an integer of more than 64 bits") from None
    except UnicodeEncodeError:
        raise Unsendable("a text that is not valid Unicode") from None
    size = sum(map(len, tensors))
    if len(plain) > PLAIN_LIMIT:
        raise Unsendable(f"a value of {len(plain):,} bytes (at most {PLAIN_LIMIT:,})")
    if size > TENSOR_LIMIT:
        raise Unsendable(f"tensors of {size:,} bytes (at most {TENSOR_LIMIT:,})")
    return b"".join((HEADER.pack(len(plain), size), plain, *tensors))


def receive(read_exactly: Callable[[int], bytearray]) -> Envelope:
    """Read one frame and decode it.

    Args:
        read_exactly: returns that many bytes of the stream, or raises.

    Raises:
        WireError: the frame is malformed or over a limit; lengths are checked before memory is taken.
    """
    plain_length, tensor_length = HEADER.unpack(read_exactly(HEADER.size))
    if plain_length > PLAIN_LIMIT or tensor_length > TENSOR_LIMIT:
        raise WireError(f"a message of {plain_length:,} + {tensor_length:,} bytes is over the limit")
    plain = read_exactly(plain_length)
    return decode(plain, read_exactly(tensor_length))


def decode(plain: bytes | bytearray, tensors: bytearray) -> Envelope:
    """Decode the two parts of a frame.

    Raises:
        WireError: they are malformed.
    """
    reader = _TensorReader(tensors)
    try:
        number, kind, fields = _FIELDS.decode(plain)
        values = {name: _value(leaf, reader, 0) for name, leaf in fields.items()}
        envelope = Envelope(number, msgspec.convert({**values, "type": kind}, type=Message))
    # Besides msgspec's own errors: text that is not UTF-8, odd numbers, a layer of other than four parts, a tensor in
    # place of a dict.
    except (msgspec.MsgspecError, TypeError, ValueError, OverflowError, RuntimeError, AttributeError) as error:
        raise WireError(f"a malformed message ({type(error).__name__})") from error
    if not reader.finished:
        raise WireError("bytes that belong to no tensor")
    return envelope


def _value(leaf: Any, reader: _TensorReader, depth: int) -> Any:
    """What a leaf of MessagePack stands for.

    Containers are extensions rather than MessagePack's own, so that nothing is built, or hashed, before its kind is
    known: tuples as keys, which a student can choose all of one hash, would take minutes to become a dict.
    """
    if type(leaf) is not msgspec.msgpack.Ext:
        return leaf
    if leaf.code == _BYTES:
        return bytes(leaf.data)
    if leaf.code == _TENSOR:
        return reader.take(*msgspec.msgpack.decode(leaf.data, type=tuple[str, list[int], str]))
    if leaf.code == _REMOTE:
        return Remote(*msgspec.msgpack.decode(leaf.data, type=tuple[int, str]))
    if depth > MAXIMUM_DEPTH:
        raise WireError("a value nested too deep")
    items = _LEAVES.decode(leaf.data)
    if leaf.code == _DICT:
        if not all(_may_be_a_key(key) for key in items[::2]):
            raise WireError("a dict with an unknown kind of key")
        values = [_value(item, reader, depth + 1) for item in items]
        return dict(zip(values[::2], values[1::2], strict=True))
    values = [_value(item, reader, depth + 1) for item in items]
    if leaf.code == _LIST:
        return values
    if leaf.code == _TUPLE:
        return tuple(values)
    if leaf.code == _LAYER:
        return _layer(*values)
    raise WireError(f"unknown kind of value {leaf.code}")


def _may_be_a_key(leaf: Any) -> bool:
    return leaf.code == _BYTES if type(leaf) is msgspec.msgpack.Ext else type(leaf) in _KEYS


def _layer(name: Any, settings: Any, state: Any, children: Any) -> Layer:
    tables = (settings, state, children)
    if type(name) is not str or not all(type(table) is dict and set(map(type, table)) <= {str} for table in tables):
        raise WireError("a layer of something else than a name and three dicts")
    if not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise WireError("a layer's state must be tensors")
    if not all(isinstance(value, Layer) for value in children.values()):
        raise WireError("a layer's children must be layers")
    return Layer(name, settings, state, children)


class _TensorReader:
    """Hands out the tensor part from front to back; each byte belongs to exactly one tensor."""

    def __init__(self, data: bytearray) -> None:
        self._data = data
        self._position = 0

    @property
    def finished(self) -> bool:
        return self._position == len(self._data)

    def take(self, dtype_name: str, shape: list[int], device: str) -> torch.Tensor | OnDevice:
        dtype = DTYPES.get(dtype_name)
        if dtype is None or device not in (_CPU, _META, _ACCELERATOR):
            raise WireError("an unknown kind of tensor")
        if not _fits(shape, dtype):
            raise WireError("a tensor with an impossible shape")
        if device == _META:
            return torch.empty(shape, dtype=dtype, device="meta")
        values = self._values(dtype, shape)
        return OnDevice(values) if device == _ACCELERATOR else values

    def _values(self, dtype: torch.dtype, shape: list[int]) -> torch.Tensor:
        count = math.prod(shape)
        length = count * dtype.itemsize
        if length > len(self._data) - self._position:
            raise WireError("a tensor with fewer bytes than its shape says")
        start, self._position = self._position, self._position + length
        if count == 0:
            return torch.empty(shape, dtype=dtype)
        # Bytes other than 0 and 1 are no booleans; computing with them is undefined.
        if dtype is torch.bool:
            return torch.frombuffer(self._data, dtype=torch.uint8, count=count, offset=start).reshape(shape) != 0
        # A copy: the buffer is shared by all tensors of the message, and offsets are not aligned.
        return torch.frombuffer(self._data[start : self._position], dtype=dtype).reshape(shape)


def _fits(shape: Sequence[int], dtype: torch.dtype) -> bool:
    """Whether a tensor of this shape may cross; a dimension of 0 makes room for no other."""
    return (
        len(shape) <= MAXIMUM_DIMENSIONS
        and all(0 <= size <= TENSOR_LIMIT for size in shape)
        and math.prod(shape) * dtype.itemsize <= TENSOR_LIMIT
    )


def _plain(value: Any, tensors: list[bytes], stand_in: StandIn, depth: int) -> Any:
    """Rebuild a value from exact built-in types, moving the bytes of tensors into `tensors`."""
    value = _underneath(value)
    kind = type(value)
    if kind is bytes:
        return msgspec.msgpack.Ext(_BYTES, value)
    if value is None or kind in _KEYS:
        return value
    if kind is torch.Tensor or kind is torch.nn.Parameter:
        return _tensor(value, tensors)
    if kind is OnDevice:
        return _tensor(value.tensor, tensors, _ACCELERATOR)
    if kind is Remote:
        return _container(_REMOTE, [value.number, value.type_name])
    if depth > MAXIMUM_DEPTH:
        raise Unsendable(f"a value nested more than {MAXIMUM_DEPTH} levels deep")
    if kind is list:
        return _container(_LIST, [_plain(item, tensors, stand_in, depth + 1) for item in value])
    if kind is tuple:
        return _container(_TUPLE, [_plain(item, tensors, stand_in, depth + 1) for item in value])
    if kind is dict:
        pairs = [(_underneath(key), each) for key, each in value.items()]
        for key, _ in pairs:
            if type(key) not in _KEYS:
                raise Unsendable(f"a dict with a key of type {type(key).__name__}")
        return _container(_DICT, [_plain(each, tensors, stand_in, depth + 1) for pair in pairs for each in pair])
    if kind.__module__ == "numpy" and hasattr(kind, "item") and getattr(value, "ndim", None) == 0:
        item = value.item()
        if type(item) is not kind:  # a longdouble is its own item
            return _plain(item, tensors, stand_in, depth + 1)
    if kind is Layer:
        # In the order in which they are decoded: a loss has weights among its settings.
        settings = _plain(value.settings, tensors, stand_in, depth + 1)
        state = [each for name, tensor in value.state.items() for each in (name, _tensor(tensor, tensors))]
        children = _plain(value.children, tensors, stand_in, depth + 1)
        return _container(_LAYER, [value.type_name, settings, _container(_DICT, state), children])
    replacement = stand_in(value)
    if replacement is not None:
        return _plain(replacement, tensors, stand_in, depth + 1)
    remark = ", which was returned, not raised" if issubclass(kind, BaseException) else ""
    raise Unsendable(f"a {kind.__module__}.{kind.__qualname__}".replace("builtins.", "") + remark)


def _underneath(value: Any) -> Any:
    """What a named tuple, an OrderedDict or an IntEnum is underneath, whatever its own methods would say of it."""
    for plain, read in _READ.items():
        if issubclass(type(value), plain) and type(value) not in (plain, bool):
            return read(value)
    return value


def _tensor(value: torch.Tensor, tensors: list[bytes], device: str = "") -> Any:
    name = str(value.dtype).removeprefix("torch.")
    if name not in DTYPES:
        raise Unsendable(f"a tensor of {value.dtype}")
    if value.is_nested:
        raise Unsendable("a nested tensor; a dense one is asked for")
    if value.layout is not torch.strided:
        raise Unsendable(f"a tensor of layout {value.layout}; a dense one is asked for")
    if not _fits(value.shape, value.dtype):
        raise Unsendable(
            f"a tensor of shape {tuple(value.shape)}"
            f" (at most {TENSOR_LIMIT:,} bytes and {MAXIMUM_DIMENSIONS} dimensions)"
        )
    device = device or {"cpu": _CPU, "meta": _META}.get(value.device.type, _ACCELERATOR)
    if device != _META:
        dense = value.detach().cpu().resolve_conj().resolve_neg().contiguous()
        # A single element counts as contiguous whatever its stride, and then has no view as bytes.
        dense = dense.as_strided((dense.numel(),), (1,))
        tensors.append(dense.view(torch.uint8).numpy().tobytes() if dense.numel() else b"")
    return _container(_TENSOR, [name, list(value.shape), device])


def _container(code: int, items: list[Any]) -> msgspec.msgpack.Ext:
    return msgspec.msgpack.Ext(code, _ENCODER.encode(items))


_ENCODER = msgspec.msgpack.Encoder()
_Leaf: TypeAlias = bool | int | float | str | msgspec.msgpack.Ext | None  # msgspec tells no bytes from str in a union
_LEAVES = msgspec.msgpack.Decoder(list[_Leaf])
_FIELDS = msgspec.msgpack.Decoder(tuple[int, str, dict[str, _Leaf]])
