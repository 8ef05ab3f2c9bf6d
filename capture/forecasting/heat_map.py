"""The forecast drawn on the frame that it was made of."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from capture.forecasting.forecast import Forecast

#: An error of so many thousandths of the width is drawn in the brightest colour.
BRIGHTEST = 6.0
_DIMMED = 0.45


def heat_picture(foretold: Forecast) -> npt.NDArray[np.uint8]:
    """Return (h, w, 3) uint8: the frame dimmed, its edges from dark blue (0) to yellow.

    The colours are Viridis, which all common kinds of colour blindness tell apart and which is
    read in grey as well.
    """
    import cv2

    shares = np.nan_to_num(foretold.heat / BRIGHTEST, nan=0.0).clip(0, 1)
    levels = np.round(255 * shares).astype(np.uint8)
    colours = cv2.applyColorMap(levels, cv2.COLORMAP_VIRIDIS)[..., ::-1]
    dimmed = (_DIMMED * foretold.frame.rgb).astype(np.uint8)
    near = np.isfinite(foretold.heat)[..., None]
    return np.asarray(np.where(near, colours, dimmed), np.uint8)


def write_heat_map(target: Path, foretold: Forecast) -> None:
    """Write the forecast as PNG.

    Raises
    ------
    OutputError
        When the file cannot be written.
    """
    from capture.evidence_maps import write_map

    picture = heat_picture(foretold)
    write_map(target, picture, picture.shape[1], picture.shape[0])
