import datetime
import enum
import math
import struct
import time
import tracemalloc
import types
from collections import OrderedDict, defaultdict, namedtuple

import msgspec
import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from autograder import wire

FEW = settings(max_examples=60, deadline=None)
MANY = settings(max_examples=300, deadline=None)
HOLE = "@hole@"


def crossed(value, stand_in=lambda value: None):
    """What arrives when `value` is sent."""
    return received(wire.encode(wire.Envelope(7, wire.Value(value)), stand_in)).message.value


def received(frame):
    position = 0

    def read_exactly(length):
        nonlocal position
        assert 0 <= length <= max(wire.PLAIN_LIMIT, wire.TENSOR_LIMIT)
        if position + length > len(frame):
            raise EOFError
        position += length
        return bytearray(frame[position - length : position])

    envelope = wire.receive(read_exactly)
    assert position == len(frame)
    return envelope


def forged(raw: bytes) -> bytes:
    """A well-formed reply whose value is these MessagePack bytes, which `encode` would never write."""
    plain = wire.encode(wire.Envelope(7, wire.Value(HOLE)))[wire.HEADER.size :]
    hole = msgspec.msgpack.encode(HOLE)
    assert plain.count(hole) == 1
    return plain.replace(hole, raw)


def forged_tensor(dtype: str, shape: list[int], device: str = "cpu") -> bytes:
    return forged(msgspec.msgpack.encode(msgspec.msgpack.Ext(2, msgspec.msgpack.encode((dtype, shape, device)))))


def same(sent, arrived) -> bool:
    """Equal in type and value at every depth; NaN equals NaN."""
    if type(sent) is torch.Size:
        sent = tuple(sent)
    if isinstance(sent, torch.Tensor):
        if type(arrived) is not torch.Tensor or (arrived.dtype, arrived.shape) != (sent.dtype, sent.shape):
            return False
        if sent.device.type == "meta":
            return arrived.device.type == "meta"
        return repr(sent.tolist()) == repr(arrived.tolist())  # so NaN equals NaN, and 0.0 is not -0.0
    if type(sent) is not type(arrived):
        return False
    if type(sent) in (list, tuple):
        return len(sent) == len(arrived) and all(map(same, sent, arrived))
    if type(sent) is dict:
        return list(sent) == list(arrived) and all(same(sent[key], arrived[key]) for key in sent)
    return sent == arrived or (isinstance(sent, float) and math.isnan(sent) and math.isnan(arrived))


integers = st.integers(-(2**63), 2**64 - 1)
scalars = st.one_of(
    st.none(), st.booleans(), integers, st.floats(), st.text(max_size=20), st.binary(max_size=20)
)  # fmt: skip
keys = st.one_of(st.text(max_size=8), integers, st.booleans(), st.floats(allow_nan=False), st.binary(max_size=8))


@st.composite
def tensors(draw):
    dtype = draw(st.sampled_from(sorted(wire.DTYPES)))
    shape = draw(st.lists(st.integers(0, 4), max_size=4))
    size = math.prod(shape)
    raw = bytearray(draw(st.binary(min_size=size, max_size=size)))
    tensor = torch.tensor(list(raw), dtype=torch.float64).reshape(shape).to(wire.DTYPES[dtype])
    if len(shape) >= 2 and draw(st.booleans()):
        tensor = tensor.transpose(0, -1)
    if shape and draw(st.booleans()):
        tensor = tensor[::2]
    if tensor.dtype.is_floating_point and draw(st.booleans()):
        tensor.requires_grad_()
    return tensor.to("meta") if draw(st.booleans()) else tensor


values = st.recursive(
    scalars | tensors() | st.lists(st.integers(0, 9)).map(torch.Size),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(keys, inner, max_size=4)
    ),
    max_leaves=12,
)  # fmt: skip


@MANY
@given(values)
def test_plain_values_and_tensors_arrive_as_they_were_sent(value):
    assert same(value, crossed(value))


@pytest.mark.parametrize("dtype", sorted(wire.DTYPES))
@pytest.mark.parametrize("shape", [(), (0,), (1,), (3, 2), (0, 4), (2, 1, 3), (1,) * wire.MAXIMUM_DIMENSIONS], ids=str)
def test_every_dtype_arrives_in_every_shape(dtype, shape):
    tensor = torch.arange(math.prod(shape)).reshape(shape).to(wire.DTYPES[dtype])
    arrived = crossed([tensor, tensor.to("meta")])
    assert same(tensor, arrived[0])
    assert same(tensor.to("meta"), arrived[1])


