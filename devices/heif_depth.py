"""What an iPhone says of the depth in its photograph, which stands beside it in the file.

Whether disparity is metric, and by what lens it was seen, is in the XMP that describes the
auxiliary picture: an item of its own (ISO/IEC 23008-12, 6.10) that HEIF decoders do not hand out.
Nothing in the file is believed; what cannot be followed is left out.
"""

from __future__ import annotations

import struct
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass

from devices.frames import Intrinsics

_APPLE = "{http://ns.apple.com/depthData/1.0/}"
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
#: XMP of phones has a few kilobytes.
_LARGEST_XMP_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class DepthDescription:
    """What the phone says of its depth.

    `metric` is True when it calls itself absolute; `lens` is that of the whole photograph, as it
    was taken (not turned upright), or None.
    """

    metric: bool = False
    lens: Intrinsics | None = None


def depth_description(content: bytes) -> DepthDescription:
    """Return what the XMP of a file's auxiliary pictures says of depth.

    Parameters
    ----------
    content : bytes
        A HEIF file.

    Returns
    -------
    DepthDescription
        Not metric and without a lens where the file says nothing, or nothing that can be read.
    """
    nothing = DepthDescription()
    try:
        described = (_described(packet) for packet in _auxiliary_xmp(content))
        return next((one for one in described if one is not None), nothing)
    except (struct.error, IndexError, ValueError):
        return nothing  # not built as a HEIF: it says nothing, so the depth counts as relative


def _auxiliary_xmp(content: bytes) -> Iterator[bytes]:
    """Yield the XMP packets that describe pictures which themselves belong to another."""
    meta = _only(content, 0, len(content), b"meta")
    if meta is None:
        return
    start, end = meta[0] + 4, meta[1]
    references = list(_references(content, start, end))
    auxiliary = {source for kind, source, _ in references if kind == b"auxl"}
    describing = {
        source for kind, source, targets in references if kind == b"cdsc" and auxiliary & targets
    }
    for item, first, length in _locations(content, start, end):
        if item in describing and 0 < length <= _LARGEST_XMP_BYTES:
            yield content[first : first + length]


def _boxes(content: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield kind, first and last byte of the boxes in a stretch; each is larger than its head."""
    while start + 8 <= end:
        size, kind = struct.unpack_from(">I4s", content, start)
        head = 8
        if size == 1:
            (size,), head = struct.unpack_from(">Q", content, start + 8), 16
        elif size == 0:
            size = end - start
        if size < head or start + size > end:
            return
        yield kind, start + head, start + size
        start += size


def _only(content: bytes, start: int, end: int, kind: bytes) -> tuple[int, int] | None:
    return next(((a, b) for k, a, b in _boxes(content, start, end) if k == kind), None)


def _references(
    content: bytes, start: int, end: int
) -> Iterator[tuple[bytes, int, frozenset[int]]]:
    """Yield kind, source and targets of the references between items."""
    box = _only(content, start, end, b"iref")
    if box is None:
        return
    code = ">I" if content[box[0]] else ">H"
    width = struct.calcsize(code)
    for kind, first, last in _boxes(content, box[0] + 4, box[1]):
        (source,) = struct.unpack_from(code, content, first)
        (count,) = struct.unpack_from(">H", content, first + width)
        places = range(first + width + 2, last, width)[:count]
        targets = (struct.unpack_from(code, content, place)[0] for place in places)
        yield kind, source, frozenset(targets)


def _locations(content: bytes, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield item, first byte and length of the items that lie in the file in one piece."""
    box = _only(content, start, end, b"iloc")
    if box is None:
        return
    version, place = content[box[0]], box[0] + 4
    offset_width, length_width = content[place] >> 4, content[place] & 15
    base_width, index_width = content[place + 1] >> 4, content[place + 1] & 15 if version else 0
    item_code = ">I" if version == 2 else ">H"
    (count,) = struct.unpack_from(item_code, content, place + 2)
    place += 2 + struct.calcsize(item_code)

    def number(width: int) -> int:
        nonlocal place
        if place + width > box[1]:
            raise ValueError("the box of places ends too soon")
        value = int.from_bytes(content[place : place + width], "big")
        place += width
        return value

    for _ in range(count):
        item = number(struct.calcsize(item_code))
        in_file = (number(2) & 15) == 0 if version else True
        number(2)
        base = number(base_width)
        extents = []
        for _ in range(number(2)):
            number(index_width)
            extents.append((base + number(offset_width), number(length_width)))
        if in_file and len(extents) == 1:
            yield item, *extents[0]


def _described(packet: bytes) -> DepthDescription | None:
    """Return what an XMP packet says of depth, None when it says nothing of it."""
    if b"<!" in packet:
        return None  # XMP has no entities, and those are how XML becomes a bomb
    try:
        root = ET.fromstring(packet.strip(b"\0"))
    except ET.ParseError:
        return None
    for about in root.iter(f"{_RDF}Description"):
        accuracy = _text(about, "Accuracy")
        if accuracy:
            return DepthDescription(accuracy == "absolute", _lens(about))
    return None


def _text(about: ET.Element, name: str) -> str:
    """Return a property, which XMP may write as an attribute or as an element."""
    return (about.get(_APPLE + name) or about.findtext(_APPLE + name) or "").strip()


def _lens(about: ET.Element) -> Intrinsics | None:
    values = [item.text or "" for item in about.iterfind(f"{_APPLE}IntrinsicMatrix//{_RDF}li")]
    try:
        fx, _, _, _, fy, _, cx, cy, _ = (float(value) for value in values)  # by columns
        width, height = (
            int(_text(about, f"IntrinsicMatrixReference{side}")) for side in ("Width", "Height")
        )
    except ValueError:
        return None
    if not (0 < fx < 1e6 and 0 < fy < 1e6 and abs(cx) < 1e6 and abs(cy) < 1e6):
        return None
    return Intrinsics(fx, fy, cx, cy, width, height) if min(width, height) > 0 else None
