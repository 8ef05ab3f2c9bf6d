"""Pieces that depth parts from a subject: a head above a chin's step, leaves beyond a gap.

Where a surface steps, a sensor's readings are dropped on both sides, and what is thin is lost in
places, so that one subject comes apart. Its parts lie at one distance with only a narrow gap
between them. So does another thing beside the subject: depth alone cannot tell the two.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from capture.nearest import nearest_depth

#: The step in depth across a gap is no larger than this share of the distance.
_STEP_SHARE = 0.1
#: Side of the square by which a subject is worn off to lose its rim, pixels of the map.
_RIM_PX = 9


def alike_beside(
    subject: npt.NDArray[np.bool_],
    others: npt.NDArray[np.bool_],
    depth_m: npt.NDArray[np.float32],
    gap_share: float,
) -> npt.NDArray[np.bool_]:
    """Return which readings of other pieces may be the subject's own.

    Parameters
    ----------
    subject, others : (h, w) bool
    depth_m : (h, w) float32, metres, finite in both
    gap_share : float
        The widest gap, share of the map's width.

    Returns
    -------
    (h, w) bool
        Those at the distance of the subject's nearest inner reading, joined to it by a chain of
        gaps.

    Notes
    -----
    Fails, as any look at depth does, on another thing of the same distance that close by.
    """
    import cv2

    if not subject.any():
        return np.zeros_like(subject)
    # Readings at a rim may hang between the subject and what is behind it.
    core = cv2.erode(subject.astype(np.uint8), np.ones((_RIM_PX, _RIM_PX), np.uint8)) > 0
    expected_m, _ = nearest_depth(depth_m, core if core.any() else subject)
    with np.errstate(invalid="ignore"):
        alike = others & (np.abs(depth_m - expected_m) < _STEP_SHARE * expected_m)
    side = round(gap_share * subject.shape[1]) | 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    _, joined = cv2.connectedComponents(cv2.dilate((subject | alike).astype(np.uint8), disc))
    return np.asarray(alike & np.isin(joined, np.unique(joined[subject])))