def test_the_bits_of_nans_and_negative_zeros_arrive():
    tensor = torch.tensor([float("nan"), -0.0, float("-inf")], dtype=torch.bfloat16)
    assert same(tensor, crossed(tensor))


def test_a_parameter_arrives_as_a_tensor_without_gradient():
    arrived = crossed(torch.nn.Parameter(torch.ones(2)))
    assert type(arrived) is torch.Tensor
    assert not arrived.requires_grad


@pytest.mark.parametrize(
    ("scalar", "plain"),
    [
        (np.float64(0.5), 0.5),
        (np.float32(0.5), 0.5),
        (np.int8(-3), -3),
        (np.uint64(2**64 - 1), 2**64 - 1),
        (np.bool_(True), True),
        (np.str_("a"), "a"),
        (np.bytes_(b"a"), b"a"),
        (np.array(4), 4),
    ],
    ids=repr,
)
def test_a_numpy_scalar_crosses_as_its_value(scalar, plain):
    arrived = crossed((scalar,))
    assert arrived == (plain,)
    assert type(arrived[0]) is type(plain)


def test_a_negative_view_and_an_expanded_tensor_arrive_whole():
    negative = torch.tensor([1 + 2j]).conj().imag
    assert negative.is_neg()
    assert same(torch.tensor([-2.0]), crossed(negative))
    assert same(torch.ones(3, 2), crossed(torch.ones(1, 2).expand(3, 2)))


def lie(*_):
    raise AssertionError("a method of the subclass was asked")


def lying(plain):
    """A subclass whose own methods are of no use."""
    names = ("__iter__", "__len__", "__getitem__", "__int__", "__index__", "__float__", "__str__", "__eq__", "items")
    return type(f"Lying{plain.__name__}", (plain,), dict.fromkeys(names, lie) | {"__hash__": plain.__hash__})


Point = namedtuple("Point", "x y")


class Color(enum.IntEnum):
    RED = 1


@pytest.mark.parametrize(
    ("made", "plain"),
    [
        (lambda: Point(1, Point(2, 3)), (1, (2, 3))),
        (lambda: OrderedDict(a=1), {"a": 1}),
        (lambda: defaultdict(int, a=1), {"a": 1}),
        (lambda: Color.RED, 1),
        (lambda: {Color.RED: 2}, {1: 2}),
        (lambda: np.str_("a"), "a"),
        (lambda: torch.ones(2, 3).max(dim=1), (torch.ones(2), torch.zeros(2, dtype=torch.int64))),
        (lambda: lying(int)(2**63), 2**63),
        (lambda: lying(float)(0.5), 0.5),
        (lambda: lying(str)("a"), "a"),
        (lambda: lying(list)([1, [2]]), [1, [2]]),
        (lambda: lying(tuple)((1, 2)), (1, 2)),
        (lambda: lying(dict)(a=1), {"a": 1}),
    ],
)
def test_of_a_subclass_what_it_is_underneath_crosses(made, plain):
    assert same(plain, crossed(made()))
    assert same([plain], crossed([made()]))


class Odd(torch.Tensor):
    pass


def cyclic():
    value = []
    value.append(value)
    return value


def nested(depth, kind=list):
    value = 0
    for _ in range(depth):
        value = kind([value])
    return value


REFUSED = {
    "subclass of Tensor": lambda: torch.ones(2).as_subclass(Odd),
    "set": lambda: {1},
    "frozenset": lambda: frozenset({1}),
    "generator": lambda: (each for each in [1]),
    "range": lambda: range(3),
    "bytearray": lambda: bytearray(b"a"),
    "memoryview": lambda: memoryview(b"a"),
    "function": lambda: len,
    "class": lambda: int,
    "object": object,
    "date": lambda: datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC),
    "complex": lambda: 1j,
    "numpy array": lambda: np.ones(2),
    "numpy longdouble": lambda: np.longdouble(1),
    "numpy complex": lambda: np.complex64(1j),
    "integer of 65 bits": lambda: 2**64,
    "large negative integer": lambda: -(2**63) - 1,
    "lone surrogate": lambda: "a\ud800",
    "key with a lone surrogate": lambda: {"\ud800": 1},
    "dict with tuple keys": lambda: {(1, 2): 3},
    "dict with None as key": lambda: {None: 3},
    "cyclic list": cyclic,
    "list nested deep": lambda: nested(200),
    "tuple nested deep": lambda: nested(200, tuple),
    "complex tensor": lambda: torch.ones(2, dtype=torch.complex64),
    "sparse tensor": lambda: torch.eye(2).to_sparse(),
    "sparse row tensor": lambda: torch.eye(2).to_sparse_csr(),
    "quantized tensor": lambda: torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8),
    "nested tensor": lambda: torch.nested.nested_tensor([torch.ones(1), torch.ones(2)]),
    "tensor of 17 dimensions": lambda: torch.ones([1] * 17),
    "expanded tensor of gigabytes": lambda: torch.ones(1).expand(1 << 40),
    "meta tensor of terabytes": lambda: torch.empty(1 << 40, device="meta"),
    "tensor that is empty and huge": lambda: torch.empty(0, 1 << 40),
    "text over the limit": lambda: "a" * (wire.PLAIN_LIMIT + 1),
    "tensors over the limit together": lambda: [torch.zeros(wire.TENSOR_LIMIT, dtype=torch.uint8), torch.ones(1)],
}


