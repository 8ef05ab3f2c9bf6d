"""Parts of one thing that a steep slope has cut apart: a chin before its neck, a paw, a lid.

A step between two things and the relief of one look alike where they are steep. They differ in
what the step leads to: relief is small beside the part that stands out.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

#: Two pieces are one thing when the step between them is no larger than this share of the
#: distance, or than this share of the smaller piece's size.
_STEP_OF_DISTANCE, _STEP_OF_SIZE = 0.025, 0.45
#: ... and when they meet along a border of this share of the smaller piece's size: a neck is two
#: thirds of its head, while things that stand side by side touch in less.
_LEAST_BORDER = 1 / 3
#: Flying pixels, which are dropped, leave a gap in a step; it reaches this far to each side.
_GAP_PX = 2.0


def joined_at_relief(
    labels: npt.NDArray[np.int32],
    cores: npt.NDArray[np.int32],
    depth_m: npt.NDArray[np.float32],
    focal_px: float,
) -> npt.NDArray[np.int32]:
    """Give the pieces of one thing one label.

    Parameters
    ----------
    labels : (h, w) int32
        The pieces with their steep rims, 0 = none.
    cores : (h, w) int32
        The same without their rims, 0 elsewhere.
    depth_m : (h, w) float32, metres, finite on the cores
    focal_px : float

    Returns
    -------
    (h, w) int32; of joined pieces the smallest label

    Notes
    -----
    The step is the median, along the border, of the difference in depth between the nearest
    points of the two cores; a piece's size is the root of its area. Fails for thin things that
    stand close before a larger one, which become part of it, and for a limb held far forward,
    which does not.
    """
    if not cores.any():
        return labels
    first, second, step, near = _borders(*_without_gaps(labels, cores, depth_m))
    area = np.bincount(labels.ravel())
    whole = np.arange(len(area), dtype=np.int32)
    for one, other in np.unique(np.stack([first, second]), axis=1).T:
        border = (first == one) & (second == other)
        size_px = np.sqrt(min(area[one], area[other]))
        distance = float(np.median(near[border]))
        most = max(_STEP_OF_DISTANCE, _STEP_OF_SIZE * size_px / focal_px) * distance
        if border.sum() >= _LEAST_BORDER * size_px and np.median(step[border]) <= most:
            low, high = sorted((whole[one], whole[other]))
            whole[whole == high] = low
    return np.asarray(whole[labels], np.int32)


def _without_gaps(
    labels: npt.NDArray[np.int32],
    cores: npt.NDArray[np.int32],
    depth_m: npt.NDArray[np.float32],
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """Return labels and depth of the nearest core, over rims and narrow gaps without readings."""
    import cv2

    known = cores > 0
    away, place = cv2.distanceTransformWithLabels(
        (~known).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    source = np.zeros(int(place.max()) + 1, np.int64)
    source[place[known]] = np.flatnonzero(known)
    nearest = source[place]
    gap = ~np.isfinite(depth_m) & (away <= _GAP_PX)
    carried = np.where((labels > 0) | gap, cores.ravel()[nearest], 0)
    return np.asarray(carried, np.int32), np.asarray(depth_m.ravel()[nearest], np.float32)


def _borders(
    labels: npt.NDArray[np.int32], depth_m: npt.NDArray[np.float32]
) -> tuple[
    npt.NDArray[np.int32],
    npt.NDArray[np.int32],
    npt.NDArray[np.float32],
    npt.NDArray[np.float32],
]:
    """Return lower and higher label, step and nearer depth where two pieces touch."""
    found = []
    for before, after in (
        (np.s_[:, :-1], np.s_[:, 1:]),
        (np.s_[:-1], np.s_[1:]),
    ):
        meet = (labels[before] != labels[after]) & (labels[before] > 0) & (labels[after] > 0)
        pair = np.sort(np.stack([labels[before][meet], labels[after][meet]]), axis=0)
        depths = np.stack([depth_m[before][meet], depth_m[after][meet]])
        found.append((pair[0], pair[1], np.ptp(depths, axis=0), depths.min(axis=0)))
    first, second, step, near = (np.concatenate(part) for part in zip(*found, strict=True))
    return first, second, step, near
