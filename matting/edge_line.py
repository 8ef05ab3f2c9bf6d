"""The line alpha = 0.5: how wide the edge is along it, and how far it departs from smooth.

Hair has no smooth line; stretches about which many pixels are partial are marked, so that they
need not count as rough.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

FloatImage = npt.NDArray[np.float32]
FloatArray = npt.NDArray[np.float64]

_STEP_PX = 0.5
#: The line is compared with the parabola that fits it best over this length: steps of a few
#: pixels depart from that, curves and the waves of a coat do not.
_SMOOTH_PX = 15.0
#: Where more than this share of the pixels about a point are partial there is hair, or blur.
_HAIR_SHARE = 0.45
_HAIR_SIDE = 15
_PARTIAL_LOW, _PARTIAL_HIGH = 0.02, 0.98
#: The line near the picture's rim ends where the frame ends it.
_RIM_PX = 3.0


@dataclass(frozen=True, slots=True, eq=False)
class EdgeLine:
    """Points half a pixel apart along the line alpha = 0.5.

    Parameters
    ----------
    points : (N, 2) float64, x and y, pixels; integers are pixel centres
    width_px : (N,) float64
        1 / slope of alpha across the line; 1 where alpha goes from 0 to 1 between neighbours.
    departure_px : (N,) float64
        Distance from the smooth line.
    hair : (N,) bool
        The surroundings are mostly partial.
    """

    points: FloatArray
    width_px: FloatArray
    departure_px: FloatArray
    hair: npt.NDArray[np.bool_]


def edge_line(alpha: FloatImage) -> EdgeLine:
    """Follow the line alpha = 0.5.

    Parameters
    ----------
    alpha : (H, W) float32, 0 to 1

    Returns
    -------
    EdgeLine
        Without points when alpha nowhere crosses 0.5, or only around specks.

    Notes
    -----
    A corner of the subject departs from the smooth line as a step does; corners are few.

    References
    ----------
    The smooth line: Savitzky, Golay 1964, doi 10.1021/ac60214a047.
    """
    import cv2
    from contourpy import LineType, contour_generator
    from scipy.ndimage import map_coordinates
    from scipy.signal import savgol_filter

    taps = 2 * round(_SMOOTH_PX / _STEP_PX / 2) + 1
    partial = ((alpha > _PARTIAL_LOW) & (alpha < _PARTIAL_HIGH)).astype(np.float32)
    share = cv2.boxFilter(partial, -1, (_HAIR_SIDE, _HAIR_SIDE))
    found: tuple[list[npt.NDArray[Any]], ...] = (
        [np.empty((0, 2))], [np.empty(0)], [np.empty(0)], [np.empty(0, bool)],
    )  # fmt: skip
    for line in contour_generator(z=alpha, line_type=LineType.Separate).lines(0.5):
        points, closed = _evenly_spaced(line)
        if len(points) < 2 * taps:
            continue
        mode = "wrap" if closed else "interp"
        smooth = savgol_filter(points, taps, 2, axis=0, mode=mode)
        along = savgol_filter(points, taps, 2, deriv=1, axis=0, mode=mode)
        across = along[:, ::-1] * (1, -1) / np.linalg.norm(along, axis=1, keepdims=True)
        departure = np.abs(((points - smooth) * across).sum(axis=1))
        ends = [points + half * across for half in (-0.5, 0.5)]
        low, high = (map_coordinates(alpha, end.T[::-1], order=1, mode="nearest") for end in ends)
        height, width = alpha.shape
        framed = ((points > _RIM_PX) & (points < (width - 1 - _RIM_PX, height - 1 - _RIM_PX))).all(
            axis=1
        )
        columns, rows = points.round().astype(np.intp).T
        values = (points, 1 / np.maximum(np.abs(high - low), 1e-3), departure)
        for part, value in zip(found, (*values, share[rows, columns] > _HAIR_SHARE), strict=True):
            part.append(value[framed])
    return EdgeLine(*(np.concatenate(part) for part in found))


def _evenly_spaced(line: FloatArray) -> tuple[FloatArray, bool]:
    """Return points half a pixel apart on a polyline, and whether it is closed."""
    closed = bool((line[0] == line[-1]).all())
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    count = max(2, round(length[-1] / _STEP_PX))
    at = np.linspace(0.0, length[-1], count, endpoint=not closed)
    return np.stack([np.interp(at, length, line[:, axis]) for axis in (0, 1)], axis=1), closed
