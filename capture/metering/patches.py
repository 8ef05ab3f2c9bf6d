"""Patches that the photographer points at: a grey card, the face, a lit and a shaded place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from capture.metering.colour_of_light import LightColour, light_colour, neutral_error
from matting.imaging.curves import Transfer

#: What a patch can be, by name.
PATCHES = ("lit", "shadow", "neutral", "face")
Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class NeutralPatch:
    """A grey card as the camera shows it.

    Parameters
    ----------
    delta_e : float
        ``hypot(a*, b*)`` at a light grey's level; 0 = neutral.
    colour : LightColour
        Of the light as the white balance leaves it; D65 (6500 K) = balanced.
    clipped : bool
        Whether any of it is at the top, so that its colour is not known.
    """

    delta_e: float
    colour: LightColour
    clipped: bool


def patch_light(codes: npt.NDArray[Any], box: Box, transfer: Transfer) -> npt.NDArray[np.float32]:
    """Return the linear light of a patch's pixels.

    Parameters
    ----------
    codes : (H, W, 3) uint8 or uint16, encoded
    box : (x, y, width, height), pixels
    transfer : Transfer

    Returns
    -------
    (N, 3) float32; what lies outside of the picture is left out
    """
    x, y, width, height = box
    part = codes[max(y, 0) : max(y + height, 0), max(x, 0) : max(x + width, 0)]
    return transfer.decode(part.reshape(-1, 3))


def neutral_patch(light: npt.NDArray[np.float32]) -> NeutralPatch | None:
    """Measure what should be neutral; None when it is empty, dark or holds NaN.

    Parameters
    ----------
    light : (N, 3) float32, linear light, sRGB primaries, 1 = white
    """
    if len(light) == 0:
        return None
    mean = light.mean(axis=0, dtype=np.float64)
    if not (mean > 0).all():
        return None
    return NeutralPatch(neutral_error(mean), light_colour(mean), bool((light >= 0.999).any()))
