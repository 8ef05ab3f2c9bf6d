"""TIFF directories, as EXIF, TIFF files and most raw files hold them; read tolerantly.

Cameras and programs write EXIF with offsets beyond the end, unknown types and absurd counts. An
entry that cannot be understood is left out; the others are still read.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

#: A TIFF block: bytes, or a file mapped into memory.
Block = bytes | mmap.mmap
ByteOrder = Literal["<", ">"]

EXIF_POINTER = 0x8769
GPS_POINTER = 0x8825
ORIENTATION = 0x0112

_TYPE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_WORD_BYTES = {3: 2, 4: 4, 5: 4, 8: 2, 9: 4, 10: 4, 11: 4, 12: 8, 13: 4}
_FORMATS = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 11: "f", 12: "d", 13: "I"}
_MAXIMUM_ENTRIES = 512
# 42 is TIFF; the others are raw files of Panasonic (0x55) and Olympus ("RO", "RS").
_MAGICS = (42, 0x55, 0x4F52, 0x5352)

Number = int | float


@dataclass(frozen=True, slots=True)
class Entry:
    """One directory entry, its value in the byte order of its block."""

    kind: int
    count: int
    data: bytes
    order: ByteOrder

    def numbers(self) -> tuple[Number, ...]:
        """Return the values as numbers; rationals with a zero below are left out."""
        if self.kind in (5, 10):
            pairs = struct.unpack(
                f"{self.order}{2 * self.count}{'I' if self.kind == 5 else 'i'}", self.data
            )
            return tuple(
                above / below for above, below in zip(pairs[::2], pairs[1::2], strict=True) if below
            )
        code = _FORMATS.get(self.kind)
        if code is None:
            return ()
        return struct.unpack(f"{self.order}{self.count}{code}", self.data)

    def text(self) -> str:
        """Return the value as text, without trailing NUL and blanks; "" when it is not text."""
        if self.kind not in (2, 7):
            return ""
        return self.data.split(b"\0")[0].decode("utf-8", "replace").strip()

    def little_endian(self) -> bytes:
        """Return the value's bytes with the least significant byte first."""
        word = _WORD_BYTES.get(self.kind, 1)
        if self.order == "<" or word == 1:
            return self.data
        return b"".join(self.data[i : i + word][::-1] for i in range(0, len(self.data), word))


Directory = Mapping[int, Entry]


def byte_order(block: Block) -> ByteOrder | None:
    """Return the block's byte order, or None when it is no TIFF block."""
    head = bytes(block[:4])
    order: ByteOrder
    if head[:2] == b"II":
        order = "<"
    elif head[:2] == b"MM":
        order = ">"
    else:
        return None
    if len(head) < 4 or struct.unpack_from(f"{order}H", head, 2)[0] not in _MAGICS:
        return None
    return order


def first_directory(block: Block) -> dict[int, Entry]:
    """Return the entries of a TIFF block's first directory; empty when there is none."""
    order = byte_order(block)
    if order is None or len(block) < 8:
        return {}
    return directory_at(block, struct.unpack_from(f"{order}I", block, 4)[0], order)


def sub_directory(block: Block, parent: Directory, pointer: int) -> dict[int, Entry]:
    """Return the directory that an entry of `parent` points to; empty when there is none."""
    entry = parent.get(pointer)
    if entry is None:
        return {}
    offsets = entry.numbers()
    return directory_at(block, int(offsets[0]), entry.order) if offsets else {}


def directory_at(block: Block, offset: int, order: ByteOrder) -> dict[int, Entry]:
    """Return the entries of the directory at `offset`, leaving out what cannot be read."""
    if offset < 8 or offset + 2 > len(block):
        return {}
    (count,) = struct.unpack_from(f"{order}H", block, offset)
    entries: dict[int, Entry] = {}
    for position in range(offset + 2, offset + 2 + 12 * min(count, _MAXIMUM_ENTRIES), 12):
        if position + 12 > len(block):
            break
        tag, kind, items = struct.unpack_from(f"{order}HHI", block, position)
        size = _TYPE_BYTES.get(kind, 0) * items
        if size == 0:
            continue
        start = position + 8
        if size > 4:
            (start,) = struct.unpack_from(f"{order}I", block, position + 8)
        if start + size <= len(block):
            entries[tag] = Entry(kind, items, bytes(block[start : start + size]), order)
    return entries


def with_orientation_upright(block: bytes) -> bytes:
    """Return the same block with the first directory's orientation set to 1.

    All other bytes keep their place, so that maker's notes with absolute offsets stay readable.
    """
    order = byte_order(block)
    if order is None or len(block) < 10:
        return block
    (offset,) = struct.unpack_from(f"{order}I", block, 4)
    if offset < 8 or offset + 2 > len(block):
        return block
    (count,) = struct.unpack_from(f"{order}H", block, offset)
    changed = bytearray(block)
    for position in range(offset + 2, offset + 2 + 12 * min(count, _MAXIMUM_ENTRIES), 12):
        if position + 12 > len(block):
            break
        tag, kind, items = struct.unpack_from(f"{order}HHI", block, position)
        if tag == ORIENTATION and kind == 3 and items == 1:
            struct.pack_into(f"{order}H", changed, position + 8, 1)
    return bytes(changed)


def entry(kind: int, *values: int) -> Entry:
    """Return a little-endian entry of whole numbers (or of rationals as pairs)."""
    code = {3: "H", 4: "I", 5: "I", 7: "B"}[kind]
    count = len(values) // 2 if kind == 5 else len(values)
    return Entry(kind, count, struct.pack(f"<{len(values)}{code}", *values), "<")


def encode_directory(entries: Directory, offset: int) -> bytes:
    """Return a little-endian directory with its values behind it, for a block position.

    Parameters
    ----------
    entries : mapping of tag to Entry
    offset : int
        Where the bytes will stand in the block; even.
    """
    ordered = sorted(entries.items())
    table = bytearray(struct.pack("<H", len(ordered)))
    values = bytearray()
    values_at = offset + 2 + 12 * len(ordered) + 4
    for tag, item in ordered:
        data = item.little_endian()
        table += struct.pack("<HHI", tag, item.kind, item.count)
        if len(data) <= 4:
            table += data.ljust(4, b"\0")
        else:
            table += struct.pack("<I", values_at + len(values))
            values += data + b"\0" * (len(data) % 2)
    return bytes(table) + struct.pack("<I", 0) + bytes(values)
