"""Exposure: what is clipped, and the exposure value of the settings."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Clipping:
    """Shares of an area, 0 to 1: any channel at the top, all channels at the bottom."""

    highlights: float
    shadows: float


def clipping(codes: npt.NDArray[Any], area: npt.NDArray[np.bool_] | None = None) -> Clipping:
    """Return how much of a picture, or of an area of it, is clipped.

    Parameters
    ----------
    codes : (H, W, 3) uint8 or uint16, encoded
    area : (H, W) bool, optional
        Where to look; everywhere when None.

    Returns
    -------
    Clipping
        NaN twice when the area is empty: nothing was measured.

    Notes
    -----
    A code within the top 1/255 counts as clipped, as cameras' curves end a little below the last
    code. In a JPEG a channel may be clipped by the camera's colour matrix though the sensor was
    not.
    """
    top = np.iinfo(codes.dtype).max
    step = top // 255
    red, green, blue = (
        channel.ravel() if area is None else channel[area] for channel in np.moveaxis(codes, -1, 0)
    )
    if len(red) == 0:
        return Clipping(math.nan, math.nan)
    highest = np.maximum(np.maximum(red, green), blue)
    return Clipping(
        highlights=float((highest >= top - step).mean()),
        shadows=float((highest <= step).mean()),
    )


def exposure_value(aperture_f: float, shutter_s: float, iso: float) -> float:
    """Return the exposure value at ISO 100 (ISO 2720): ``log2(N**2 / t) - log2(ISO / 100)``.

    Raises
    ------
    ValueError
        When any of the three is not above zero.

    Examples
    --------
    >>> round(exposure_value(8.0, 1 / 125, 100), 2)
    12.97
    """
    if min(aperture_f, shutter_s, iso) <= 0:
        raise ValueError("aperture, shutter and ISO must be above zero")
    return math.log2(aperture_f**2 / shutter_s) - math.log2(iso / 100.0)
