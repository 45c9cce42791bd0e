"""What may cross the wall: plain values and raw tensors, every size bounded.

Theory of operation. The grader and a student's worker each hold one end of a stream socket and speak in frames:

    4 bytes  length of the plain part      (at most PLAIN_LIMIT)
    4 bytes  length of the tensor part     (at most TENSOR_LIMIT)
    plain    one message as MessagePack: a `Request` towards the worker, a `Reply` back
    tensors  the raw bytes of the message's tensors, in the order in which the plain part names them

Nothing is ever unpickled and no class is looked up by a name that came across, so a frame can only become the
values below. The student's process can write any bytes it likes into its end: whatever is not a well-formed frame
raises `WireError`, after reading no more than the limits allow. What a frame becomes takes at most 128 bytes of memory
for each byte of its plain part, and twice its tensor part.

Values: None, bool, int (64 bits), float, str, bytes, list, tuple, dict, dense tensors (`DTYPES`), and three that
stand for something on the other side: `Remote` (an object that stays in the worker), `Layer` (a torch.nn layer in
words: type, settings, state) and `OnDevice` (a tensor that is on the worker's accelerator). Of a subclass (torch.Size,
a named tuple, an OrderedDict, an IntEnum) what it is underneath crosses, and none of its behaviour; of a NumPy scalar
its value. Subclasses of tensors are refused: what is underneath is not all that they are.
"""

from autograder.wire.frames import (
    DTYPES,
    HEADER,
    MAXIMUM_DEPTH,
    MAXIMUM_DIMENSIONS,
    PLAIN_LIMIT,
    TENSOR_LIMIT,
    Unsendable,
    WireError,
    decode,
    encode,
    receive,
)
from autograder.wire.messages import (
    Call,
    Envelope,
    Import,
    Layer,
    Missing,
    NotImported,
    OnDevice,
    Operate,
    Raised,
    Refused,
    Remote,
    Reply,
    Request,
    Start,
    Value,
)

__all__ = [
    "DTYPES",
    "HEADER",
    "MAXIMUM_DEPTH",
    "MAXIMUM_DIMENSIONS",
    "PLAIN_LIMIT",
    "TENSOR_LIMIT",
    "Call",
    "Envelope",
    "Import",
    "Layer",
    "Missing",
    "NotImported",
    "OnDevice",
    "Operate",
    "Raised",
    "Refused",
    "Remote",
    "Reply",
    "Request",
    "Start",
    "Unsendable",
    "Value",
    "WireError",
    "decode",
    "encode",
    "receive",
]
