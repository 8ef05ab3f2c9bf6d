"""Picture files that the tests write, EXIF made by hand, and where real ones lie."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import numpy as np
import pytest

from matting.imaging.png import encode_png

DATA = Path(os.environ.get("MATTEBOX_DATA", Path(__file__).parents[2] / "shared" / "data"))
RNG = np.random.default_rng(1)
CODES_8 = RNG.integers(0, 256, (37, 53, 3), dtype=np.uint8)
CODES_16 = RNG.integers(0, 65536, (37, 53, 3), dtype=np.uint16)


def real(relative: str) -> Path:
    path = DATA / relative
    if not path.exists():
        pytest.skip(f"real data {relative} is not here (set MATTEBOX_DATA)")
    return path


def exif_block(orientation: int = 1, order: str = "<") -> bytes:
    """Return EXIF with orientation, 1/125 s, f/5.6, ISO 400 and 85 mm."""
    head = b"II*\0" if order == "<" else b"MM\0*"
    entries = [
        (0x829A, 5, 1, struct.pack(f"{order}II", 1, 125)),
        (0x829D, 5, 1, struct.pack(f"{order}II", 56, 10)),
        (0x8827, 3, 1, struct.pack(f"{order}HH", 400, 0)),
        (0x9003, 2, 20, b"2024:05:06 07:08:09\0"),
        (0x920A, 5, 1, struct.pack(f"{order}II", 85, 1)),
        (0xA403, 3, 1, struct.pack(f"{order}HH", 1, 0)),
    ]
    main_entries = 2
    detail_at = 8 + 2 + 12 * main_entries + 4
    values_at = detail_at + 2 + 12 * len(entries) + 4
    detail, values = struct.pack(f"{order}H", len(entries)), b""
    for tag, kind, count, data in entries:
        detail += struct.pack(f"{order}HHI", tag, kind, count)
        if len(data) <= 4:
            detail += data
        else:
            detail += struct.pack(f"{order}I", values_at + len(values))
            values += data
    main = struct.pack(f"{order}H", main_entries)
    main += struct.pack(f"{order}HHIHH", 0x0112, 3, 1, orientation, 0)
    main += struct.pack(f"{order}HHII", 0x8769, 4, 1, detail_at) + struct.pack(f"{order}I", 0)
    return head + struct.pack(f"{order}I", 8) + main + detail + struct.pack(f"{order}I", 0) + values


def write_png(path: Path, codes: np.ndarray, **metadata: object) -> Path:
    path.write_bytes(b"".join(encode_png(codes, **metadata)))
    return path
