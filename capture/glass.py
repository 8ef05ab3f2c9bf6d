"""Where depth is missing as it is behind glass, gloss and black: a cue, not a verdict.

A depth camera sees through clear glass or gets no return from it (real RealSense frames lose 30
to 80 % of a glass's readings, 11 to 23 % of a painted one's). Where somebody points at such a
place, what is missing belongs to the subject.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

#: Share of readings missing around a point from which on glass is suspected.
MISSING_SHARE = 0.25
#: Side of the window over which the share is taken, share of the map's width.
_WINDOW_SHARE = 0.03
#: A glass reaches no farther than this from the point, share of the width.
_REACH_SHARE = 0.1


def missing_region(
    depth_m: npt.NDArray[np.float32], point: tuple[float, float], miss_share: float
) -> npt.NDArray[np.bool_] | None:
    """Return the region of missing depth that somebody points at.

    Parameters
    ----------
    depth_m : (H, W) float32, metres, NaN = no reading
    point : (x, y), shares of width and height
    miss_share : float
        How far the point may miss the region, share of the width.

    Returns
    -------
    (H, W) bool, with the readings that it encloses; None when readings are good there

    Notes
    -----
    The shadow that stereo has beside near things, and sky, are missing too: the region is only as
    good as the point. A glass through which the sensor reads what is behind it leaves no hole.
    """
    import cv2

    height, width = depth_m.shape
    side = max(3, round(_WINDOW_SHARE * width))
    missing = cv2.blur((~np.isfinite(depth_m)).astype(np.float32), (side, side)) > MISSING_SHARE
    rows, columns = np.mgrid[:height, :width]
    away = np.hypot(columns - point[0] * width, rows - point[1] * height)
    missing &= away < _REACH_SHARE * width
    if not missing.any() or away[missing].min() > miss_share * width:
        return None
    _, labels = cv2.connectedComponents(missing.astype(np.uint8))
    nearest = np.argmin(np.where(missing, away, np.inf))
    region = (labels == labels.flat[nearest]).astype(np.uint8)
    outlines, _ = cv2.findContours(region, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return np.asarray(cv2.drawContours(region, outlines, -1, 1, cv2.FILLED)).astype(bool)
