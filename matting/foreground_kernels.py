"""Compiled loops of foreground estimation. Callers hold `matting.threads.kernel_lock`."""

from __future__ import annotations

import numpy as np
from numba import njit, prange


@njit(cache=True, parallel=True, nogil=True)
def start(image, alpha, coarse, top, bottom, known, out):  # type: ignore[no-untyped-def]
    """Start one side's colours from those of half the size, or from the picture where it is known.

    Parameters
    ----------
    image, out : (H, W, 3) float32, linear light
    alpha : (H, W) float32
    coarse : (H/2, W/2, 3) float32, enlarged bilinearly
    top, bottom : int, rows
    known : float32
        The alpha at which the picture is this side's colour: 1 or 0.
    """
    width = alpha.shape[1]
    rows, columns, _ = coarse.shape
    half, one = np.float32(0.5), np.float32(1.0)
    for y in prange(top, bottom):
        v = np.float32(y) * half - np.float32(0.25)
        y0 = int(np.floor(v))
        below = v - np.float32(y0)
        y1, y0 = min(y0 + 1, rows - 1), max(y0, 0)
        for x in range(width):
            if alpha[y, x] == known:
                for c in range(3):
                    out[y, x, c] = image[y, x, c]
                continue
            u = np.float32(x) * half - np.float32(0.25)
            x0 = int(np.floor(u))
            right = u - np.float32(x0)
            x1, x0 = min(x0 + 1, columns - 1), max(x0, 0)
            for c in range(3):
                upper = (one - right) * coarse[y0, x0, c] + right * coarse[y0, x1, c]
                lower = (one - right) * coarse[y1, x0, c] + right * coarse[y1, x1, c]
                out[y, x, c] = (one - below) * upper + below * lower


@njit(cache=True, inline="always")
def _in_band(alpha, y, x):  # type: ignore[no-untyped-def]
    """Tell whether a pixel is mixed, or has a neighbour of another alpha."""
    height, width = alpha.shape
    a = alpha[y, x]
    return (
        (a > 0 and a < 1)
        or alpha[max(y - 1, 0), x] != a
        or alpha[min(y + 1, height - 1), x] != a
        or alpha[y, max(x - 1, 0)] != a
        or alpha[y, min(x + 1, width - 1)] != a
    )


@njit(cache=True, parallel=True, nogil=True)
def count_band(alpha, everywhere, counts):  # type: ignore[no-untyped-def]
    """Count the pixels to relax on the white and on the black fields of each row.

    Parameters
    ----------
    alpha : (H, W) float32
    everywhere : bool
        Count all pixels, not the band alone.
    counts : (2, H) int64, out
    """
    height, width = alpha.shape
    for y in prange(height):
        white = black = 0
        for x in range(width):
            if everywhere or _in_band(alpha, y, x):
                if (y + x) % 2 == 0:
                    white += 1
                else:
                    black += 1
        counts[0, y] = white
        counts[1, y] = black


@njit(cache=True, parallel=True, nogil=True)
def list_band(alpha, everywhere, firsts, white, black):  # type: ignore[no-untyped-def]
    """Write rows and columns of the pixels that `count_band` counted.

    Parameters
    ----------
    firsts : (2, H) int64, where each row's pixels begin
    white, black : (N, 2) int32, out
    """
    height, width = alpha.shape
    for y in prange(height):
        w, b = firsts[0, y], firsts[1, y]
        for x in range(width):
            if everywhere or _in_band(alpha, y, x):
                if (y + x) % 2 == 0:
                    white[w, 0], white[w, 1] = y, x
                    w += 1
                else:
                    black[b, 0], black[b, 1] = y, x
                    b += 1


@njit(cache=True, parallel=True, nogil=True)
def relax(  # type: ignore[no-untyped-def]
    image, alpha, foreground, background, pixels, regularisation, gradient_weight, brightest
):
    """Relax foreground and background colours of some pixels once, in place.

    Parameters
    ----------
    image, foreground, background : (H, W, 3) float32, linear light
    alpha : (H, W) float32
        Where it is 1 the foreground is the image and stays; where it is 0 the background is.
    pixels : (N, 2) int32, rows and columns, no two pixels neighbours
        So that each reads only what is not written now, and the order among threads is the same.
    regularisation, gradient_weight, brightest : float32
        Colours are kept between 0 and `brightest`.
    """
    height, width = alpha.shape
    zero = np.float32(0.0)
    for n in prange(len(pixels)):
        y, x = pixels[n, 0], pixels[n, 1]
        a = alpha[y, x]
        y0, y1 = max(y - 1, 0), min(y + 1, height - 1)
        x0, x1 = max(x - 1, 0), min(x + 1, width - 1)
        wu = regularisation + gradient_weight * abs(a - alpha[y0, x])
        wd = regularisation + gradient_weight * abs(a - alpha[y1, x])
        wl = regularisation + gradient_weight * abs(a - alpha[y, x0])
        wr = regularisation + gradient_weight * abs(a - alpha[y, x1])
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
                foreground[y, x, c] = min(max((f * bb - g * ab) * scale, zero), brightest)
            if a > 0:
                background[y, x, c] = min(max((g * aa - f * ab) * scale, zero), brightest)
