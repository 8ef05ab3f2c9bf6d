"""A photograph at screen size, quickly: what a photographer wants to see before all else.

A JPEG is decoded at a half, a quarter or an eighth, which the format allows without computing the
rest (ITU-T T.81: an 8 x 8 block's low frequencies are a smaller block); of a raw file the preview
that the camera embedded is taken. Good to look at, not to measure by: a camera's preview is
developed by its own taste.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from matting.imaging import exif
from matting.imaging.decoders import MAXIMUM_PIXELS
from matting.imaging.files import read_picture, upright
from matting.imaging.raw import embedded_preview, is_raw
from matting.imaging.resizing import reduced

_JPEG_SUFFIXES = {".jpg", ".jpeg", ".jpe"}


def read_preview(path: Path, longest_side: int = 1400) -> npt.NDArray[np.uint8]:
    """Return a photograph, upright, no larger than `longest_side` pixels.

    Returns
    -------
    (h, w, 3) uint8, encoded as the file is.

    Raises
    ------
    InputFileError
        As `matting.imaging.files.read_picture`, which also reads what has no quick way.
    """
    picture: npt.NDArray[Any] | None = None
    if path.suffix.lower() in _JPEG_SUFFIXES:
        picture = _of_jpeg(path, exif.orientation_of(exif.exif_block(path)), longest_side)
    elif is_raw(path) and (embedded := embedded_preview(path)) is not None:
        jpeg, orientation = embedded
        picture = _of_jpeg(io.BytesIO(jpeg), orientation, longest_side)
    if picture is None:
        picture = read_picture(path).encoded_8bit()
    return reduced(picture, longest_side)


def _of_jpeg(
    source: Path | io.BytesIO, orientation: int, longest_side: int
) -> npt.NDArray[Any] | None:
    """Decode a JPEG at the least scale that is large enough; None when it cannot be."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(source, formats=["JPEG", "MPO"]) as image:
            if image.width * image.height > MAXIMUM_PIXELS:
                return None  # the full decoder says so
            # The draft is at least as large as it is asked to be, on both sides.
            scale = longest_side / max(image.size)
            image.draft("RGB", (round(image.width * scale), round(image.height * scale)))
            return upright(np.asarray(image.convert("RGB")), orientation)
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError):
        return None  # the full decoder tells what is wrong with it