@pytest.mark.filterwarnings("ignore::UserWarning")  # PyTorch calls several of these unfinished
@pytest.mark.parametrize(
    ("what", "place"),
    [
        (what, place)
        for what in sorted(REFUSED)
        for place in (["itself"] if "over the limit" in what else ["itself", "in a list", "in a tuple in a dict"])
    ],
)
def test_what_may_not_cross_is_refused_wherever_it_is(what, place):
    value = REFUSED[what]()
    value = {"itself": value, "in a list": [value], "in a tuple in a dict": {"a": (1, value)}}[place]
    with pytest.raises(wire.Unsendable) as caught:
        wire.encode(wire.Envelope(1, wire.Value(value)))
    assert 0 < len(str(caught.value)) < 250


@FEW
@given(st.integers(0, 120), st.sampled_from([list, tuple]))
@example(wire.MAXIMUM_DEPTH + 1, list)
@example(wire.MAXIMUM_DEPTH + 1, tuple)
@example(wire.MAXIMUM_DEPTH + 2, list)
def test_what_encode_sends_decode_takes_at_any_depth(depth, kind):
    value = nested(depth, kind)
    if depth <= wire.MAXIMUM_DEPTH + 1:  # the outermost is level 0
        assert crossed(value) == value
    else:
        with pytest.raises(wire.Unsendable):
            crossed(value)


@pytest.mark.parametrize("value", [wire.Remote(1, "a.B"), torch.ones(2), wire.OnDevice(torch.ones(2)), b"a"], ids=repr)
def test_what_holds_nothing_crosses_as_deep_as_a_number(value):
    for _ in range(wire.MAXIMUM_DEPTH + 1):
        value = [value]
    assert repr(crossed(value)) == repr(value)


def test_a_tensor_in_place_of_a_dict_is_refused():
    with pytest.raises(wire.WireError):
        received(wire.encode(wire.Envelope(1, wire.Start(torch.ones(2)))))


def test_a_stand_in_crosses_in_place_of_an_object():
    arrived = crossed([object()], lambda value: wire.Remote(3, "a.B"))
    assert arrived == [wire.Remote(3, "a.B")]


def test_a_layers_settings_and_state_keep_their_tensors_apart():
    layer = wire.Layer("CrossEntropyLoss", {"weight": torch.zeros(3), "n": (1, 2)}, {"weight": torch.ones(2)})
    arrived = crossed(layer)
    assert same(layer.settings, arrived.settings)
    assert same(layer.state, arrived.state)


def test_no_tensor_shares_memory_with_another():
    once = torch.zeros(4, dtype=torch.uint8)
    sent = {"a": [once, once, once[1:]], "b": once > 0, "c": torch.zeros(2)}
    arrived = crossed(sent)
    tensors = [*arrived["a"], arrived["b"], arrived["c"]]
    for index, tensor in enumerate(tensors):
        tensor.fill_(1)
        assert all(bool(other.eq(0).all()) for other in tensors[index + 1 :])


def test_booleans_of_forged_bytes_are_true_or_false():
    arrived = wire.decode(forged_tensor("bool", [3]), bytearray([0, 1, 255])).message.value
    assert arrived.tolist() == [False, True, True]
    assert arrived.view(torch.uint8).max() <= 1


@pytest.mark.parametrize(
    "header",
    [
        (0xFFFFFFFF, 0),
        (0, 0xFFFFFFFF),
        (wire.PLAIN_LIMIT + 1, 0),
        (1, wire.TENSOR_LIMIT + 1),
    ],
)
def test_a_header_over_the_limit_is_refused_before_anything_else_is_read(header):
    reads = []

    def read_exactly(length):
        reads.append(length)
        return bytearray(struct.pack(">II", *header))

    with pytest.raises(wire.WireError):
        wire.receive(read_exactly)
    assert reads == [wire.HEADER.size]


dimension = st.sampled_from([-1, 0, 1, 2, 2**28, 2**31, 2**40, 2**62, 2**63, 2**64 - 1, -(2**63)])


