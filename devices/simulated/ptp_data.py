"""Datasets of the Picture Transfer Protocol as bytes, little endian."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

#: struct codes of PTP's data types; 0xFFFF is a string.
_FORMATS = {1: "b", 2: "B", 3: "h", 4: "H", 5: "i", 6: "I"}
STRING = 0xFFFF
UINT8, INT16, UINT16, UINT32 = 2, 3, 4, 6


def string(text: str) -> bytes:
    """Return a PTP string: a count of characters with its NUL, then UCS-2."""
    if not text:
        return b"\0"
    return struct.pack("<B", len(text) + 1) + text.encode("utf-16-le") + b"\0\0"


def array16(values: Iterable[int]) -> bytes:
    """Return an array of 16-bit numbers behind its count."""
    numbers = list(values)
    return struct.pack(f"<I{len(numbers)}H", len(numbers), *numbers)


def array32(values: Iterable[int]) -> bytes:
    """Return an array of 32-bit numbers behind its count."""
    numbers = list(values)
    return struct.pack(f"<I{len(numbers)}I", len(numbers), *numbers)


def value_bytes(kind: int, value: int | str) -> bytes:
    """Return one value of a PTP data type."""
    return string(str(value)) if kind == STRING else struct.pack(f"<{_FORMATS[kind]}", value)


def value_from(kind: int, data: bytes) -> int | str:
    """Return the value that the host sent, of a PTP data type."""
    if kind == STRING:
        return data[1 : 1 + 2 * (data[0] - 1)].decode("utf-16-le") if data and data[0] else ""
    return int(struct.unpack_from(f"<{_FORMATS[kind]}", data)[0])


@dataclass(slots=True)
class PropertyState:
    """A setting of the body: its type, value, and the values that it takes (none: read-only)."""

    kind: int
    value: int | str
    choices: Sequence[int | str] = field(default_factory=tuple)

    def description(self, code: int) -> bytes:
        """Return the DevicePropDesc dataset."""
        current = value_bytes(self.kind, self.value)
        head = struct.pack("<HHB", code, self.kind, 1 if self.choices else 0)
        if not self.choices:
            return head + current + current + b"\0"
        values = b"".join(value_bytes(self.kind, choice) for choice in self.choices)
        return head + current + current + struct.pack("<BH", 2, len(self.choices)) + values


@dataclass(frozen=True, slots=True)
class Maker:
    """Who made a body, as its device information tells it.

    Parameters
    ----------
    vendor_extension : int
        By which a host knows the dialect.
    name, model : str
    events : tuple of int
        Codes of the events that it lists.
    """

    vendor_extension: int
    name: str
    model: str
    events: tuple[int, ...] = ()


def device_info(
    maker: Maker, operations: Iterable[int], properties: Iterable[int], serial: str
) -> bytes:
    """Return the DeviceInfo dataset."""
    return b"".join(
        [
            struct.pack("<HIH", 100, maker.vendor_extension, 100),
            string(""),
            struct.pack("<H", 0),
            array16(operations),
            array16(maker.events),
            array16(properties),
            array16([0x3801]),
            array16([0x3801, 0x3001]),
            string(maker.name),
            string(maker.model),
            string("V1.00 (simulated)"),
            string(serial),
        ]
    )


def storage_info(free_bytes: int, free_images: int) -> bytes:
    """Return the StorageInfo dataset of a memory card."""
    removable_ram, dcf, read_write = 4, 3, 0
    head = struct.pack("<HHHQQI", removable_ram, dcf, read_write, 64 << 30, free_bytes, free_images)
    return head + string("Card slot 1") + string("")


def object_info(
    storage: int,
    kind: int,
    size: int,
    parent: int,
    name: str,
    pixels: tuple[int, int] = (0, 0),
    taken: str = "",
) -> bytes:
    """Return the ObjectInfo dataset of a picture or a folder."""
    is_folder = 1 if kind == 0x3001 else 0
    return b"".join(
        [
            struct.pack("<IHHI", storage, kind, 0, size),
            struct.pack("<HIII", 0x3801, 0, 160, 120),
            struct.pack("<III", pixels[0], pixels[1], 24),
            struct.pack("<IHII", parent, is_folder, 0, 0),
            string(name),
            string(taken),
            string(taken),
            string(""),
        ]
    )
