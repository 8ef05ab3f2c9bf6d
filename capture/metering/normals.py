"""Surface normals of the subject from its depth."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from capture.registration import RegisteredDepth, back_project

#: What makes the normals' noise a few degrees: wider flattens the subject, narrower lets noise in.
_SMOOTHING_SHARE = 0.02
_LEAST_SMOOTHING_PX = 1.5
#: Nearer to the rim, in units of the smoothing, the fit leans on one side alone.
_RIM_SHARE = 0.7


def smoothing_px_for(depth: RegisteredDepth, surface: npt.NDArray[np.bool_]) -> float:
    """Return the smoothing at which a surface's normals are the least wrong.

    Notes
    -----
    The error of a slope fitted over a width s is about ``sigma_z * footprint / s**2``, and a
    sensor's pixel grows with the distance: so s**2 goes with sigma_z times the distance. The
    factor was found on the simulated studio, at 0.9 and 2 m.
    """
    sigma_m = float(np.nanmedian(depth.sigma_m[surface]))
    distance_m = float(np.nanmedian(depth.depth_m[surface]))
    width_m = math.sqrt(_SMOOTHING_SHARE * sigma_m * distance_m)
    return max(_LEAST_SMOOTHING_PX, width_m / distance_m * depth.intrinsics.fx)


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
        Standard deviation of the Gaussian window within which a plane is fitted.

    Returns
    -------
    (h, w, 3) float32
        x right, y down, z forward; NaN outside of the surface and near its rim.

    Notes
    -----
    Depth is fitted by a plane of the picture's coordinates, weighted least squares over the
    readings of the surface within the window; beside the rim such a fit stays unbiased on a flat
    surface, where the slope of smoothed depth does not. The lens may be any that the depth states,
    distorted too. What is smaller than the window is
    flattened: noses and folds lose their normals first.
    """
    import cv2

    surface = surface & np.isfinite(depth.depth_m)
    height, width = surface.shape
    inside = surface.astype(np.float32)
    middle_m = np.float32(np.median(depth.depth_m[surface])) if surface.any() else np.float32(0)
    relative = np.where(surface, depth.depth_m - middle_m, np.float32(0))
    # In units of the window: single precision would not bear squares of whole coordinates.
    x = np.tile((np.arange(width, dtype=np.float32) - width / 2) / smoothing_px, (height, 1))
    y = np.tile((np.arange(height, dtype=np.float32)[:, None] - height / 2) / smoothing_px, width)

    def blurred(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        return np.asarray(cv2.GaussianBlur(values, (0, 0), smoothing_px), np.float32)

    weight = np.maximum(blurred(inside), np.float32(1e-6))

    def mean(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        return np.asarray(blurred(values * inside) / weight, np.float32)

    mean_x, mean_y, mean_z = mean(x), mean(y), mean(relative)
    xx, yy, xy = mean(x * x) - mean_x**2, mean(y * y) - mean_y**2, mean(x * y) - mean_x * mean_y
    xz, yz = mean(x * relative) - mean_x * mean_z, mean(y * relative) - mean_y * mean_z
    determinant = np.maximum(xx * yy - xy * xy, np.float32(1e-6))
    slope_u = (yy * xz - xy * yz) / determinant / smoothing_px
    slope_v = (xx * yz - xy * xz) / determinant / smoothing_px
    normal = _normals_of_slopes(mean_z + middle_m, slope_u, slope_v, depth)
    away = cv2.distanceTransform(surface.astype(np.uint8), cv2.DIST_L2, 5)
    whole = away > _RIM_SHARE * smoothing_px
    return np.where(whole[..., None], normal, np.float32(np.nan)).astype(np.float32)


def _normals_of_slopes(
    depth_m: npt.NDArray[np.float32],
    slope_u: npt.NDArray[np.float32],
    slope_v: npt.NDArray[np.float32],
    registered: RegisteredDepth,
) -> npt.NDArray[np.float32]:
    """Return the normals of the surface whose depth changes by these slopes, metres a pixel."""
    rays = back_project(np.ones_like(depth_m), registered.intrinsics, registered.distortion)
    ray_down, ray_right = np.gradient(rays, axis=(0, 1))
    along_u = ray_right * depth_m[..., None] + rays * slope_u[..., None]
    along_v = ray_down * depth_m[..., None] + rays * slope_v[..., None]
    normal = np.cross(along_v, along_u)
    normal /= np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-12)
    return np.asarray(normal, np.float32)
