"""Surface normals of the subject from its depth."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from capture.registration import RegisteredDepth


def surface_normals(
    depth: RegisteredDepth, surface: npt.NDArray[np.bool_], smoothing_px: float
) -> npt.NDArray[np.float32]:
    """Return unit normals that point towards the camera.

    Parameters
    ----------
    depth : RegisteredDepth, metric
    surface : (h, w) bool
        The readings that belong to one continuous surface.
    smoothing_px : float
        Standard deviation of the Gaussian with which depth is smoothed within the surface.

    Returns
    -------
    (h, w, 3) float32
        x right, y down, z forward; NaN outside of the surface and within `smoothing_px` of its
        rim, where the smoothing has one side only.

    Notes
    -----
    Smoothing flattens what is smaller than its width: noses and folds lose their normals first.
    """
    import cv2

    surface = surface & np.isfinite(depth.depth_m)
    weight = cv2.GaussianBlur(surface.astype(np.float32), (0, 0), smoothing_px)
    filled = np.where(surface, depth.depth_m, np.float32(0.0))
    smooth = cv2.GaussianBlur(filled, (0, 0), smoothing_px) / np.maximum(weight, 1e-6)
    whole = cv2.distanceTransform(surface.astype(np.uint8), cv2.DIST_L2, 5) > 2.0 * smoothing_px
    height, width = smooth.shape
    lens = depth.intrinsics
    u = (np.arange(width, dtype=np.float32) - lens.cx) / lens.fx
    v = (np.arange(height, dtype=np.float32) - lens.cy) / lens.fy
    points = np.stack([u[None] * smooth, v[:, None] * smooth, smooth], axis=-1)
    along_u = np.gradient(points, axis=1)
    along_v = np.gradient(points, axis=0)
    normal = np.cross(along_v, along_u)
    normal /= np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-12)
    return np.where(whole[..., None], normal, np.float32(np.nan)).astype(np.float32)
