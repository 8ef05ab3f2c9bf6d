"""Motion between live frames, and the blur that it makes in an exposure."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

#: The picture is compared at this width.
MOTION_WIDTH = 320
_LEAST_PIXELS = 50
#: The faster tenth of the subject (hands, hair) blurs first.
_FAST_PERCENT = 90.0


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
        Of the faster tenth of what is looked at. NaN when that is nothing, the pictures have
        other sizes, or no time passed.

    Notes
    -----
    Dense inverse search (Kroeger et al. 2016, doi 10.1007/978-3-319-46493-0_29). Noise of the
    live picture reads as about a tenth of a pixel at `MOTION_WIDTH`; a subject without any
    texture seems to stand still.
    """
    import cv2

    where = np.ones(after.shape, bool) if subject is None else subject
    if before.shape != after.shape or between_s <= 0 or where.sum() < _LEAST_PIXELS:
        return math.nan
    finder = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
    flow = np.asarray(finder.calc(before, after, None), np.float32)
    speed = np.hypot(flow[..., 0], flow[..., 1])[where]
    fast_px = float(np.percentile(speed, _FAST_PERCENT))
    return fast_px / float(after.shape[1] * between_s)
