"""Pictures that live view is held against: a new background, and the layout that it goes into."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from matting.imaging.errors import InputFileError

#: No screen shows live view larger.
_LONGEST_SIDE = 1400


@dataclass(frozen=True, slots=True, eq=False)
class SetPictures:
    """What was chosen; None where nothing was.

    Parameters
    ----------
    background : (h, w, 3) uint8, encoded, or None
    layout : (h, w, 4) uint8, encoded with straight alpha, or None
        Opaque where its file has no alpha channel.
    """

    background: npt.NDArray[np.uint8] | None = None
    layout: npt.NDArray[np.uint8] | None = None


def read_set_pictures(background: Path | None, layout: Path | None) -> SetPictures:
    """Read both pictures at screen size.

    Raises
    ------
    InputFileError
        When one of them cannot be read.
    """
    from matting.imaging.preview import read_preview

    return SetPictures(
        None if background is None else read_preview(background, _LONGEST_SIDE),
        None if layout is None else _with_alpha(layout),
    )


def _with_alpha(path: Path) -> npt.NDArray[np.uint8]:
    from matting.imaging.files import read_cutout, read_picture
    from matting.imaging.resizing import reduced

    codes = read_picture(path).encoded_8bit()
    alpha = np.ones(codes.shape[:2], np.float32)
    with contextlib.suppress(InputFileError):  # it has none, since its colours could be read
        _, alpha = read_cutout(path)
    whole = np.dstack([codes, np.round(255 * alpha).astype(np.uint8)])
    return np.asarray(reduced(whole, _LONGEST_SIDE), np.uint8)
