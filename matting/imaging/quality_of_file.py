"""In what form a photograph was stored: its kind, its bits, and how hard a JPEG was compressed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from matting.imaging.containers import format_of
from matting.imaging.errors import InputFileError
from matting.imaging.raw import is_raw

#: The luminance table of ITU-T T.81 annex K (K.1), row by row.
_STANDARD_LUMINANCE = np.array(
    [
        16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55,
        14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
        18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
        49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
    ]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class StoredAs:
    """How a photograph is stored.

    Parameters
    ----------
    kind : str, such as "JPEG", "TIFF" or "raw"
    quality : float
        0 to 100 on the scale of the Independent JPEG Group; 100 where nothing was thrown away,
        NaN where compression is lossy and has no such scale (HEIC).
    """

    kind: str
    quality: float

    @property
    def lossless(self) -> bool:
        """Whether every code is as it was before it was stored."""
        return self.quality == 100.0 and self.kind != "JPEG"


def stored_as(path: Path | str) -> StoredAs:
    """Return how a photograph is stored.

    Raises
    ------
    InputFileError
        The file is missing, or no picture.

    Notes
    -----
    Cameras use tables of their own; the quality is that of the standard table whose steps are as
    coarse on the whole.
    """
    source = Path(path)
    if is_raw(source):
        return StoredAs("raw", 100.0)
    try:
        with source.open("rb") as file:
            kind = format_of(file.read(16))
    except OSError as error:
        raise InputFileError(
            source, f"cannot be opened ({error.strerror})", "Check the path"
        ) from error
    if kind is None:
        raise InputFileError(source, "is not a picture", "Give a photograph")
    if kind == "JPEG":
        return StoredAs(kind, _jpeg_quality(source))
    return StoredAs(kind, float("nan") if kind == "HEIF" else 100.0)


def _jpeg_quality(source: Path) -> float:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(source, formats=["JPEG"]) as image:
            steps = sum(image.quantization[0])  # type: ignore[attr-defined]
    except (UnidentifiedImageError, OSError, KeyError) as error:
        raise InputFileError(source, f"is a damaged JPEG ({error})", "Save it again") from error
    return quality_of_table(steps)


def quality_of_table(total: float) -> float:
    """Return the IJG quality whose luminance table has this sum of steps.

    Parameters
    ----------
    total : float, sum of the 64 steps, 64 (finest) or more
    """
    qualities = np.arange(1, 101)
    percent = np.where(qualities < 50, 5000 // qualities, 200 - 2 * qualities)
    tables = np.clip((_STANDARD_LUMINANCE * percent[:, None] + 50) // 100, 1, 255)
    sums = tables.sum(axis=1)  # falls with quality
    return float(np.interp(-total, -sums, qualities))
