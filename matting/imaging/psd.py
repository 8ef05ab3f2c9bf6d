"""A PSD writer: RGB layers of 8 or 16 bits, each with its matte as a layer mask.

psd-tools writes layers too, but masks of 8 bits alone; a matte of a 16-bit photograph has more.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

_RGB = 3
_RESOLUTION, _ICC_PROFILE, _EXIF = 1005, 1039, 1058
_MASK_CHANNEL = -2
_UNCOMPRESSED = struct.pack(">H", 0)
#: The format counts in 32 bits, and programs refuse more than this.
LARGEST_BYTES = 2_000_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """One layer of a document.

    Parameters
    ----------
    name : str
    codes : (h, w, 3) uint8 or uint16, encoded RGB
    mask : (h, w), as `codes`, or None
        The layer mask; None shows all of the layer. Outside of it, nothing is shown.
    top, left : int
        Where the layer lies in the document, pixels.
    """

    name: str
    codes: npt.NDArray[Any]
    mask: npt.NDArray[Any] | None = None
    top: int = 0
    left: int = 0


def psd_size_bytes(layers: Sequence[Layer], merged: npt.NDArray[Any]) -> int:
    """Return about how large the file will be: its pixels."""
    masks = (layer.mask.nbytes for layer in layers if layer.mask is not None)
    return int(merged.nbytes + sum(layer.codes.nbytes for layer in layers) + sum(masks))


def encode_psd(
    layers: Sequence[Layer],
    merged: npt.NDArray[Any],
    *,
    icc: bytes | None = None,
    exif: bytes | None = None,
    dpi: tuple[float, float] | None = None,
) -> Iterator[bytes]:
    """Yield the parts of a PSD file.

    Parameters
    ----------
    layers : sequence of Layer
        From the lowest to the highest.
    merged : (H, W, 3) uint8 or uint16, encoded RGB
        What all visible layers show together, for programs that read no layers.
    icc, exif : bytes or None
        Colour profile; EXIF as a TIFF block.
    dpi : (x, y) or None
        Pixels per inch.

    References
    ----------
    Adobe Photoshop File Formats Specification, November 2019.
    """
    height, width = merged.shape[:2]
    bits = merged.dtype.itemsize * 8
    yield b"8BPS" + struct.pack(">H6xHIIHH", 1, 3, height, width, bits, _RGB)
    yield struct.pack(">I", 0)
    yield _sized(_resources(icc, exif, dpi))
    yield from _layer_section(layers, bits)
    yield _UNCOMPRESSED
    yield from _planes(merged)


def _sized(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


def _resources(icc: bytes | None, exif: bytes | None, dpi: tuple[float, float] | None) -> bytes:
    resources = b""
    if dpi is not None:
        x, y = (round(one * 65536) for one in dpi)
        resources += _resource(_RESOLUTION, struct.pack(">IHHIHH", x, 1, 1, y, 1, 1))
    if icc is not None:
        resources += _resource(_ICC_PROFILE, icc)
    if exif is not None:
        resources += _resource(_EXIF, exif)
    return resources


def _resource(number: int, data: bytes) -> bytes:
    padding = b"\0" * (len(data) % 2)
    return b"8BIM" + struct.pack(">HH", number, 0) + _sized(data) + padding


def _layer_section(layers: Sequence[Layer], bits: int) -> Iterator[bytes]:
    """Yield layer records and pixels; 16-bit layers stand in a block of their own, "Lr16"."""
    records = struct.pack(">h", len(layers)) + b"".join(_record(layer) for layer in layers)
    content = len(records) + sum(
        2 + channel.nbytes for layer in layers for _, channel in _channels(layer)
    )
    padding = -content % 4
    if bits == 8:
        yield struct.pack(">II", content + padding + 8, content + padding)
    else:
        yield struct.pack(">III", content + padding + 20, 0, 0)
        yield b"8BIMLr16" + struct.pack(">I", content + padding)
    yield records
    for layer in layers:
        for _, channel in _channels(layer):
            yield _UNCOMPRESSED + _big_endian(channel)
    yield b"\0" * padding
    if bits == 8:
        yield struct.pack(">I", 0)  # no global mask


def _channels(layer: Layer) -> list[tuple[int, npt.NDArray[Any]]]:
    channels = [(number, layer.codes[..., number]) for number in range(3)]
    return channels if layer.mask is None else [*channels, (_MASK_CHANNEL, layer.mask)]


def _record(layer: Layer) -> bytes:
    height, width = layer.codes.shape[:2]
    box = struct.pack(">iiii", layer.top, layer.left, layer.top + height, layer.left + width)
    channels = _channels(layer)
    record = box + struct.pack(">H", len(channels))
    for number, channel in channels:
        record += struct.pack(">hI", number, 2 + channel.nbytes)
    record += b"8BIMnorm" + struct.pack(">BBBB", 255, 0, 0, 0)
    mask = b"" if layer.mask is None else box + bytes(4)
    return record + _sized(_sized(mask) + _sized(b"") + _names(layer.name))


def _names(name: str) -> bytes:
    """Return the name in Latin letters, padded to 4 bytes, and as it is, in Unicode."""
    latin = name.encode("latin-1", "replace")[:255]
    short = bytes([len(latin)]) + latin
    wide = name.encode("utf-16-be")
    unicode_name = struct.pack(">I", len(wide) // 2) + wide
    unicode_name += b"\0" * (-len(unicode_name) % 4)
    return short + b"\0" * (-len(short) % 4) + b"8BIMluni" + _sized(unicode_name)


def _planes(codes: npt.NDArray[Any]) -> Iterator[bytes]:
    for channel in range(codes.shape[2]):
        yield _big_endian(codes[..., channel])


def _big_endian(codes: npt.NDArray[Any]) -> bytes:
    return codes.astype(codes.dtype.newbyteorder(">"), copy=False).tobytes()