@MANY
@given(st.sampled_from([*sorted(wire.DTYPES), "complex64", "object", ""]), st.lists(dimension, max_size=20))
@example("float32", [2**62])
@example("float32", [-1])
@example("float32", [0, 2**28, 2**28, 2**28])
@example("bool", [0, 2**62])
@example("uint8", [1] * 17)
def test_a_forged_shape_never_takes_memory(dtype, shape):
    for device in ("cpu", "meta", "cuda"):
        try:
            tensor = wire.decode(forged_tensor(dtype, shape, device), bytearray()).message.value
        except wire.WireError:
            continue
        assert tensor.device.type == "meta" or tensor.numel() == 0
        assert tensor.numel() * tensor.element_size() <= wire.TENSOR_LIMIT


@pytest.mark.parametrize(
    "raw",
    [
        b"\xdd\xff\xff\xff\xff",  # a list of 2**32 items
        b"\xdd\xff\xff\xff\xff" + b"\xc0" * 100,
        b"\xdf\xff\xff\xff\xff",  # a dict of as many
        b"\xdb\xff\xff\xff\xff",  # a text
        b"\xc6\xff\xff\xff\xff",  # bytes
        b"\xc9\xff\xff\xff\xff\x01",  # a tuple
        b"\xdd\x0f\xff\xff\xff" * 100,  # lists in lists
        b"\xdd\xff\xff\xff\xff" * 100_000,
        b"\xdc\xff\xff" * 100_000,
    ],
    ids=lambda raw: f"{raw[:6].hex()}x{len(raw)}",
)
def test_a_forged_length_never_takes_memory(raw):
    plain = forged(raw)
    tracemalloc.start()
    try:
        with pytest.raises(wire.WireError):
            wire.decode(plain, bytearray())
        assert tracemalloc.get_traced_memory()[1] < 32 << 20
    finally:
        tracemalloc.stop()


def extension(code: int, content: bytes) -> bytes:
    return b"\xc9" + struct.pack(">IB", len(content), code) + content


def extension_in_extension(depth):
    raw = b"\x91\x01"
    for _ in range(depth):
        raw = b"\x91" + extension(1, raw)
    return extension(1, raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"\x91" * 200 + b"\xc0",  # deep enough to exhaust whoever walks over it
        b"\x91" * 900 + b"\xc0",
        b"\x81\x01" * 300 + b"\xc0",
        extension_in_extension(100),
        extension_in_extension(2_000),
        b"\xd6\xff\x00\x00\x00\x00",  # MessagePack's own timestamp
        b"\x81\x92\x01\x02\x03",  # a dict whose key is a list
        b"\x81" + extension(2, msgspec.msgpack.encode(("uint8", [0], "cpu"))) + b"\x01",  # whose key is a tensor
        extension(5, b""),
        extension(1, b"\x01"),
        extension(1, b"\x91"),
        extension(2, b""),
        extension(2, b"\x93\x01\x02\x03"),
        extension(3, b"\x92\xa1a\xa1b"),
        extension(4, b"\x93\xa1a\x80\x81\xa1b\x01"),  # a state that holds no tensor
        b"\xa2\xff\xfe",  # no UTF-8
        b"\xa3\xed\xa0\x80",  # a surrogate
        b"\xc1",
        b"",
    ],
    ids=lambda raw: f"{raw[:12].hex()}x{len(raw)}",
)
def test_forged_values_are_refused(raw):
    with pytest.raises(wire.WireError):
        wire.decode(forged(raw), bytearray())


def test_a_dictionary_with_strange_keys_in_a_tuple_is_refused():
    with pytest.raises(wire.WireError):
        wire.decode(forged(extension(1, b"\x91\x81\x92\x01\x02\x03")), bytearray())


def tuples_of_one_hash(count):
    """Pairs of integers that Python's hash cannot tell apart: the second makes up for the first.

    The constants are those of xxHash, as in CPython's tupleobject.c.
    """
    wanted, found, first = 321, [], 0
    while len(found) < count:
        first += 1
        mixed = (2870177450012600261 + first * 14029467366897019727) % 2**64
        mixed = (mixed << 31 | mixed >> 33) % 2**64 * 11400714785074694791
        second = (wanted - mixed) * pow(14029467366897019727, -1, 2**64) % 2**64
        if second < 2**61 - 1:
            found.append((first, second))
    assert len({hash(pair) for pair in found}) == 1
    return found


