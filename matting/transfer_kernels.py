"""Compiled loops of the linear transfer: every pixel writes its own result.

Callers hold `matting.threads.kernel_lock`.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange


@njit(cache=True, parallel=True, nogil=True)
def fit(rgb, alpha, wanted, epsilon, top, bottom, out):  # type: ignore[no-untyped-def]
    """Fit alpha as an affine function of colour in the 3 x 3 window of each wanted pixel.

    Parameters
    ----------
    rgb : (H, W, 3) float32
    alpha : (H, W) float32
    wanted : (H, W) uint8
    epsilon : float, added to the covariance's diagonal
    top, bottom : int, rows
    out : (H, W, 4) float32, three factors and the constant
    """
    height, width = alpha.shape
    for y in prange(top, bottom):
        for x in range(width):
            if wanted[y, x] == 0:
                continue
            y0, y1 = max(y - 1, 0), min(y + 2, height)
            x0, x1 = max(x - 1, 0), min(x + 2, width)
            n = (y1 - y0) * (x1 - x0)
            r0, g0, b0 = rgb[y, x, 0], rgb[y, x, 1], rgb[y, x, 2]
            r = g = b = mean = ra = ga = ba = 0.0
            rr = rg = rb = gg = gb = bb = 0.0
            for v in range(y0, y1):
                for u in range(x0, x1):
                    dr = np.float64(rgb[v, u, 0] - r0)
                    dg = np.float64(rgb[v, u, 1] - g0)
                    db = np.float64(rgb[v, u, 2] - b0)
                    a = np.float64(alpha[v, u])
                    r, g, b, mean = r + dr, g + dg, b + db, mean + a
                    rr, rg, rb = rr + dr * dr, rg + dr * dg, rb + dr * db
                    gg, gb, bb = gg + dg * dg, gb + dg * db, bb + db * db
                    ra, ga, ba = ra + dr * a, ga + dg * a, ba + db * a
            r, g, b, mean = r / n, g / n, b / n, mean / n
            rr, gg, bb = (
                rr / n - r * r + epsilon,
                gg / n - g * g + epsilon,
                bb / n - b * b + epsilon,
            )
            rg, rb, gb = rg / n - r * g, rb / n - r * b, gb / n - g * b
            ra, ga, ba = ra / n - r * mean, ga / n - g * mean, ba / n - b * mean
            c00, c01, c02 = gg * bb - gb * gb, rb * gb - rg * bb, rg * gb - rb * gg
            c11, c12, c22 = rr * bb - rb * rb, rb * rg - rr * gb, rr * gg - rg * rg
            scale = 1.0 / (rr * c00 + rg * c01 + rb * c02)
            a0 = (c00 * ra + c01 * ga + c02 * ba) * scale
            a1 = (c01 * ra + c11 * ga + c12 * ba) * scale
            a2 = (c02 * ra + c12 * ga + c22 * ba) * scale
            out[y, x, 0], out[y, x, 1], out[y, x, 2] = a0, a1, a2
            out[y, x, 3] = mean - a0 * (r + r0) - a1 * (g + g0) - a2 * (b + b0)


@njit(cache=True, parallel=True, nogil=True)
def apply(rgb, coefficients, unknown, top, bottom, out):  # type: ignore[no-untyped-def]
    """Apply coefficients of half the size, enlarged bilinearly, at the unknown pixels.

    Parameters
    ----------
    rgb : (H, W, 3) float32
    coefficients : (H/2, W/2, 4) float32
    unknown : (H, W) bool
    top, bottom : int, rows
    out : (H, W) float32, clipped to 0 and 1
    """
    width = unknown.shape[1]
    rows, columns, _ = coefficients.shape
    half, one = np.float32(0.5), np.float32(1.0)
    for y in prange(top, bottom):
        v = np.float32(y) * half - np.float32(0.25)
        y0 = int(np.floor(v))
        below = v - np.float32(y0)
        y1, y0 = min(y0 + 1, rows - 1), max(y0, 0)
        for x in range(width):
            if not unknown[y, x]:
                continue
            u = np.float32(x) * half - np.float32(0.25)
            x0 = int(np.floor(u))
            right = u - np.float32(x0)
            x1, x0 = min(x0 + 1, columns - 1), max(x0, 0)
            alpha = np.float32(0.0)
            for c in range(4):
                upper = (one - right) * coefficients[y0, x0, c] + right * coefficients[y0, x1, c]
                lower = (one - right) * coefficients[y1, x0, c] + right * coefficients[y1, x1, c]
                factor = (one - below) * upper + below * lower
                alpha += factor * rgb[y, x, c] if c < 3 else factor
            out[y, x] = min(max(alpha, np.float32(0.0)), one)
