"""What a camera wrote about a photograph."""

from __future__ import annotations

import math
import mmap
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from matting.imaging import ifd
from matting.imaging.errors import InputFileError
from matting.imaging.tiff import metadata_block

_MAKE, _MODEL = 0x010F, 0x0110
_EXPOSURE_TIME, _F_NUMBER, _ISO, _ISO_WIDE = 0x829A, 0x829D, 0x8827, 0x8832
_TAKEN_AT, _TAKEN_AT_OFFSET = 0x9003, 0x9011
_SHUTTER_APEX, _APERTURE_APEX = 0x9201, 0x9202
_FLASH, _FOCAL_LENGTH, _WHITE_BALANCE = 0x9209, 0x920A, 0xA403
_LENS_MODEL = 0xA434


@dataclass(frozen=True, slots=True)
class PhotoSettings:
    """How a photograph was taken; None where the file does not say (or says nonsense).

    Parameters
    ----------
    iso : int or None
    shutter_s : float or None
        Exposure time, seconds.
    aperture_f : float or None
        F-number.
    focal_length_mm : float or None
        True focal length, millimetres.
    make, model, lens : str or None
    captured_at : datetime or None
        The camera's clock; without a zone unless the camera wrote one.
    white_balance : "auto", "manual" or None
    flash_fired : bool or None
    orientation : int
        EXIF orientation, 1 (upright) to 8.
    """

    iso: int | None = None
    shutter_s: float | None = None
    aperture_f: float | None = None
    focal_length_mm: float | None = None
    make: str | None = None
    model: str | None = None
    lens: str | None = None
    captured_at: datetime | None = None
    white_balance: str | None = None
    flash_fired: bool | None = None
    orientation: int = 1


def read_exif_settings(path: Path | str) -> PhotoSettings:
    """Return how the photograph was taken.

    Malformed EXIF costs the values that it breaks, never the others; a file without EXIF gives
    `PhotoSettings()`.

    Raises
    ------
    InputFileError
        The file is missing or cannot be opened.
    """
    block = exif_block(Path(path))
    settings = settings_from_exif(block) if block is not None else PhotoSettings()
    if settings.shutter_s is None and settings.iso is None:
        return _settings_from_raw(Path(path)) or settings
    return settings


def settings_from_exif(block: bytes) -> PhotoSettings:
    """Return how the photograph was taken, from its EXIF as a TIFF block."""
    main = ifd.first_directory(block)
    detail = ifd.sub_directory(block, main, ifd.EXIF_POINTER)
    white_balance = _number(detail, _WHITE_BALANCE)
    flash = _number(detail, _FLASH)
    iso = _positive(detail, _ISO)
    if iso is None or iso >= 65535:  # 65535 means that the true value stands in the wide tag
        iso = _positive(detail, _ISO_WIDE)
    return PhotoSettings(
        iso=None if iso is None else round(iso),
        shutter_s=_positive(detail, _EXPOSURE_TIME) or _from_apex(detail, _SHUTTER_APEX, -1.0),
        aperture_f=_positive(detail, _F_NUMBER) or _from_apex(detail, _APERTURE_APEX, 0.5),
        focal_length_mm=_positive(detail, _FOCAL_LENGTH),
        make=_text(main, _MAKE),
        model=_text(main, _MODEL),
        lens=_text(detail, _LENS_MODEL),
        captured_at=_taken_at(detail),
        white_balance=None if white_balance is None else ("manual" if white_balance else "auto"),
        flash_fired=None if flash is None else bool(int(flash) & 1),
        orientation=orientation_of(block),
    )


def orientation_of(block: bytes | None) -> int:
    """Return the EXIF orientation, 1 when it is absent or nonsense."""
    if block is None:
        return 1
    value = _number(ifd.first_directory(block), ifd.ORIENTATION)
    return int(value) if value is not None and 1 <= value <= 8 else 1


