"""A PNG writer: any metadata, 8 or 16 bit, compressed in parallel, the same bytes every time.

Neither OpenCV nor Pillow writes 16-bit RGBA together with a colour profile and EXIF, and both
compress on one thread.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}
_BLOCK_BYTES = 2 << 20
_FILTER_UP = 2


def encode_png(
    codes: npt.NDArray[Any],
    *,
    icc: bytes | None = None,
    exif: bytes | None = None,
    dpi: tuple[float, float] | None = None,
    gamma: float | None = None,
) -> Iterator[bytes]:
    """Yield the parts of a PNG file.

    Parameters
    ----------
    codes : (H, W, C) uint8 or uint16, C = 1 grey, 2 grey + alpha, 3 RGB, 4 RGBA (straight)
    icc, exif : bytes or None
        Colour profile; EXIF as a TIFF block.
    dpi : (x, y) or None
        Pixels per inch.
    gamma : float or None
        The encoding's exponent (light to code, 0.45455 for 2.2) for a gAMA chunk.
    """
    height, width, channels = codes.shape
    bits = codes.dtype.itemsize * 8
    yield SIGNATURE
    yield _chunk(
        b"IHDR", struct.pack(">IIBBBBB", width, height, bits, _COLOUR_TYPES[channels], 0, 0, 0)
    )
    if icc is not None:
        yield _chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(icc))
    elif gamma is not None:
        yield _chunk(b"gAMA", struct.pack(">I", round(gamma * 100000)))
    if dpi is not None:
        yield _chunk(b"pHYs", struct.pack(">IIB", *(round(d / 0.0254) for d in dpi), 1))
    if exif is not None:
        yield _chunk(b"eXIf", exif)
    yield from _pixel_chunks(codes)
    yield _chunk(b"IEND", b"")


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _pixel_chunks(codes: npt.NDArray[Any]) -> Iterator[bytes]:
    """Yield one IDAT chunk a block of rows; together they are one zlib stream.

    Blocks are cut by size alone, so that the bytes do not depend on the number of threads.
    """
    height = codes.shape[0]
    row_bytes = codes[0].nbytes + 1
    rows = max(1, _BLOCK_BYTES // row_bytes)
    starts = range(0, height, rows)
    checksum = 1
    first = True
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        jobs = (
            pool.submit(_compress_rows, codes, start, min(start + rows, height)) for start in starts
        )
        window = list(islice(jobs, 2 * (os.cpu_count() or 1)))
        while window:
            data, block_checksum, size = window.pop(0).result()
            window.extend(islice(jobs, 1))
            checksum = _adler32_combine(checksum, block_checksum, size)
            tail = b"" if window else struct.pack(">I", checksum)
            yield _chunk(b"IDAT", (b"\x78\x01" if first else b"") + data + tail)
            first = False


def _compress_rows(codes: npt.NDArray[Any], start: int, stop: int) -> tuple[bytes, int, int]:
    """Return the rows filtered and compressed, with the Adler-32 and size of the filtered bytes."""
    rows = codes[max(start - 1, 0) : stop]
    flat = np.ascontiguousarray(rows.astype(rows.dtype.newbyteorder(">"), copy=False))
    packed = flat.reshape(len(rows), -1).view(np.uint8)
    filtered = np.empty((stop - start, packed.shape[1] + 1), dtype=np.uint8)
    filtered[:, 0] = _FILTER_UP
    if start == 0:
        filtered[0, 1:] = packed[0]
        np.subtract(packed[1:], packed[:-1], out=filtered[1:, 1:])
    else:
        np.subtract(packed[1:], packed[:-1], out=filtered[:, 1:])
    compressor = zlib.compressobj(1, zlib.DEFLATED, -15)
    last = stop == codes.shape[0]
    data = compressor.compress(filtered.data.cast("B"))
    data += compressor.flush(zlib.Z_FINISH if last else zlib.Z_SYNC_FLUSH)
    return data, zlib.adler32(filtered.data.cast("B")), filtered.size


def _adler32_combine(first: int, second: int, second_size: int) -> int:
    """Return the Adler-32 of two byte strings joined (RFC 1950; zlib's adler32_combine)."""
    base = 65521
    a1, b1 = first & 0xFFFF, first >> 16
    a2, b2 = second & 0xFFFF, second >> 16
    a = (a1 + a2 - 1) % base
    b = (b1 + b2 + second_size * (a1 - 1)) % base
    return (b << 16) | a
