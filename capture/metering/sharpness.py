"""Focus where a cut-out needs it: the width of the picture's edges along the silhouette."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

#: The part of a straight ramp that lies between 10 and 90 % of its height.
_RAMP_10_90 = 0.8
#: Variance that the measurement adds to an edge: smoothing by 0.5 px and a difference over 2 px.
_OWN_VARIANCE = 0.5**2 + 2.0**2 / 12


#: Side of the patches that are looked at along a silhouette, pixels beyond twice the reach.
_PATCH_PX = 160
_LEAST_EDGES = 16
#: An edge is at least so steep, of the steepest in its window.
_OF_STEEPEST = 0.5
#: The 10 to 90 % width, as it is measured here, of an edge blurred by a Gaussian of 1 px.
_WIDTH_OF_SIGMA = _RAMP_10_90 * math.sqrt(2 * math.pi)


@dataclass(frozen=True, slots=True, eq=False)
class SharpEdges:
    """Edges of a picture, each by its steepest pixel.

    Parameters
    ----------
    width_px : (N,) float32, pixels
        0.8 of contrast over slope, with what the measurement itself adds.
    xy : (N, 2) float32, pixels of the picture
    reach_px : int
        Half the side of the window in which an edge was looked at; blur of a deviation of more
        than half of that is understated.
    """

    width_px: npt.NDArray[np.float32]
    xy: npt.NDArray[np.float32]
    reach_px: int

    def variance_px(self) -> npt.NDArray[np.float64]:
        """Return the squared deviation of each edge's blur, (N,); noise may make it negative."""
        sigma = self.width_px.astype(np.float64) / _WIDTH_OF_SIGMA
        return np.asarray(sigma**2 - _OWN_VARIANCE)

    def typical_width_px(self) -> float:
        """Return the lower quartile of the widths, less what the measurement adds; NaN of few."""
        if len(self.width_px) < _LEAST_EDGES:
            return math.nan
        quartile = float(np.percentile(self.variance_px(), 25))
        return _WIDTH_OF_SIGMA * math.sqrt(max(quartile, 0.0))


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
    return _edges(luma, silhouette, reach, least_contrast).typical_width_px()


def edges_along(
    codes: npt.NDArray[Any],
    mask: npt.NDArray[np.bool_],
    centres: Sequence[tuple[float, float]],
    least_contrast: float = 0.08,
) -> SharpEdges:
    """Find the edges in patches along a silhouette, which is all of a still that is looked at.

    Parameters
    ----------
    codes : (H, W, 3) uint8 or uint16, encoded; green is looked at
    mask : (h, w) bool, the subject on a grid of its own over the same view
    centres : sequence of (x, y), pixels of `codes`
        Places on the outline.
    least_contrast : float
        As in `edge_width_px`.
    """
    import cv2

    height, width = codes.shape[:2]
    reach = max(8, round(1.5 * width / mask.shape[1]))
    half = _PATCH_PX // 2 + reach
    top_code = np.float32(np.iinfo(codes.dtype).max)
    closed = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    sx, sy = mask.shape[1] / width, mask.shape[0] / height
    widths, places = [np.empty(0, np.float32)], [np.empty((0, 2), np.float32)]
    for x, y in centres:
        left, top = max(0, round(x) - half), max(0, round(y) - half)
        patch = codes[top : top + 2 * half, left : left + 2 * half, 1]
        if min(patch.shape) <= 2 * reach:
            continue
        # Pixel centres lie at whole numbers on both grids.
        place = np.array(
            [
                [sx, 0, (left + 0.5) * sx - 0.5],
                [0, sy, (top + 0.5) * sy - 0.5],
            ]
        )
        inside = cv2.warpAffine(
            closed * 255,
            place,
            patch.shape[::-1],
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
        luma = patch.astype(np.float32) / top_code
        found = _edges(luma, inside > 127, reach, least_contrast)
        widths.append(found.width_px)
        places.append(found.xy + np.array([left, top], np.float32))
    return SharpEdges(np.concatenate(widths), np.concatenate(places), reach)


def _edges(
    luma: npt.NDArray[np.float32],
    silhouette: npt.NDArray[np.bool_],
    reach: int,
    least_contrast: float,
) -> SharpEdges:
    """Return the edges of the strip along a silhouette."""
    import cv2

    window = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    mask = silhouette.astype(np.uint8)
    strip = (cv2.dilate(mask, window) > 0) & (cv2.erode(mask, window) == 0)
    strip[:reach], strip[-reach:], strip[:, :reach], strip[:, -reach:] = False, False, False, False
    if not strip.any():
        return SharpEdges(np.empty(0, np.float32), np.empty((0, 2), np.float32), reach)
    smooth = cv2.GaussianBlur(luma, (3, 3), 0.5)
    slope = np.hypot(*(0.5 * _difference(smooth, axis) for axis in (0, 1)))
    contrast = cv2.dilate(smooth, window) - cv2.erode(smooth, window)
    # The steepest pixel of each edge stands for it: a local maximum of the slope, and no ripple
    # of noise beside an edge that gives the window its contrast.
    steepest = slope >= cv2.dilate(slope, np.ones((5, 5), np.uint8))
    steepest &= slope >= _OF_STEEPEST * cv2.dilate(slope, window)
    edge = strip & steepest & (contrast > least_contrast) & (slope > least_contrast / (4 * reach))
    widths = _RAMP_10_90 * contrast[edge] / slope[edge]
    places = np.argwhere(edge)[:, ::-1]
    return SharpEdges(widths.astype(np.float32), places.astype(np.float32), reach)


def _difference(image: npt.NDArray[np.float32], axis: int) -> npt.NDArray[np.float32]:
    return (np.roll(image, -1, axis) - np.roll(image, 1, axis)).astype(np.float32)
