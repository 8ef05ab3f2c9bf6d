"""The backdrop's texture: folds, seams, weave and dirt, which light does not explain."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from matting.imaging.colour import luminance

#: What is coarser than this, as a share of the width, is the lamp's fall-off; folds are finer.
_COARSEST_SHARE = 0.04
#: What is finer than this, in pixels of the reduced picture, is noise.
_FINEST_PX = 1.2
_LEAST_PIXELS = 500
#: A plane is known well enough from so many pixels.
_PIXELS_FITTED = 2000
_DARKEST = 2.0**-8


def backdrop_texture_stops(
    light: npt.NDArray[np.float32], background: npt.NDArray[np.bool_]
) -> float:
    """Return how much a backdrop's brightness varies from place to place, in stops.

    Parameters
    ----------
    light : (h, w, 3) float32, linear
    background : (h, w) bool, True on the backdrop

    Returns
    -------
    float
        Standard deviation of log2 of luminance between two scales: finer than a lamp's fall-off,
        coarser than noise. NaN when too little of the backdrop is seen, or it is black.

    Notes
    -----
    Things that stand before the backdrop count as its texture.
    """
    import cv2

    bright = luminance(light)
    lit = background & (bright > _DARKEST)
    if lit.sum() < _LEAST_PIXELS:
        return math.nan
    stops = _levelled(np.log2(np.maximum(bright, _DARKEST)).astype(np.float32), lit)
    fine = _mean_near(stops, lit, _FINEST_PX)
    coarse = _mean_near(stops, lit, _COARSEST_SHARE * light.shape[1])
    reach = 2 * round(_COARSEST_SHARE * light.shape[1]) + 1
    clear = cv2.erode(lit.astype(np.uint8), np.ones((reach, reach), np.uint8)) > 0
    if clear.sum() < _LEAST_PIXELS:
        return math.nan
    return float((fine - coarse)[clear].std())


def _levelled(
    stops: npt.NDArray[np.float32], where: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float32]:
    """Take off the plane through what lies within `where`: beside the frame means lean by it."""
    rows, columns = np.nonzero(where)
    every = slice(None, None, max(1, len(rows) // _PIXELS_FITTED))
    y, x = rows[every], columns[every]
    terms = np.stack([np.ones_like(x), x, y], axis=-1).astype(np.float64)
    (level, across, down), *_ = np.linalg.lstsq(terms, stops[y, x], rcond=None)
    height, width = stops.shape
    plane = level + across * np.arange(width) + down * np.arange(height)[:, None]
    return np.asarray(stops - plane, np.float32)


def _mean_near(
    image: npt.NDArray[np.float32], where: npt.NDArray[np.bool_], sigma_px: float
) -> npt.NDArray[np.float32]:
    """Return the Gaussian mean of what lies within `where`."""
    import cv2

    weight = where.astype(np.float32)
    sums = cv2.GaussianBlur(image * weight, (0, 0), sigma_px)
    return np.asarray(sums / np.maximum(cv2.GaussianBlur(weight, (0, 0), sigma_px), 1e-6))
