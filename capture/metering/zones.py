"""Pictures of exposure for the screen: false-colour zones, zebra, histogram, waveform."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from capture.metering.exposure import MIDDLE_GREY
from matting.imaging.colour import luminance

#: Lower borders of the zones, stops over middle grey: EL Zone's whole stops from six under to
#: six over, with half stops beside middle grey. Zone 7 is middle grey.
_BORDERS = (-5.5, -4.5, -3.5, -2.5, -1.5, -0.75, -0.25, 0.25, 0.75, 1.5, 2.5, 3.5, 4.5, 5.5)
MIDDLE_ZONE = 7
#: sRGB of each zone: black, cold colours below, grey in the middle, warm colours above, white.
ZONE_COLOURS = np.array(
    [
        [0, 0, 0], [45, 20, 80], [70, 40, 150], [30, 70, 200], [20, 120, 220], [20, 160, 170],
        [40, 140, 90], [128, 128, 128], [130, 190, 60], [210, 215, 50], [245, 180, 40],
        [245, 120, 30], [230, 50, 40], [245, 150, 190], [255, 255, 255],
    ],
    np.uint8,
)  # fmt: skip


def zone_map(linear: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Return the zone of every pixel.

    Parameters
    ----------
    linear : (H, W, 3) float32, linear light, sRGB primaries

    Returns
    -------
    (H, W) uint8
        0 (six stops or more under middle grey) to 14 (six or more over), 7 = middle grey; NaN
        counts as 0. `ZONE_COLOURS` shows them.

    Notes
    -----
    The borders of the EL Zone system (Lachman): whole stops from 18 % grey, half stops next to
    it. A picture of 8 bits holds two and a half stops over grey, unless a response says more.
    """
    light = np.nan_to_num(luminance(linear), nan=0.0)
    edges = np.float32(MIDDLE_GREY) * np.exp2(np.array(_BORDERS, np.float32))
    return np.searchsorted(edges, light, side="right").astype(np.uint8)


def zebra(
    codes: npt.NDArray[Any], low_percent: float, high_percent: float = 100.0
) -> npt.NDArray[np.bool_]:
    """Return where the brightest channel lies within a range of signal.

    Parameters
    ----------
    codes : (H, W, 3) uint8 or uint16, encoded
    low_percent, high_percent : float
        Of full signal, as a waveform counts: skin lies at 55 to 70, clipping at 99 to 100.

    Returns
    -------
    (H, W) bool
    """
    signal = codes.max(axis=-1) / (np.iinfo(codes.dtype).max / 100.0)
    return np.asarray((signal >= low_percent) & (signal <= high_percent))


def waveform(codes: npt.NDArray[Any], columns: int, levels: int) -> npt.NDArray[np.int64]:
    """Return how often each level of signal occurs in each part of the picture's width.

    Parameters
    ----------
    codes : (H, W, 3) uint8 or uint16, encoded
    columns, levels : int, at least one

    Returns
    -------
    (levels, columns) int64
        Pixels by the level of their brightest channel, the highest level in the first row, from
        the picture's left to its right. Sums to the number of pixels.
    """
    height, width = codes.shape[:2]
    brightest = codes.max(axis=-1).astype(np.int64)
    level = brightest * levels // (int(np.iinfo(codes.dtype).max) + 1)
    column = np.broadcast_to(np.arange(width) * columns // max(width, 1), (height, width))
    flat = (levels - 1 - level) * columns + column
    return np.bincount(flat.ravel(), minlength=levels * columns).reshape(levels, columns)
