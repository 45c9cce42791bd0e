"""The wire's decoder as a fuzz target: what a student's process may send, and what must hold of it (Linux only).

    python benchmarks/fuzz_decoder.py -runs=1000000    # and any other option of libFuzzer; needs the extra `fuzz`

`fuzz.py` makes the long run, and the tests a short one without atheris. Half of the inputs are frames as they stand;
the other half are read as a recipe for nested values whose lengths fit, which chance would never find.
"""

from __future__ import annotations

import itertools
import math
import resource
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import torch

from autograder import wire

MAXIMUM_INPUT = 96  # bytes; larger ones teach it nothing more, and take their time
# A forged length would ask for far more than this.
ROOM_BYTES = 256 << 20
MEMORY_PER_PLAIN_BYTE = 128
MEMORY_PER_TENSOR_BYTE = 2
_KEYS = (bool, int, float, str, bytes)
_SHAPES: tuple[list[int], ...] = ([], [0], [1], [2], [2, 2], [-1], [1 << 62], [1] * 17, [0, 1 << 28], [1 << 31] * 2)
_KINDS = (wire.Value, wire.Value, wire.Value, wire.Start, wire.Call, wire.Operate, wire.Raised, wire.NotImported)
EXAMPLES = (
    wire.Start({"conv.py": torch.zeros(5, dtype=torch.uint8)}),
    wire.Import("conv"),
    wire.Call(["conv", "invert"], [(28, 28), wire.Layer("Conv2d", {"stride": (2, 2)}, {"bias": torch.ones(2)})], {}),
    wire.Operate("describe", [wire.Remote(3, "X")]),
    wire.Value({"a": [torch.ones(2, 3, dtype=torch.bfloat16), (1, 2.5, None)], b"b": wire.Remote(1, "x.Y"), 3: {}}),
    wire.Value(wire.Layer("Sequential", {}, {}, {"0": wire.Layer("ReLU", {"inplace": False}, {})})),
    wire.Value([torch.empty(3, device="meta"), wire.OnDevice(torch.zeros(2, dtype=torch.bool))]),
    wire.Raised(["ValueError", "Exception"], "no", "line 3", 13),
    wire.Missing("no"),
    wire.NotImported("no", 1),
    wire.Refused("no"),
)


def check(data: bytes) -> bool:
    """Decode one input and require all that the wire promises; whether it was a message.

    Raises:
        AssertionError: a promise is broken; and whatever else the decoder raises that is no WireError.
    """
    plain, tensors = frame(data)
    try:
        envelope = wire.decode(plain, bytearray(tensors))
    except wire.WireError:
        return False
    message = envelope.message
    for name in message.__struct_fields__:
        _require_known(getattr(message, name))
    if len(plain) % 8 == 0:  # one in eight: this takes longer than all the rest
        encoded = wire.encode(envelope)
        assert wire.encode(wire.decode(*_parts(encoded))) == encoded, "what was decoded does not survive the wire"
    return True


def frame(data: bytes) -> tuple[bytes, bytes]:
    """The plain and the tensor part that an input stands for."""
    if not data:
        return b"", b""
    recipe, first, rest = data[0] % 2, data[1:2], data[2:]
    number = int.from_bytes(first, "big")
    if not recipe:
        end = max(0, len(rest) - number)
        return rest[:end], rest[end:]
    numbers = itertools.chain(rest, itertools.repeat(0))
    tensors: list[bytes] = []
    kind = _KINDS[number % len(_KINDS)]
    fields = {name: _leaf(numbers, tensors, 0) for name in kind.__struct_fields__}
    return msgspec.msgpack.encode((number, kind.__name__, fields)), b"".join(tensors)


def input_of(message: Any) -> bytes:
    """The input that stands for a message's frame."""
    plain, tensors = _parts(wire.encode(wire.Envelope(7, message)))
    return bytes([0, len(tensors)]) + plain + tensors


def _parts(encoded: bytes) -> tuple[bytes, bytearray]:
    length, _ = wire.HEADER.unpack(encoded[: wire.HEADER.size])
    plain_end = wire.HEADER.size + length
    return encoded[wire.HEADER.size : plain_end], bytearray(encoded[plain_end:])


def _leaf(numbers: Iterator[int], tensors: list[bytes], depth: int) -> Any:
    """One value, by a recipe of bytes; extensions 1 to 7 are the wire's own, others and their contents may be wrong."""
    code = next(numbers) % 16
    size = next(numbers) % 5 if depth < 90 else 0
    pack = msgspec.msgpack.encode
    match code:
        case 2:
            dtype = sorted(wire.DTYPES)[next(numbers) % len(wire.DTYPES)]
            shape = _SHAPES[next(numbers) % len(_SHAPES)]
            device = ("cpu", "meta", "accelerator", "cuda")[size % 4]
            if device != "meta":
                tensors.append(bytes(itertools.islice(numbers, min(64, abs(math.prod(shape)) * 8) % (size * 8 + 9))))
            return msgspec.msgpack.Ext(code, pack((dtype, shape, device)))
        case 3:
            return msgspec.msgpack.Ext(code, pack((next(numbers) << 8 * size, "x.Y")))
        case 7:
            return msgspec.msgpack.Ext(code, bytes(itertools.islice(numbers, size)))
        case 4:
            layer = ["ReLU", *(_leaf(numbers, tensors, depth + 1) for _ in range(size))]
            return msgspec.msgpack.Ext(code, pack(layer))
        case 1 | 5 | 6 | 8:
            return msgspec.msgpack.Ext(code, pack([_leaf(numbers, tensors, depth + 1) for _ in range(size)]))
        case 9:
            return [_leaf(numbers, tensors, depth + 1) for _ in range(size)]
        case 10:
            return bytes(itertools.islice(numbers, size)).decode("latin1")
        case 11:
            return struct.unpack(">d", bytes(itertools.islice(numbers, 8)))[0]
        case 12:
            return int.from_bytes(itertools.islice(numbers, 7), "big") << size * 2
        case 13:
            return -next(numbers)
        case _:
            return (None, False, True)[code % 3]


def _require_known(value: Any) -> None:
    """Nothing but exact known types, at every depth."""
    kind = type(value)
    if kind in (list, tuple):
        for item in value:
            _require_known(item)
    elif kind is dict:
        for key, item in value.items():
            assert type(key) in _KEYS, kind
            _require_known(item)
    elif kind is wire.Layer:
        _require_known([value.type_name, value.settings, value.state, value.children])
    elif kind is wire.OnDevice:
        _require_known(value.tensor)
    elif kind is torch.Tensor:
        assert value.device.type in ("cpu", "meta")
        assert value.numel() * value.element_size() <= wire.TENSOR_LIMIT
    else:
        assert value is None or kind in _KEYS or kind is wire.Remote, kind


def _target(data: bytes) -> None:
    check(data)


def main(arguments: list[str]) -> None:
    import atheris  # an optional extra

    corpus = next((Path(word) for word in arguments[1:] if not word.startswith("-")), None)
    if corpus is not None:
        corpus.mkdir(exist_ok=True)
        for index, message in enumerate(EXAMPLES):
            (corpus / f"example_{index}").write_bytes(input_of(message))
    for function in (*vars(wire.frames).values(), *vars(wire.frames._TensorReader).values()):
        if getattr(function, "__module__", "") == wire.frames.__name__ and hasattr(function, "__code__"):
            atheris.instrument_func(function)
    atheris.Setup([*arguments, f"-max_len={MAXIMUM_INPUT}"], _target)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + ROOM_BYTES, used + ROOM_BYTES))
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv)
