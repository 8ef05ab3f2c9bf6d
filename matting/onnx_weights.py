"""How much memory a network's numbers take, read from the file's frame without the numbers.

ONNX Runtime allocates what a file declares, and a file of a hundred bytes may declare terabytes.
Only the few fields that tell sizes are read here, as the protocol buffers' wire format has them.

References
----------
ONNX ``onnx.proto``: ModelProto.graph = 7, GraphProto.initializer = 5, TensorProto.dims = 1 and
data_type = 2. Protocol Buffers, Encoding: wire types 0 (varint), 1 (8 bytes), 2 (length and
bytes) and 5 (4 bytes).
"""

from __future__ import annotations

import math
import mmap
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from matting.imaging.errors import InferenceError

_GRAPH, _INITIALIZER, _DIMS, _DATA_TYPE = 7, 5, 1, 2
_VARINT, _EIGHT_BYTES, _COUNTED, _FOUR_BYTES = 0, 1, 2, 5
#: Bytes of a number by TensorProto.DataType; others are at least a byte.
_BYTES = {1: 4, 4: 2, 5: 2, 6: 4, 7: 8, 10: 2, 11: 8, 12: 4, 13: 8, 14: 8, 15: 16, 16: 2}
#: What weights of a type are called; other types hold shapes and indices.
_PRECISIONS = {1: "fp32", 2: "int8", 3: "int8", 10: "fp16", 11: "fp64", 16: "bf16"}


@dataclass(frozen=True, slots=True)
class _Field:
    """A field of a message: its number, and its value or where its bytes lie."""

    number: int
    value: int
    start: int
    end: int


def check_memory(path: Path, available_bytes: int) -> None:
    """Refuse a network whose numbers do not fit into memory.

    Raises
    ------
    InferenceError
        When they do not, or the file ends within a field.
    """
    wanted = declared_bytes(path)
    if wanted > available_bytes:
        raise InferenceError(
            path,
            f"holds numbers of {wanted / 1e9:.1f} GB, and {available_bytes / 1e9:.1f} GB of "
            "memory are free",
            "Use a smaller network, or close other programs",
        )


def declared_bytes(path: Path) -> int:
    """Return the bytes of all initialisers that a network declares, in its file or beside it.

    Raises
    ------
    InferenceError
        When the file cannot be opened, is empty, or ends within a field.
    """
    return sum(size * _BYTES.get(kind, 1) for kind, size in _initialisers(path))


def precision(path: Path) -> str:
    """Return in which precision most of a network's weights are, such as ``fp32``.

    Raises
    ------
    InferenceError
        When the file cannot be opened, is empty, or ends within a field.
    """
    held: Counter[str] = Counter()
    for kind, size in _initialisers(path):
        if kind in _PRECISIONS:
            held[_PRECISIONS[kind]] += size
    return held.most_common(1)[0][0] if held else "not told"


def _initialisers(path: Path) -> list[tuple[int, int]]:
    """Return type and number of values of each."""
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return [
                _type_and_size(data, tensor)
                for graph in _fields(data, 0, len(data))
                if graph.number == _GRAPH
                for tensor in _fields(data, graph.start, graph.end)
                if tensor.number == _INITIALIZER
            ]
    except OSError as error:
        raise InferenceError(
            path, f"cannot be opened ({error.strerror})", "Check the path"
        ) from error
    except (IndexError, ValueError) as error:  # ValueError: nothing to map
        raise InferenceError(
            path,
            "is not a whole ONNX file, but cut short, damaged or of another format",
            "Copy or export it again",
        ) from error


def _type_and_size(data: mmap.mmap, tensor: _Field) -> tuple[int, int]:
    dims, kind = [], 0
    for field in _fields(data, tensor.start, tensor.end):
        if field.number == _DATA_TYPE:
            kind = field.value
        elif field.number == _DIMS and field.start == field.end:
            dims.append(field.value)
        elif field.number == _DIMS:
            dims += _packed(data, field)
    return kind, math.prod(dims)


def _packed(data: mmap.mmap, field: _Field) -> Iterator[int]:
    at = field.start
    while at < field.end:
        value, at = _varint(data, at, field.end)
        yield value


def _fields(data: mmap.mmap, at: int, end: int) -> Iterator[_Field]:
    """Read the fields of the message between two offsets; IndexError when one reaches beyond."""
    while at < end:
        tag, at = _varint(data, at, end)
        number, wire = tag >> 3, tag & 7
        if wire == _VARINT:
            value, at = _varint(data, at, end)
            yield _Field(number, value, at, at)
            continue
        if wire == _COUNTED:
            length, at = _varint(data, at, end)
        elif wire in (_EIGHT_BYTES, _FOUR_BYTES):
            length = 8 if wire == _EIGHT_BYTES else 4
        else:
            raise IndexError(at)
        if at + length > end:
            raise IndexError(at)
        yield _Field(number, 0, at, at + length)
        at += length


def _varint(data: mmap.mmap, at: int, end: int) -> tuple[int, int]:
    """Return the number that begins at an offset, and the offset after it."""
    value, shift = 0, 0
    while at < end and shift < 64:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
    raise IndexError(at)
