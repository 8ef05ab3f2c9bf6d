"""Is the whole file there? Checks of a container's structure that need no decoding.

Some decoders return a half-grey picture for a half-copied file without a word.
"""

from __future__ import annotations

import mmap
import os
from pathlib import Path
from typing import Literal

from matting.imaging import ifd

Format = Literal["JPEG", "PNG", "TIFF", "HEIF"]

_HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1")


def format_of(head: bytes) -> Format | None:
    """Return the format that a file's first 16 bytes announce."""
    if head[:3] == b"\xff\xd8\xff":
        return "JPEG"
    if head[:8] == b"\x89PNG\r\n\x1a\n":
        return "PNG"
    if head[:4] in (b"II*\0", b"MM\0*"):
        return "TIFF"
    if head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS:
        return "HEIF"
    return None


def is_cut_short(path: Path, kind: Format) -> bool:
    """Tell whether a PNG, TIFF or HEIF file ends before its structure does.

    JPEG decoders notice by themselves.
    """
    if kind == "TIFF":
        return _tiff_is_cut_short(path)
    if kind == "PNG":
        return _png_is_cut_short(path)
    if kind == "HEIF":
        return _heif_is_cut_short(path)
    return False


def _png_is_cut_short(path: Path) -> bool:
    size = os.path.getsize(path)
    with path.open("rb") as file:
        file.seek(8)
        while len(head := file.read(8)) == 8:
            end = file.tell() + int.from_bytes(head[:4]) + 4
            if end > size:
                return True
            if head[4:] == b"IEND":
                return False
            file.seek(end)
    return True


def _tiff_is_cut_short(path: Path) -> bool:
    size = os.path.getsize(path)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as block:
        directory = ifd.first_directory(block)
    if not directory:
        return True
    for offsets_tag, sizes_tag in ((0x0111, 0x0117), (0x0144, 0x0145)):
        if offsets_tag in directory and sizes_tag in directory:
            ends = zip(
                directory[offsets_tag].numbers(), directory[sizes_tag].numbers(), strict=False
            )
            if any(offset + length > size for offset, length in ends):
                return True
    return False


def _heif_is_cut_short(path: Path) -> bool:
    size = os.path.getsize(path)
    position = 0
    with path.open("rb") as file:
        while position < size:
            file.seek(position)
            head = file.read(16)
            if len(head) < 8:
                return True
            box_size = int.from_bytes(head[:4])
            if box_size == 0:  # to the end of the file
                return False
            if box_size == 1:
                box_size = int.from_bytes(head[8:16])
            if box_size < 8:
                return True
            position += box_size
    return position > size
