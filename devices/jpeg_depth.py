"""Depth that Android phones embed in a JPEG: Google's depth map metadata, in extended XMP.

The form is https://developers.google.com/depthmap-metadata/reference; extended XMP is part 3 of
Adobe's XMP specification. Nothing in the file is believed.
"""

from __future__ import annotations

import base64
import io
import math
import struct
import xml.etree.ElementTree as ET
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

_XMP, _MORE_XMP = b"http://ns.adobe.com/xap/1.0/\0", b"http://ns.adobe.com/xmp/extension/\0"
_DEPTH = "{http://ns.google.com/photos/1.0/depthmap/}"
_METRES = {"m": 1.0, "mm": 0.001}
_LARGEST_XMP_BYTES = 64 << 20
_LARGEST_PIXELS = 16_000_000


def jpeg_depth(content: bytes) -> tuple[npt.NDArray[np.float32], bool] | None:
    """Return a photograph's depth, and whether it is metric; None when it holds none.

    Metric are distances along the optical axis in a stated unit; all else only orders points.

    Parameters
    ----------
    content : bytes
        A JPEG file.

    Returns
    -------
    depth : (H, W) float32, metres along the optical axis when metric
    metric : bool

    Raises
    ------
    ValueError
        When what stands there cannot be depth.
    """
    about: dict[str, str] = {}
    for packet in _xmp_packets(content):
        about |= _depth_properties(packet)
    if "Data" not in about:
        return None
    near, far = float(about.get("Near", "nan")), float(about.get("Far", "nan"))
    if not 0 < near < far < math.inf:
        raise ValueError("its depth has no range from near to far")
    share = _picture(base64.b64decode(about["Data"]))
    if about.get("Format") == "RangeLinear":
        depth = near + share * (far - near)
    elif about.get("Format") == "RangeInverse":
        depth = far * near / (far - share * (far - near))
    else:
        raise ValueError(f"its depth is of the unknown format '{about.get('Format')}'")
    # The axis is what holds when nothing is stated.
    along_axis = about.get("MeasureType", "OpticalAxis") == "OpticalAxis"
    unit_m = _METRES.get(about.get("Units", "")) if along_axis else None
    return (depth * (unit_m or 1.0)).astype(np.float32), unit_m is not None


def _picture(packed: bytes) -> npt.NDArray[np.float64]:
    """Return the embedded picture, (H, W), 0 to 1."""
    from PIL import Image

    with Image.open(io.BytesIO(packed), formats=("PNG", "JPEG")) as image:
        if image.width * image.height > _LARGEST_PIXELS:
            raise ValueError(f"its depth claims {image.width} x {image.height} pixels")
        values = np.asarray(image)
    if values.ndim == 3:
        values = values[..., 0]
    return values / float(np.iinfo(values.dtype).max)


def _xmp_packets(content: bytes) -> Iterator[bytes]:
    """Yield the XMP packet, then the extended one, put together from its parts."""
    parts: dict[int, bytes] = {}
    for segment in _application_segments(content):
        if segment.startswith(_XMP):
            yield segment[len(_XMP) :]
        elif segment.startswith(_MORE_XMP):
            head = len(_MORE_XMP) + 32  # a digest, the same in all parts
            _, offset = struct.unpack_from(">II", segment, head)
            parts[offset] = segment[head + 8 :]
    whole = b"".join(parts[offset] for offset in sorted(parts))
    if whole:
        yield whole


def _application_segments(content: bytes) -> Iterator[bytes]:
    """Yield the bodies of the APP1 segments before the picture."""
    place = 2
    while content[place : place + 1] == b"\xff" and content[place + 1 : place + 2] != b"\xda":
        if place + 4 > len(content):
            return
        marker, length = struct.unpack_from(">HH", content, place)
        if length < 2:
            return
        if marker == 0xFFE1:
            yield content[place + 4 : place + 2 + length]
        place += 2 + length


def _depth_properties(packet: bytes) -> dict[str, str]:
    """Return the properties of depth in an XMP packet, attributes or elements, by name."""
    if b"<!" in packet or len(packet) > _LARGEST_XMP_BYTES:
        return {}  # XMP has no entities, and those are how XML becomes a bomb
    try:
        root = ET.fromstring(packet.strip(b"\0"))
    except ET.ParseError as exc:
        raise ValueError(f"its XMP is damaged ({exc})") from exc
    found: dict[str, str] = {}
    for element in root.iter():
        pairs = [*element.attrib.items(), (element.tag, element.text or "")]
        found |= {key[len(_DEPTH) :]: text for key, text in pairs if key.startswith(_DEPTH)}
    return found
