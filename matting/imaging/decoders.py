"""Decoders, one a format: from a file to code values and metadata."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from matting.imaging import curves, exif, icc, raw
from matting.imaging.containers import Format
from matting.imaging.errors import InputFileError

#: Pictures of more pixels are refused before they are decoded.
MAXIMUM_PIXELS = 200_000_000

# Pillow's own limit (89 million pixels) is below what studio cameras make; `_check_size` is ours.
Image.MAX_IMAGE_PIXELS = None

_TIFF_16_BIT_PHOTOMETRICS = {"MINISBLACK", "RGB"}
_HEIF_TRANSFERS = {
    1: curves.BT709,
    6: curves.BT709,
    8: curves.LINEAR,
    13: curves.SRGB,
    14: curves.BT709,
    15: curves.BT709,
}
_HEIF_TRANSFER_NAMES = {16: "PQ", 18: "HLG"}


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """What a decoder found, not yet turned upright.

    Parameters
    ----------
    samples : (H, W) or (H, W, C) uint8 or uint16; C = 2 grey + alpha, 3 RGB, 4 RGBA
    icc, exif : bytes or None
    dpi : (x, y) or None
    transfer : Transfer or None
        What the format itself says about encoding; the ICC profile, if any, goes before it.
    orientation : int
        EXIF orientation that is still to be applied.
    warnings : tuple of str
    """

    samples: npt.NDArray[Any]
    icc: bytes | None = None
    exif: bytes | None = None
    dpi: tuple[float, float] | None = None
    transfer: curves.Transfer | None = None
    orientation: int = 1
    warnings: tuple[str, ...] = ()


def decode(path: Path, kind: Format | None) -> Decoded:
    """Decode a picture file of a known format; None means a raw file."""
    if kind is None:
        return _decode_raw(path)
    if kind == "HEIF":
        return _decode_heif(path)
    return _decode_with_pillow(path, kind)


def _check_size(path: Path, width: int, height: int) -> None:
    if width * height > MAXIMUM_PIXELS:
        raise raw.too_large(path, width, height)


def _decode_raw(path: Path) -> Decoded:
    return Decoded(
        raw.develop(path, MAXIMUM_PIXELS),
        icc=icc.srgb_profile(),
        exif=exif.exif_block(path),
        transfer=curves.SRGB,
    )


def _decode_with_pillow(path: Path, kind: Format) -> Decoded:
    with Image.open(path, formats=[kind]) as image:
        _check_size(path, *image.size)
        info = image.info
        block = exif.without_exif_header(info.get("exif"))
        if kind == "TIFF":
            block = exif.exif_block(path)
        samples, warnings = _samples(path, kind, image)
        return Decoded(
            samples,
            icc=info.get("icc_profile") or None,
            exif=block,
            dpi=_dpi(info.get("dpi")),
            transfer=_png_gamma(info) if kind == "PNG" else None,
            orientation=exif.orientation_of(block),
            warnings=warnings,
        )


def _samples(
    path: Path, kind: Format, image: Image.Image
) -> tuple[npt.NDArray[Any], tuple[str, ...]]:
    bits = _bits_a_sample(path, kind, image)
    if bits == 16:
        return _samples_16_bit(path, kind), ()
    if bits not in (1, 2, 4, 8):
        raise InputFileError(path, f"has {bits} bits a sample", "Save it with 8 or 16 bits")
    if image.mode in ("CMYK", "YCCK", "LAB"):
        raise InputFileError(path, f"is a {image.mode} picture", "Convert it to RGB first")
    if image.mode in ("1", "L"):
        return np.asarray(image.convert("L")), ()
    if image.mode == "LA":
        return np.asarray(image), ()
    if image.mode in ("RGBA", "PA") or "transparency" in image.info:
        return np.asarray(image.convert("RGBA")), ()
    return np.asarray(image if image.mode == "RGB" else image.convert("RGB")), ()


def _bits_a_sample(path: Path, kind: Format, image: Image.Image) -> int:
    if kind == "PNG":
        with path.open("rb") as file:
            return file.read(25)[24]
    if kind == "TIFF":
        bits = getattr(image, "tag_v2", {}).get(0x0102, (1,))
        return int(max(bits) if isinstance(bits, tuple) else bits)
    return 8


def _samples_16_bit(path: Path, kind: Format) -> npt.NDArray[np.uint16]:
    samples = _tiff_16_bit(path) if kind == "TIFF" else None
    if samples is None:
        samples = _with_opencv(path)
    if samples is None or samples.dtype != np.uint16:
        raise InputFileError(
            path, "cannot be decoded as 16-bit integers", "Save it again as 16-bit RGB"
        )
    return np.asarray(samples, dtype=np.uint16)


def _with_opencv(path: Path) -> npt.NDArray[Any] | None:
    import cv2

    samples = cv2.imdecode(np.fromfile(path, dtype=np.uint8), cv2.IMREAD_UNCHANGED)
    if samples is None or samples.ndim == 2:
        return samples
    order = cv2.COLOR_BGRA2RGBA if samples.shape[2] == 4 else cv2.COLOR_BGR2RGB
    return np.asarray(cv2.cvtColor(samples, order))


def _tiff_16_bit(path: Path) -> npt.NDArray[Any] | None:
    """Return a 16-bit TIFF's first page, or None when its compression needs another decoder."""
    import tifffile

    with tifffile.TiffFile(path) as file:
        page = file.pages[0]
        photometric = page.photometric.name
        if photometric not in _TIFF_16_BIT_PHOTOMETRICS:
            raise InputFileError(path, f"is a {photometric} picture", "Convert it to RGB first")
        try:
            samples = page.asarray()
        except (KeyError, ValueError) as error:
            if "imagecodecs" in str(error):  # a compression that tifffile alone cannot undo
                return None
            raise
        if samples.ndim == 3 and page.planarconfig.name == "SEPARATE":
            samples = np.moveaxis(samples, 0, -1)
    return np.asarray(samples)


