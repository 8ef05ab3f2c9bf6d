"""Exposure: what is clipped, how bright each region is, the exposure value of the settings."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from matting.imaging.colour import luminance

#: Reflectance of middle grey, from which stops are counted.
MIDDLE_GREY = 0.18
#: Darker than this nothing is told apart: 10 stops under white.
_FLOOR = 2.0**-10


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


@dataclass(frozen=True, slots=True)
class RegionExposure:
    """How one region of a picture is exposed; all NaN when the region is empty.

    Parameters
    ----------
    clipped : (red, green, blue), shares of the region at the top, 0 to 1
    black : float, share of the region with all channels at the bottom
    level_stops, bright_stops : float
        Median and 90th percentile of the luminance, stops over middle grey (18 %).
    """

    clipped: tuple[float, float, float]
    black: float
    level_stops: float
    bright_stops: float


def region_exposure(codes: npt.NDArray[Any], light: npt.NDArray[np.float32]) -> RegionExposure:
    """Measure a region's exposure.

    Parameters
    ----------
    codes : (N, 3) uint8 or uint16, encoded
        The region's pixels; see `clipping` for what counts as clipped.
    light : (N, 3) float32, linear
        The same pixels.

    Notes
    -----
    Of a clipped pixel the light is unknown, so a level near the top is a lower bound.
    """
    if len(codes) == 0:
        return RegionExposure((math.nan,) * 3, math.nan, math.nan, math.nan)
    top = np.iinfo(codes.dtype).max
    step = top // 255
    red, green, blue = ((codes >= top - step).mean(axis=0)).tolist()
    bright = luminance(light)
    level, high = np.percentile(bright, [50, 90])
    return RegionExposure(
        clipped=(red, green, blue),
        black=float((codes <= step).all(axis=1).mean()),
        level_stops=stops_over_grey(float(level)),
        bright_stops=stops_over_grey(float(high)),
    )


def stops_over_grey(light: float) -> float:
    """Return a linear value in stops over middle grey; what is black is 10 stops under white.

    Examples
    --------
    >>> stops_over_grey(0.36)
    1.0
    """
    return math.log2(max(light, _FLOOR) / MIDDLE_GREY)


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
