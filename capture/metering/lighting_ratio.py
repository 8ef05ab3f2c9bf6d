"""The lighting ratio, in both of its definitions, and how well it is known."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from matting.imaging.colour import luminance

Direction = tuple[float, float, float]
#: The ways in which a ratio is measured, the best first.
Way = Literal["one light at a time", "depth", "two patches"]

UNKNOWN: Direction = (0.0, 0.0, 0.0)
#: Half the interval that holds nine in ten true ratios, in units of `uncertainty_stops`.
_NINE_IN_TEN = 2.2


@dataclass(frozen=True, slots=True)
class LightingRatio:
    """Key over fill, incident.

    The *incident* ratio is the illuminance of the key over that of the fill, each on a surface
    that faces it. The *reflected* ratio, of lit side to shadow side, is one more: (K + F) / F.

    Parameters
    ----------
    key_to_fill_stops : float, log2 of the ratio of illuminances; inf without fill
    key_direction, fill_direction : (x, y, z)
        Unit vectors from the subject towards the lights; x right, y down, z away from the camera;
        (0, 0, 0) where not known, and without fill.
    uncertainty_stops : float
        Two in three true ratios lie within it; 0 without fill.
    residual : float
        Spread of what the model leaves, as a share of the mean luminance; NaN without a model.
    way : how it was measured
    """

    key_to_fill_stops: float
    key_direction: Direction
    fill_direction: Direction
    uncertainty_stops: float
    residual: float
    way: Way = "depth"

    @property
    def incident(self) -> float:
        """K / F."""
        return float(2.0**self.key_to_fill_stops)

    @property
    def reflected(self) -> float:
        """(K + F) / F."""
        return self.incident + 1.0

    @property
    def interval_stops(self) -> tuple[float, float]:
        """Where the ratio lies in nine of ten cases, stops (`docs/figures/meter_truth.md`)."""
        half = _NINE_IN_TEN * self.uncertainty_stops
        return self.key_to_fill_stops - half, self.key_to_fill_stops + half


def ratio_of_patches(
    lit_rgb: npt.NDArray[np.float32], shadow_rgb: npt.NDArray[np.float32]
) -> LightingRatio | None:
    """Return the ratio that two patches of one material show.

    Parameters
    ----------
    lit_rgb, shadow_rgb : (N, 3) and (M, 3) float32, linear light
        Pixels of a patch that both lights reach squarely, and of one that the fill alone does.

    Returns
    -------
    LightingRatio or None
        None when either patch is empty, holds NaN or no light, or the lit one is not brighter.

    Notes
    -----
    Lit over shadow is the reflected ratio; the incident one is that less one. It hangs on where
    the patches are: a patch turned half away from the key shows less of it. The uncertainty is
    what 20 degrees of turn (0.1 stop of the reflected ratio) make of the incident one.
    """
    if len(lit_rgb) == 0 or len(shadow_rgb) == 0:
        return None
    lit, shadow = (float(luminance(rgb.mean(axis=0))) for rgb in (lit_rgb, shadow_rgb))
    if not (shadow > 0 and lit > shadow):
        return None
    reflected = lit / shadow
    stops = math.log2(reflected - 1.0)
    turned = 2.0**0.1
    uncertainty = 0.5 * (
        math.log2(reflected * turned - 1.0) - math.log2(max(reflected / turned - 1.0, 1e-3))
    )
    return LightingRatio(stops, UNKNOWN, UNKNOWN, uncertainty, math.nan, "two patches")
