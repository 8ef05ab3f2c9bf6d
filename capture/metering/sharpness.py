"""Focus where a cut-out needs it: the width of the picture's edges along the silhouette."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

#: The part of a straight ramp that lies between 10 and 90 % of its height.
_RAMP_10_90 = 0.8
#: Variance that the measurement adds to an edge: smoothing by 0.5 px and a difference over 2 px.
_OWN_VARIANCE = 0.5**2 + 2.0**2 / 12


def edge_width_px(
    luma: npt.NDArray[np.float32],
    silhouette: npt.NDArray[np.bool_],
    reach: int = 8,
    least_contrast: float = 0.08,
) -> float:
    """Return the 10 to 90 % width of the sharper half of the edges near the silhouette.

    Parameters
    ----------
    luma : (H, W) float32, encoded or linear, 0 to 1, at the resolution to be judged
    silhouette : (H, W) bool, True on the subject, may be off by up to `reach` pixels
    reach : int, pixels
        Half the width of the strip along the silhouette that is looked at.
    least_contrast : float
        Edges weaker than this (of the full range) are noise and not looked at.

    Returns
    -------
    float
        Pixels: the 25th percentile of contrast over steepest slope, times 0.8, along the strip.
        NaN when the strip holds no edge of enough contrast.

    Notes
    -----
    For a straight edge blurred by a Gaussian of standard deviation s this is 0.8 * sqrt(2 pi) * s
    = 2.0 s. Hair, whose two edges lie within one window, reads a little sharper than it is.
    Noise adds slope: above ISO 1600 or so the width is understated.
    """
    import cv2

    kernel = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    mask = silhouette.astype(np.uint8)
    strip = (cv2.dilate(mask, kernel) > 0) & (cv2.erode(mask, kernel) == 0)
    strip[:reach], strip[-reach:], strip[:, :reach], strip[:, -reach:] = False, False, False, False
    if not strip.any():
        return math.nan
    smooth = cv2.GaussianBlur(luma, (3, 3), 0.5)
    slope = np.hypot(*(0.5 * _difference(smooth, axis) for axis in (0, 1)))
    window = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    contrast = cv2.dilate(smooth, window) - cv2.erode(smooth, window)
    # The steepest pixel of each edge stands for it: a local maximum of the slope in its window.
    steepest = slope >= cv2.dilate(slope, np.ones((5, 5), np.uint8))
    edge = strip & steepest & (contrast > least_contrast) & (slope > least_contrast / (4 * reach))
    if edge.sum() < 16:
        return math.nan
    widths = _RAMP_10_90 * contrast[edge] / slope[edge]
    gaussian_width = _RAMP_10_90 * math.sqrt(2 * math.pi)
    squared = float(np.percentile(widths, 25)) ** 2 - gaussian_width**2 * _OWN_VARIANCE
    return math.sqrt(max(squared, 0.0))


def _difference(image: npt.NDArray[np.float32], axis: int) -> npt.NDArray[np.float32]:
    return (np.roll(image, -1, axis) - np.roll(image, 1, axis)).astype(np.float32)
