"""A TIFF writer for 8 and 16-bit grey, RGB and straight RGBA, with colour profile and EXIF.

tifffile cannot nest an EXIF directory, Pillow cannot write 16-bit RGBA; uncompressed TIFF is
simple enough to write whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from matting.imaging import ifd

_UNASSOCIATED_ALPHA = 2
#: Of the photograph's first directory: description, make, model, software, date, artist, copyright.
_KEPT_TAGS = (0x010E, 0x010F, 0x0110, 0x0131, 0x0132, 0x013B, 0x8298)
_EXIF_INTEROPERABILITY = 0xA005
_STRIP_BYTES = 1 << 20


def encode_tiff(
    codes: npt.NDArray[Any],
    *,
    icc: bytes | None = None,
    exif: bytes | None = None,
    dpi: tuple[float, float] | None = None,
) -> Iterator[bytes | memoryview]:
    """Yield the parts of an uncompressed little-endian TIFF file.

    Parameters
    ----------
    codes : (H, W, C) uint8 or uint16, C = 1 grey, 3 RGB, 4 RGBA; alpha is marked unassociated
        (straight: ExtraSamples 2)
    icc, exif : bytes or None
        Colour profile; EXIF as a TIFF block, whose directories are written anew.
    dpi : (x, y) or None
        Pixels per inch.

    Notes
    -----
    Maker's notes are copied as bytes; those that count offsets from the start of their old file
    lose that frame of reference. The thumbnail of the EXIF is left out: it shows the whole
    photograph, not the cut-out.
    """
    height, width, channels = codes.shape
    bits = codes.dtype.itemsize * 8
    pixels = np.ascontiguousarray(codes.astype(codes.dtype.newbyteorder("<"), copy=False))
    rows = max(1, _STRIP_BYTES // pixels[0].nbytes)
    strip_sizes = [pixels[top : top + rows].nbytes for top in range(0, height, rows)]
    strip_offsets = [8 + sum(strip_sizes[:index]) for index in range(len(strip_sizes))]
    x_dpi, y_dpi = dpi if dpi is not None else (72.0, 72.0)
    entries: dict[int, ifd.Entry] = {
        0x0100: ifd.entry(4, width),
        0x0101: ifd.entry(4, height),
        0x0102: ifd.entry(3, *([bits] * channels)),
        0x0103: ifd.entry(3, 1),
        0x0106: ifd.entry(3, 2 if channels >= 3 else 1),
        0x0111: ifd.entry(4, *strip_offsets),
        0x0112: ifd.entry(3, 1),
        0x0115: ifd.entry(3, channels),
        0x0116: ifd.entry(4, rows),
        0x0117: ifd.entry(4, *strip_sizes),
        0x011A: ifd.entry(5, round(x_dpi * 1000), 1000),
        0x011B: ifd.entry(5, round(y_dpi * 1000), 1000),
        0x011C: ifd.entry(3, 1),
        0x0128: ifd.entry(3, 2),
        0x0153: ifd.entry(3, *([1] * channels)),
    }
    if channels == 4:
        entries[0x0152] = ifd.entry(3, _UNASSOCIATED_ALPHA)
    if icc is not None:
        entries[0x8773] = ifd.Entry(7, len(icc), icc, "<")
    end_of_pixels = 8 + pixels.nbytes + pixels.nbytes % 2
    directories = _metadata_directories(exif, entries, end_of_pixels)
    offset = end_of_pixels + len(directories)
    yield b"II*\0" + offset.to_bytes(4, "little")
    yield pixels.data.cast("B")
    yield b"\0" * (pixels.nbytes % 2)
    yield directories
    yield ifd.encode_directory(entries, offset)


def _metadata_directories(
    exif: ifd.Block | None, entries: dict[int, ifd.Entry], offset: int
) -> bytes:
    """Return EXIF and GPS directories for a file position; enter pointers to them in `entries`."""
    if exif is None:
        return b""
    main = ifd.first_directory(exif)
    entries.update({tag: main[tag] for tag in _KEPT_TAGS if tag in main})
    written = b""
    for pointer in (ifd.EXIF_POINTER, ifd.GPS_POINTER):
        directory = ifd.sub_directory(exif, main, pointer)
        directory.pop(_EXIF_INTEROPERABILITY, None)
        if directory:
            entries[pointer] = ifd.entry(4, offset + len(written))
            written += ifd.encode_directory(directory, offset + len(written))
    return written


def metadata_block(block: ifd.Block) -> bytes:
    """Return a small TIFF block that holds a larger one's description, EXIF and GPS alone.

    Parameters
    ----------
    block : bytes or mmap
        A TIFF file, or a raw file built like one.
    """
    main = ifd.first_directory(block)
    entries: dict[int, ifd.Entry] = {tag: main[tag] for tag in (ifd.ORIENTATION,) if tag in main}
    directories = _metadata_directories(block, entries, 8)
    offset = 8 + len(directories)
    return (
        b"II*\0"
        + offset.to_bytes(4, "little")
        + directories
        + ifd.encode_directory(entries, offset)
    )