def exif_block(path: Path) -> bytes | None:
    """Return a file's EXIF as a TIFF block, or None when it has none.

    Of a TIFF, or a raw file built like one, it is a small block with its description, EXIF and
    GPS directories.
    """
    try:
        with path.open("rb") as file:
            head = file.read(16)
            if ifd.byte_order(head) is not None:
                with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole:
                    return metadata_block(whole)
            if head[:2] == b"\xff\xd8":
                return _block_of_jpeg(path)
            if head[:8] == b"FUJIFILM":
                return _block_of_fuji(path)
    except OSError as error:
        raise InputFileError(
            path, f"cannot be opened ({error.strerror})", "Check the path"
        ) from error
    if head[4:8] == b"ftyp" and head[8:12] != b"crx ":
        return _block_of_heif(path)
    if head[:8] == b"\x89PNG\r\n\x1a\n":
        return _block_of_png(path)
    return None


def without_exif_header(data: bytes | None) -> bytes | None:
    """Return an EXIF value as a bare TIFF block; None when it holds none."""
    if not data:
        return None
    block = data[6:] if data[:4] == b"Exif" else data
    return block if ifd.byte_order(block) is not None else None


def _block_of_jpeg(path: Path, start: int = 0) -> bytes | None:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        position = start + 2
        while position + 4 <= len(data) and data[position] == 0xFF:
            marker, size = data[position + 1], int.from_bytes(data[position + 2 : position + 4])
            if marker == 0xDA:
                return None
            if marker == 0xE1 and data[position + 4 : position + 8] == b"Exif":
                return without_exif_header(data[position + 4 : position + 2 + size])
            position += 2 + size
    return None


def _block_of_fuji(path: Path) -> bytes | None:
    with path.open("rb") as file:
        head = file.read(92)
    start = int.from_bytes(head[84:88])
    return _block_of_jpeg(path, start) if 0 < start < path.stat().st_size else None


def _block_of_heif(path: Path) -> bytes | None:
    import pillow_heif

    try:
        info = pillow_heif.open_heif(path).info
    except (OSError, ValueError, EOFError, RuntimeError):
        return None
    return without_exif_header(info.get("exif"))


def _block_of_png(path: Path) -> bytes | None:
    with path.open("rb") as file:
        file.seek(8)
        while len(head := file.read(8)) == 8:
            size = int.from_bytes(head[:4])
            if head[4:] == b"eXIf":
                return without_exif_header(file.read(size))
            file.seek(size + 4, 1)
    return None


def _settings_from_raw(path: Path) -> PhotoSettings | None:
    """Return LibRaw's reading for raw files whose directories are not TIFF (CR3, CRW, X3F)."""
    from matting.imaging.raw import is_raw

    if not is_raw(path):
        return None
    import rawpy

    try:
        with rawpy.imread(str(path)) as raw:
            other, lens = raw.other, raw.lens
    except rawpy.LibRawError:
        return None
    if not other.iso_speed:
        return None
    return PhotoSettings(
        iso=round(other.iso_speed),
        shutter_s=other.shutter_speed or None,
        aperture_f=other.aperture or None,
        focal_length_mm=other.focal_length or None,
        lens=lens.model or None,
        captured_at=other.timestamp if other.timestamp.year > 1970 else None,
    )


def _number(directory: ifd.Directory, tag: int) -> float | None:
    item = directory.get(tag)
    values = item.numbers() if item is not None else ()
    return float(values[0]) if values and math.isfinite(values[0]) else None


def _positive(directory: ifd.Directory, tag: int) -> float | None:
    value = _number(directory, tag)
    return value if value is not None and value > 0 else None


def _from_apex(directory: ifd.Directory, tag: int, scale: float) -> float | None:
    value = _number(directory, tag)
    return 2.0 ** (scale * value) if value is not None and abs(value) < 32 else None


def _text(directory: ifd.Directory, tag: int) -> str | None:
    item = directory.get(tag)
    return (item.text() or None) if item is not None else None


def _taken_at(directory: ifd.Directory) -> datetime | None:
    text = _text(directory, _TAKEN_AT)
    if text is None:
        return None
    try:
        moment = datetime.strptime(text, "%Y:%m:%d %H:%M:%S")
    except ValueError:
        return None
    zone = _text(directory, _TAKEN_AT_OFFSET)
    if zone is None:
        return moment
    try:
        return datetime.strptime(f"{text} {zone}", "%Y:%m:%d %H:%M:%S %z")
    except ValueError:
        return moment
