"""Compiled loops of the live matte; serial, so that they never wait for another kernel."""

from __future__ import annotations

import numpy as np
from numba import njit

#: Channels of a window's weighted sums: weight, r, g, b, alpha, rr, rg, rb, gg, gb, bb, and r, g
#: and b times alpha.
SUMS = 14


@njit(cache=True, nogil=True)
def weighted_products(rgb, alpha, weight, sums):  # type: ignore[no-untyped-def]
    """Write what a window's affine fit wants summed.

    Parameters
    ----------
    rgb : (h, w, 3) float32, encoded, 0 to 1
    alpha, weight : (h, w) float32
    sums : (h, w, SUMS) float32, written
    """
    for y in range(alpha.shape[0]):
        for x in range(alpha.shape[1]):
            r, g, b = rgb[y, x, 0], rgb[y, x, 1], rgb[y, x, 2]
            a, w = alpha[y, x], weight[y, x]
            s = sums[y, x]
            s[0], s[1], s[2], s[3], s[4] = w, w * r, w * g, w * b, w * a
            s[5], s[6], s[7] = w * r * r, w * r * g, w * r * b
            s[8], s[9], s[10] = w * g * g, w * g * b, w * b * b
            s[11], s[12], s[13] = w * r * a, w * g * a, w * b * a


@njit(cache=True, nogil=True)
def affine_fits(sums, epsilon, fits):  # type: ignore[no-untyped-def]
    """Solve each window's ``alpha = slope . rgb + offset``, weighted by the window's own weight.

    Parameters
    ----------
    sums : (h, w, SUMS) float32, means over each pixel's window
    epsilon : float32
        Added to the covariance's diagonal, which keeps its determinant above zero.
    fits : (h, w, 5) float32, written: weight, and weight times slope (3) and offset
    """
    for y in range(sums.shape[0]):
        for x in range(sums.shape[1]):
            s = sums[y, x]
            w = s[0]
            r, g, b, a = s[1] / w, s[2] / w, s[3] / w, s[4] / w
            rr, rg, rb = s[5] / w - r * r + epsilon, s[6] / w - r * g, s[7] / w - r * b
            gg, gb = s[8] / w - g * g + epsilon, s[9] / w - g * b
            bb = s[10] / w - b * b + epsilon
            ra, ga, ba = s[11] / w - r * a, s[12] / w - g * a, s[13] / w - b * a
            # The inverse of the symmetric covariance, by cofactors.
            i_rr, i_rg, i_rb = gg * bb - gb * gb, rb * gb - rg * bb, rg * gb - rb * gg
            i_gg, i_gb, i_bb = rr * bb - rb * rb, rg * rb - rr * gb, rr * gg - rg * rg
            determinant = rr * i_rr + rg * i_rg + rb * i_rb
            slope_r = (i_rr * ra + i_rg * ga + i_rb * ba) / determinant
            slope_g = (i_rg * ra + i_gg * ga + i_gb * ba) / determinant
            slope_b = (i_rb * ra + i_gb * ga + i_bb * ba) / determinant
            f = fits[y, x]
            f[0], f[1], f[2], f[3] = w, w * slope_r, w * slope_g, w * slope_b
            f[4] = w * (a - slope_r * r - slope_g * g - slope_b * b)


@njit(cache=True, nogil=True)
def apply_fits(rgb, fits, alpha):  # type: ignore[no-untyped-def]
    """Write ``slope . rgb + offset``, clipped to 0 to 1, at the frame's size.

    Parameters
    ----------
    rgb : (H, W, 3) uint8, encoded
    fits : (H, W, 4) float32
        Slope (3) per code value, and offset.
    alpha : (H, W) float32, written
    """
    zero, one = np.float32(0), np.float32(1)
    for y in range(alpha.shape[0]):
        for x in range(alpha.shape[1]):
            f = fits[y, x]
            value = f[0] * rgb[y, x, 0] + f[1] * rgb[y, x, 1] + f[2] * rgb[y, x, 2] + f[3]
            alpha[y, x] = min(max(value, zero), one)
