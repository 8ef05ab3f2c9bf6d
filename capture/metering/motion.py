"""Motion between live frames, and the blur that it makes in an exposure."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

#: The picture is compared at this width.
MOTION_WIDTH = 320
_MOST_CORNERS, _LEAST_CORNERS = 120, 6
_CORNER_QUALITY, _CORNERS_APART_PX = 0.03, 5.0
#: The faster quarter of the subject (hands, hair) blurs first; beyond it lie wrong matches.
_FAST_PERCENT = 75.0


def motion_picture(codes: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return (h, w) uint8: the grey, small picture that motion is measured on.

    Parameters
    ----------
    codes : (H, W, 3) uint8, encoded
    """
    import cv2

    height, width = codes.shape[:2]
    size = (MOTION_WIDTH, max(1, round(height * MOTION_WIDTH / width)))
    small = cv2.resize(codes, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.uint8)


def motion_widths_per_s(
    before: npt.NDArray[np.uint8],
    after: npt.NDArray[np.uint8],
    between_s: float,
    subject: npt.NDArray[np.bool_] | None = None,
) -> float:
    """Return how fast the subject moves across the picture, in picture widths a second.

    Parameters
    ----------
    before, after : (h, w) uint8, from `motion_picture`
    between_s : float, seconds
    subject : (h, w) bool or None
        Where to look; everywhere when None.

    Returns
    -------
    float
        Of the faster quarter of what is looked at. NaN when that holds too few corners, the
        pictures have other sizes, or no time passed.

    Notes
    -----
    Corners (Shi and Tomasi 1994, doi 10.1109/CVPR.1994.323794) are followed from one picture to
    the next (Lucas and Kanade 1981). Fails on a subject without corners, which is not measured,
    and on what moves by more than about a tenth of the picture between two frames.
    """
    import cv2

    if before.shape != after.shape or between_s <= 0:
        return math.nan
    where = None if subject is None else subject.astype(np.uint8)
    corners = cv2.goodFeaturesToTrack(
        before, _MOST_CORNERS, _CORNER_QUALITY, _CORNERS_APART_PX, mask=where
    )
    if corners is None:
        return math.nan
    moved, seen, _ = cv2.calcOpticalFlowPyrLK(
        before, after, corners, np.empty_like(corners), winSize=(15, 15), maxLevel=3
    )
    found = seen.ravel() > 0
    if found.sum() < _LEAST_CORNERS:
        return math.nan
    speed = np.linalg.norm((moved - corners)[found, 0], axis=-1)
    fast_px = float(np.percentile(speed, _FAST_PERCENT))
    return fast_px / float(after.shape[1] * between_s)