def _decode_heif(path: Path) -> Decoded:
    import pillow_heif

    image = pillow_heif.open_heif(path, convert_hdr_to_8bit=False, hdr_to_16bit=False)
    _check_size(path, *image.size)
    codes = np.asarray(image)
    bits = int(image.info.get("bit_depth", 8))
    if bits > 8:
        # Replicated bits, so that the largest code becomes the largest code.
        codes = (codes << (16 - bits)) | (codes >> (2 * bits - 16))
    nclx = (image.info.get("nclx_profile") or {}).get("transfer_characteristics", 13)
    warnings: tuple[str, ...] = ()
    if nclx not in _HEIF_TRANSFERS and nclx != 2:
        name = _HEIF_TRANSFER_NAMES.get(nclx, f"number {nclx}")
        warnings = (f"its transfer function ({name}) is not known; its light was decoded as sRGB",)
    # libheif has turned the picture upright already; its EXIF orientation repeats that turn.
    return Decoded(
        codes,
        icc=image.info.get("icc_profile") or None,
        exif=exif.without_exif_header(image.info.get("exif")),
        dpi=_dpi(image.info.get("dpi")),
        transfer=_HEIF_TRANSFERS.get(nclx),
        warnings=warnings,
    )


def _png_gamma(info: dict[Any, Any]) -> curves.Transfer | None:
    """Return the pure power law of a gAMA chunk that stands alone and differs from sRGB's."""
    gamma = info.get("gamma")
    if gamma is None or "srgb" in info or not 0.1 < gamma < 2 or abs(gamma - 0.45455) < 0.002:
        return None
    return curves.gamma_transfer(1 / gamma)


def _dpi(value: Any) -> tuple[float, float] | None:
    try:
        x, y = (float(v) for v in value)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return (x, y) if all(math.isfinite(v) and v > 0 for v in (x, y)) else None
