"""The colour of light: correlated colour temperature, and how far neutral things are from grey."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from matting.imaging.colour import SRGB_TO_XYZ_D65, delta_e_2000, linear_srgb_to_lab

Floats = npt.NDArray[np.float64]

#: Range of the Planckian locus's formula, kelvin, and steps of its table in mired.
_COLDEST, _HOTTEST, _STEPS = 1000.0, 15_000.0, 20_001
#: Farther from the locus than this a colour is no light's (CIE 15), in CIE 1960 uv.
_MOST_DUV = 0.05
#: The level at which colours of light are compared: a light grey.
_GREY = 0.5


@dataclass(frozen=True, slots=True)
class LightColour:
    """A light's colour.

    Parameters
    ----------
    kelvin : float
        Correlated colour temperature; NaN when the colour is too far from any black body's.
    duv : float
        Distance from the Planckian locus in CIE 1960 uv, positive above it (greenish).
    """

    kelvin: float
    duv: float


def light_colour(linear_rgb: npt.ArrayLike) -> LightColour:
    """Return the colour temperature of light that a neutral surface shows.

    Parameters
    ----------
    linear_rgb : (3,) float, linear light, sRGB primaries; equal values are D65

    Returns
    -------
    LightColour
        NaN twice when there is no light, or a value is NaN.

    Notes
    -----
    The nearest point of the Planckian locus in CIE 1960 uv, with Krystek's formula for the locus
    (within 0.0001 from 1000 to 15000 K). The camera's white balance decides what is equal, so a
    temperature is one *after* that balance; differences between lights matter, not their level.

    References
    ----------
    Krystek 1985, doi 10.1002/col.5080100109. Ohno 2014, doi 10.1080/15502724.2014.839020 (Duv).
    """
    x, y, z = SRGB_TO_XYZ_D65 @ np.asarray(linear_rgb, np.float64)
    whole = x + 15 * y + 3 * z
    if not whole > 0:
        return LightColour(math.nan, math.nan)
    u, v = 4 * x / whole, 6 * y / whole
    mired, locus = _planckian_locus()
    apart = np.hypot(locus[:, 0] - u, locus[:, 1] - v)
    k = int(np.argmin(apart))
    duv = math.copysign(float(apart[k]), v - locus[k, 1])
    within = 0 < k < _STEPS - 1 and apart[k] < _MOST_DUV
    return LightColour(1e6 / float(mired[k]) if within else math.nan, duv)


def mired_shift(kelvin: float, other_kelvin: float) -> float:
    """Return how much warmer the first light is than the other, in mired.

    Equal steps of mired look equal; a full CTO gel is about 160, a quarter about 40.
    """
    return 1e6 / kelvin - 1e6 / other_kelvin


def neutral_error(linear_rgb: npt.ArrayLike) -> float:
    """Return how far what should be neutral is from grey: ``hypot(a*, b*)`` of CIE Lab, D65.

    Parameters
    ----------
    linear_rgb : (3,) float, linear light, sRGB primaries

    Notes
    -----
    The level is taken out first: chroma grows with lightness, and a grey card may be exposed
    darker or brighter than it is.
    """
    lab = linear_srgb_to_lab(_at_grey(linear_rgb), "D65")
    return float(math.hypot(lab[1], lab[2]))


def colour_difference(linear_rgb: npt.ArrayLike, other_rgb: npt.ArrayLike) -> float:
    """Return the CIEDE2000 difference between two lights of equal level.

    Parameters
    ----------
    linear_rgb, other_rgb : (3,) float, linear light, sRGB primaries
    """
    labs = [linear_srgb_to_lab(_at_grey(rgb), "D65") for rgb in (linear_rgb, other_rgb)]
    return float(delta_e_2000(*labs))


def _at_grey(linear_rgb: npt.ArrayLike) -> Floats:
    """Return a colour brought to one luminance; NaN when it has none."""
    rgb = np.asarray(linear_rgb, np.float64)
    level = float(SRGB_TO_XYZ_D65[1] @ rgb)
    return rgb * (_GREY / level if level > 0 else math.nan)


@cache
def _planckian_locus() -> tuple[Floats, Floats]:
    """Return mired (N,) and CIE 1960 uv (N, 2) of black bodies."""
    mired = np.linspace(1e6 / _HOTTEST, 1e6 / _COLDEST, _STEPS)
    t = 1e6 / mired
    u = (0.860117757 + 1.54118254e-4 * t + 1.28641212e-7 * t * t) / (
        1 + 8.42420235e-4 * t + 7.08145163e-7 * t * t
    )
    v = (0.317398726 + 4.22806245e-5 * t + 4.20481691e-8 * t * t) / (
        1 - 2.89741816e-5 * t + 1.61456053e-7 * t * t
    )
    return mired, np.stack([u, v], axis=1)
