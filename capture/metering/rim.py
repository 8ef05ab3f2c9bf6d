"""The rim of the subject: how much of the backdrop's colour and light lies on it.

A backdrop is a large lamp. A coloured one tints the rim (spill); a bright one lifts it (wrap).
Both are told by comparing the rim with the subject's own inside, piece by piece.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from capture.metering.separation import STRETCHES, EdgeRings
from matting.imaging.colour import luminance

#: The inside to compare with lies this far from the edge, pixels of the measured picture.
_CORE_FROM_PX, _CORE_TO_PX = 12.0, 24.0
_LEAST_PIXELS = 20
#: Spill may lie on one side alone. Wrap goes all round but for pieces whose rim is of a darker
#: material than the inside (hair beside a face); the key lifts one side's rim too.
_SPILL_PERCENT, _WRAP_PERCENT = 75.0, 50.0
#: Chromaticities (shares of the sum) nearer than this do not tell spill from own colour.
_LEAST_DISTANCE = 0.06
#: Brighter than the backdrop by more than this, a rim is lit by a lamp.
_NO_RIM_LIGHT = 0.98


@dataclass(frozen=True, slots=True, eq=False)
class RimCore:
    """Where the subject's inside is looked at, behind each piece of its edge.

    Parameters
    ----------
    pixels : (N,) int, places in the picture
    piece : (N,) int, the piece of the edge before each
    """

    pixels: npt.NDArray[np.intp]
    piece: npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Rim:
    """Backdrop on the rim.

    Parameters
    ----------
    spill : float
        Share of the backdrop's chromaticity mixed into the rim's, 0 to 1, of the worst quarter
        of the pieces; NaN where no piece's own colour is far enough from the backdrop's.
    wrap_stops : float
        How much brighter the rim is than the inside where the backdrop is at least as bright;
        half of those pieces have more. NaN where it is brighter nowhere.
    place : str, of the piece with the most spill, else the most wrap; empty without
    box : (x, y, width, height) or None, pixels, of that piece
    """

    spill: float
    wrap_stops: float
    place: str
    box: tuple[int, int, int, int] | None


def rim_core(inside: npt.NDArray[np.bool_], rings: EdgeRings) -> RimCore:
    """Find the inside behind each piece of an edge.

    Parameters
    ----------
    inside : (H, W) bool, True on the subject
    rings : EdgeRings, of that subject
    """
    import cv2

    away = cv2.distanceTransform(inside.astype(np.uint8), cv2.DIST_L2, 5)
    ring_at = np.ones(inside.shape, np.uint8)
    ring_at.ravel()[rings.pixels] = 0
    _, nearest = cv2.distanceTransformWithLabels(
        ring_at, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    piece_of = np.zeros(int(nearest.max()) + 1, np.intp)
    piece_of[nearest.ravel()[rings.pixels]] = rings.side // (2 * STRETCHES)
    pixels = np.flatnonzero((away > _CORE_FROM_PX) & (away <= _CORE_TO_PX))
    if not len(rings.pixels):
        pixels = pixels[:0]
    return RimCore(pixels, piece_of[nearest.ravel()[pixels]])


def rim(
    ring_light: npt.NDArray[np.float32],
    rings: EdgeRings,
    core_light: npt.NDArray[np.float32],
    core: RimCore,
) -> Rim:
    """Measure spill and wrap.

    Parameters
    ----------
    ring_light, core_light : (N, 3) float32, linear light at `rings.pixels` and `core.pixels`
    rings : EdgeRings
    core : RimCore

    Notes
    -----
    A rim whose own colour or light differs from the inside (a seam, a rim light towards a bright
    backdrop) passes for spill or wrap. Thin parts have no inside and are left out.
    """
    pieces = len(rings.boxes)
    piece, inner = rings.side // (2 * STRETCHES), rings.side % 2 == 1
    outside, outside_n = _means(ring_light[~inner], piece[~inner], pieces)
    rim_light, rim_n = _means(ring_light[inner], piece[inner], pieces)
    own, own_n = _means(core_light, core.piece, pieces)
    seen = np.minimum(np.minimum(outside_n, rim_n), own_n) >= _LEAST_PIXELS
    spill = np.where(seen, _mixed_in(rim_light, own, outside), math.nan)
    bright = [np.maximum(luminance(light), 2.0**-10) for light in (outside, rim_light, own)]
    # Where both are clipped the rim is lost in the backdrop; a rim light is brighter than it.
    lifted = seen & (bright[0] > bright[2]) & (bright[0] > _NO_RIM_LIGHT * bright[1])
    wrap = np.where(lifted, np.maximum(np.log2(bright[1] / bright[2]), 0.0), math.nan)
    worst = spill if np.isfinite(spill).any() else wrap
    where = int(np.nanargmax(worst)) if np.isfinite(worst).any() else -1
    return Rim(
        _percentile(spill, _SPILL_PERCENT),
        _percentile(wrap, _WRAP_PERCENT),
        rings.places[where] if where >= 0 else "",
        rings.boxes[where] if where >= 0 else None,
    )


def _means(
    light: npt.NDArray[np.float32], piece: npt.NDArray[np.intp], pieces: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.intp]]:
    count = np.bincount(piece, minlength=pieces)
    sums = [np.bincount(piece, weights=light[:, c], minlength=pieces) for c in range(3)]
    return np.stack(sums, axis=1) / np.maximum(count, 1)[:, None], count


def _mixed_in(
    rim_light: npt.NDArray[np.float64],
    own: npt.NDArray[np.float64],
    outside: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """Return how far each rim's chromaticity lies on the way from its own to the backdrop's."""
    rim_c, own_c, out_c = (
        light / np.maximum(light.sum(axis=1, keepdims=True), 1e-6)
        for light in (rim_light, own, outside)
    )
    way = out_c - own_c
    square = (way * way).sum(axis=1)
    share = ((rim_c - own_c) * way).sum(axis=1) / np.maximum(square, 1e-9)
    return np.where(square > _LEAST_DISTANCE**2, np.clip(share, 0.0, 1.0), math.nan)


def _percentile(values: npt.NDArray[np.float64], percent: float) -> float:
    known = values[np.isfinite(values)]
    return float(np.percentile(known, percent)) if len(known) else math.nan
