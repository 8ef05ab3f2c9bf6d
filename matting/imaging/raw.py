"""Raw files, developed by LibRaw."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from matting.imaging.errors import InputFileError, TruncatedFileError

RAW_SUFFIXES = frozenset(
    {
        ".3fr",
        ".arw",
        ".cr2",
        ".cr3",
        ".crw",
        ".dcr",
        ".dng",
        ".eip",
        ".erf",
        ".fff",
        ".iiq",
        ".kdc",
        ".mef",
        ".mos",
        ".mrw",
        ".nef",
        ".nrw",
        ".orf",
        ".pef",
        ".raf",
        ".raw",
        ".rw2",
        ".rwl",
        ".sr2",
        ".srf",
        ".srw",
        ".x3f",
    }
)
#: No camera compresses its raw data further; a file below this has lost its pixels.
_LEAST_BYTES_A_PIXEL = 1 / 32


def is_raw(path: Path) -> bool:
    """Tell by its name whether a file is a raw file (their contents often look like TIFF)."""
    return path.suffix.lower() in RAW_SUFFIXES


def develop(path: Path, maximum_pixels: int) -> npt.NDArray[np.uint16]:
    """Develop a raw file with the camera's white balance.

    Returns
    -------
    (H, W, 3) uint16, sRGB primaries and encoding, upright. White is the sensor's white level:
    nothing is brightened, so that one stop more light doubles the linear value.

    Raises
    ------
    InputFileError
        No raw pixels in it (a stub or another format), too large, or damaged.
    TruncatedFileError
        Its end is missing.
    """
    import rawpy

    try:
        with rawpy.imread(str(path)) as raw:
            if raw.sizes.width * raw.sizes.height > maximum_pixels:
                raise too_large(path, raw.sizes.width, raw.sizes.height)
            if path.stat().st_size < _LEAST_BYTES_A_PIXEL * raw.sizes.width * raw.sizes.height:
                raise _without_pixels(path)
            developed: npt.NDArray[np.uint16] = raw.postprocess(
                use_camera_wb=True,
                no_auto_bright=True,
                adjust_maximum_thr=0.0,  # else the brightest pixel may become white
                output_bps=16,
                output_color=rawpy.ColorSpace.sRGB,
                gamma=(2.4, 12.92),
            )
    except (rawpy.LibRawIOError, rawpy.LibRawDataError) as error:
        raise _without_pixels(path) from error
    except rawpy.LibRawError as error:
        raise InputFileError(
            path,
            f"holds no raw pixels that can be developed ({_words(error)})",
            "Use the camera's original file, or a JPEG or TIFF made from it",
        ) from error
    return developed


def embedded_preview(path: Path) -> tuple[bytes, int] | None:
    """Return the JPEG that a raw file carries and its EXIF orientation; None without one."""
    import rawpy

    try:
        with rawpy.imread(str(path)) as raw:
            thumbnail = raw.extract_thumb()
            if thumbnail.format != rawpy.ThumbFormat.JPEG:
                return None
            # LibRaw's flip: 3 upside down, 5 and 6 a quarter to the left and to the right.
            return thumbnail.data, {3: 3, 5: 8, 6: 6}.get(raw.sizes.flip, 1)
    except rawpy.LibRawError:
        return None


def too_large(path: Path, width: int, height: int) -> InputFileError:
    """Return the error for a picture of absurd size."""
    return InputFileError(
        path,
        f"claims {width} x {height} pixels, more than any camera makes",
        "Check the file; if it is right, cut it into parts",
    )


def _without_pixels(path: Path) -> TruncatedFileError:
    return TruncatedFileError(
        path,
        "is a raw file whose pixels are missing or cut short",
        "Copy it from the camera again",
    )


def _words(error: Any) -> str:
    detail = error.args[0] if error.args else ""
    return detail.decode("utf-8", "replace") if isinstance(detail, bytes) else str(detail)
