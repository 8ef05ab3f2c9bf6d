"""Compiled loop of foreground estimation. Callers hold `matting.threads.kernel_lock`."""

from __future__ import annotations

import numpy as np
from numba import njit, prange


@njit(cache=True, parallel=True, nogil=True)
def relax(  # type: ignore[no-untyped-def]
    image,
    alpha,
    foreground,
    background,
    iterations,
    regularisation,
    gradient_weight,
    brightest,
    band_only,
):
    """Relax foreground and background colours of one level, in place.

    Pixels are visited like the fields of a chessboard, first one colour, then the other: each
    reads only the other colour, so that the order among threads does not matter.

    Parameters
    ----------
    image, foreground, background : (H, W, 3) float32, linear light
    alpha : (H, W) float32
        Where it is 1 the foreground is the image and stays; where it is 0 the background is.
    brightest : float
        Colours are kept between 0 and this.
    band_only : bool
        Leave pixels whose neighbours are all background, or all foreground, as they came.
    """
    height, width = alpha.shape
    for y in prange(height):
        for x in range(width):
            if alpha[y, x] >= 1:
                for c in range(3):
                    foreground[y, x, c] = image[y, x, c]
            elif alpha[y, x] <= 0:
                for c in range(3):
                    background[y, x, c] = image[y, x, c]
    for sweep in range(2 * iterations):
        for y in prange(height):
            for x in range((y + sweep) % 2, width, 2):
                a = np.float32(alpha[y, x])
                y0, y1 = max(y - 1, 0), min(y + 1, height - 1)
                x0, x1 = max(x - 1, 0), min(x + 1, width - 1)
                au, ad = alpha[y0, x], alpha[y1, x]
                al, ar = alpha[y, x0], alpha[y, x1]
                if (a >= 1 or a <= 0) and au == a and ad == a and al == a and ar == a and band_only:
                    continue
                wu = regularisation + gradient_weight * abs(a - au)
                wd = regularisation + gradient_weight * abs(a - ad)
                wl = regularisation + gradient_weight * abs(a - al)
                wr = regularisation + gradient_weight * abs(a - ar)
                total = wu + wd + wl + wr
                b = np.float32(1.0) - a
                aa, ab, bb = a * a + total, a * b, b * b + total
                scale = np.float32(1.0) / (aa * bb - ab * ab)
                for c in range(3):
                    f = (
                        a * image[y, x, c]
                        + wu * foreground[y0, x, c]
                        + wd * foreground[y1, x, c]
                        + wl * foreground[y, x0, c]
                        + wr * foreground[y, x1, c]
                    )
                    g = (
                        b * image[y, x, c]
                        + wu * background[y0, x, c]
                        + wd * background[y1, x, c]
                        + wl * background[y, x0, c]
                        + wr * background[y, x1, c]
                    )
                    if a < 1:
                        foreground[y, x, c] = min(max((f * bb - g * ab) * scale, 0), brightest)
                    if a > 0:
                        background[y, x, c] = min(max((g * aa - f * ab) * scale, 0), brightest)
