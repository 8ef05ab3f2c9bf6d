"""Depth carried from where it was read to where it was not, and how far that is."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def nearest_depth(
    depth_m: npt.NDArray[np.float32], known: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return every pixel's nearest known depth, and how far away that is in pixels.

    Parameters
    ----------
    depth_m : (h, w) float32, metres, finite where known
    known : (h, w) bool

    Returns
    -------
    depth_m : (h, w) float32, metres
    away_px : (h, w) float32, pixels; both infinite when nothing is known
    """
    import cv2

    if not known.any():
        return np.full_like(depth_m, np.inf), np.full_like(depth_m, np.inf)
    distance, label = cv2.distanceTransformWithLabels(
        (~known).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    depth_of_label = np.zeros(int(label.max()) + 1, np.float32)
    depth_of_label[label[known]] = depth_m[known]
    return depth_of_label[label], np.asarray(distance, np.float32)


def distance_px(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    """Return (h, w) float32: how far each pixel is from the (h, w) mask, 0 on it."""
    import cv2

    return np.asarray(cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5), np.float32)
