"""Smoothing within surfaces: a bilateral mean that the sensor's noise and confidence guide."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from numba import njit, prange

FloatImage = npt.NDArray[np.float32]

#: Readings count by a Gaussian of this deviation, as far as the reach; pixels.
_SIGMA_PX, _REACH_PX = 1.5, 3
#: ... and by one of so many standard deviations of the noise in depth.
_SIGMAS = 2.0


def smoothed(
    depth_m: FloatImage, sigma_m: FloatImage, confidence: FloatImage | None = None
) -> FloatImage:
    """Return depth averaged over neighbours of the same surface.

    Parameters
    ----------
    depth_m : (H, W) float32, metres, in the sensor's own pixels, NaN = no return
    sigma_m : (H, W) float32, metres, standard deviation of a reading there
    confidence : (H, W) float32, 0 to 1, or None when all readings are alike

    Returns
    -------
    (H, W) float32, metres, NaN where `depth_m` is: holes neither close nor grow

    Notes
    -----
    A neighbour's weight is its confidence times Gaussians of its distance in the picture and of
    its difference in depth in units of the noise, so that a step of five deviations stays. A
    slope does not bias a surface's middle; at its rim, and where it is curved, it does, by less
    than the noise.

    References
    ----------
    C. Tomasi, R. Manduchi, "Bilateral filtering for gray and color images", ICCV 1998,
    https://doi.org/10.1109/ICCV.1998.710815
    """
    weight = np.ones_like(depth_m) if confidence is None else confidence
    result = np.full_like(depth_m, np.nan)
    _bilateral(
        np.ascontiguousarray(depth_m), np.ascontiguousarray(sigma_m, np.float32),
        np.ascontiguousarray(weight, np.float32), _REACH_PX, _SIGMA_PX, _SIGMAS, result,
    )  # fmt: skip
    return result


@njit(cache=True, parallel=True)
def _bilateral(depth, sigma, weight, reach, sigma_px, sigmas, result):  # type: ignore[no-untyped-def]
    height, width = depth.shape
    near = np.empty(2 * reach + 1)
    for k in range(2 * reach + 1):
        near[k] = math.exp(-((k - reach) ** 2) / (2 * sigma_px * sigma_px))
    for y in prange(height):
        for x in range(width):
            z = depth[y, x]
            if math.isnan(z):
                continue
            scale = max(sigmas * sigma[y, x], 1e-9)
            total, mean = 0.0, 0.0
            for j in range(max(0, y - reach), min(height, y + reach + 1)):
                for i in range(max(0, x - reach), min(width, x + reach + 1)):
                    off = (depth[j, i] - z) / scale
                    if abs(off) < 4.0:  # NaN fails
                        w = weight[j, i] * near[j - y + reach] * near[i - x + reach]
                        w *= math.exp(-0.5 * off * off)
                        total += w
                        mean += w * (depth[j, i] - z)
            result[y, x] = z + mean / total if total > 0.0 else z