@pytest.mark.parametrize("of_the_wire", [True, False])
def test_keys_of_one_hash_do_not_keep_the_grader_busy(of_the_wire):
    """A dict of 60,000 such keys, which fit into a message, takes minutes that nobody charges to the student."""
    if of_the_wire:
        pairs = tuples_of_one_hash(20_000)
        content = b"".join(extension(1, msgspec.msgpack.encode(pair)) + b"\xc0" for pair in pairs)
        raw = extension(6, b"\xdd" + struct.pack(">I", 2 * len(pairs)) + content)
    else:
        pairs = tuples_of_one_hash(20_000)
        content = b"".join(msgspec.msgpack.encode(pair) + b"\xc0" for pair in pairs)
        raw = b"\xdf" + struct.pack(">I", len(pairs)) + content
    assert len(raw) < wire.PLAIN_LIMIT
    begin = time.process_time()
    with pytest.raises(wire.WireError):
        wire.decode(forged(raw), bytearray())
    assert time.process_time() - begin < 2


def test_bytes_that_belong_to_no_tensor_are_refused():
    with pytest.raises(wire.WireError):
        wire.decode(forged(b"\x01"), bytearray(1))


def test_two_tensors_cannot_claim_the_same_bytes():
    tensor = extension(2, msgspec.msgpack.encode(("uint8", [3], "cpu")))
    with pytest.raises(wire.WireError):
        wire.decode(forged(b"\x92" + tensor + tensor), bytearray(3))


LEAVES = (type(None), bool, int, float, str, bytes, torch.Tensor, wire.Remote)


def only_known_kinds(value) -> bool:
    if isinstance(value, wire.Layer):
        return only_known_kinds(value.settings) and only_known_kinds(value.state)
    if type(value) in (list, tuple):
        return all(map(only_known_kinds, value))
    if type(value) is dict:
        return all(type(key) in LEAVES[1:6] and only_known_kinds(item) for key, item in value.items())
    return type(value) in LEAVES


@MANY
@given(st.binary(max_size=200), st.binary(max_size=40))
def test_arbitrary_bytes_become_known_values_or_a_wire_error(plain, tensor_bytes):
    for content in (plain, forged(plain)):
        try:
            envelope = wire.decode(content, bytearray(tensor_bytes))
        except wire.WireError:
            continue
        message = envelope.message
        assert all(only_known_kinds(getattr(message, name)) for name in message.__struct_fields__)


MESSAGES = [
    wire.Start({"conv.py": torch.zeros(5, dtype=torch.uint8)}),
    wire.Call(["conv", "invert"], [(28, 28), wire.Layer("Conv2d", {"stride": (2, 2)}, {"bias": torch.ones(2)})], {}),
    wire.Operate("describe", [wire.Remote(3, "X")]),
    wire.Value({"a": [torch.ones(2, 3, dtype=torch.bfloat16), (1, 2.5, None)], "b": wire.Remote(1, "x.Y")}),
    wire.Raised(["ValueError", "Exception"], "no", "line 3", 13),
    wire.Missing("no"),
    wire.NotImported("no", 1),
    wire.Refused("no"),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_every_message_arrives_with_its_number(message):
    arrived = received(wire.encode(wire.Envelope(41, message)))
    assert arrived.number == 41
    assert type(arrived.message) is type(message)
    assert repr(arrived.message) == repr(message)


@MANY
@given(st.data())
def test_a_damaged_frame_becomes_known_values_or_a_wire_error(data):
    frame = bytearray(wire.encode(wire.Envelope(3, data.draw(st.sampled_from(MESSAGES)))))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(frame) - 1))
        match data.draw(st.sampled_from(["change", "cut", "insert"])):
            case "change":
                frame[place] = data.draw(st.integers(0, 255))
            case "cut" if len(frame) > 1:
                del frame[place]
            case _:
                frame[place:place] = data.draw(st.binary(max_size=8))
    try:
        arrived = received_or_short(frame)
    except wire.WireError:
        return
    if arrived is not None:
        fields = arrived.message.__struct_fields__
        assert all(only_known_kinds(getattr(arrived.message, name)) for name in fields)


def received_or_short(frame):
    """What arrives, or None if the stream ends early; bytes that follow a frame are the next one's."""
    position = 0

    def read_exactly(length):
        nonlocal position
        if position + length > len(frame):
            raise EOFError
        position += length
        return frame[position - length : position]

    try:
        return wire.receive(read_exactly)
    except EOFError:
        return None


def test_a_class_that_calls_itself_numpy_gains_nothing():
    impostor = types.new_class("float64", exec_body=lambda body: body.update(item=lambda self: self, ndim=0))
    impostor.__module__ = "numpy"
    with pytest.raises(wire.Unsendable):
        crossed(impostor())
