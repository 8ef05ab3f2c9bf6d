"""Compiled loops of colour sampling.

Every pixel writes its own results and reads those of the round before; random numbers are hashes
of pixel, step and round: the bits do not depend on the number of threads. Callers hold
`matting.threads.kernel_lock`.

Samples are rows of (row, column, red, green, blue), float32.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange

_LEAST_SEPARATION = 1e-6


@njit(cache=True, inline="always")
def _random(pixel, step, seed):  # type: ignore[no-untyped-def]
    """Return a number from -1 to 1 that hangs on the three alone."""
    h = (
        np.uint32(pixel) * np.uint32(374761393)
        + np.uint32(step) * np.uint32(668265263)
        + np.uint32(seed) * np.uint32(2246822519)
    )
    h = np.uint32((h ^ (h >> np.uint32(15))) * np.uint32(2246822519))
    h = np.uint32((h ^ (h >> np.uint32(13))) * np.uint32(3266489917))
    h = h ^ (h >> np.uint32(16))
    return np.float32(h) * np.float32(2.0 / 4294967296.0) - np.float32(1.0)


@njit(cache=True, inline="always")
def _mixture(r, g, b, foreground, background):  # type: ignore[no-untyped-def]
    """Return alpha of a colour between two samples, its distance from their line, their own."""
    d0, d1, d2 = (
        foreground[2] - background[2],
        foreground[3] - background[3],
        foreground[4] - background[4],
    )
    e0, e1, e2 = r - background[2], g - background[3], b - background[4]
    square = d0 * d0 + d1 * d1 + d2 * d2
    alpha = (e0 * d0 + e1 * d1 + e2 * d2) / (square + np.float32(_LEAST_SEPARATION))
    alpha = min(max(alpha, np.float32(0.0)), np.float32(1.0))
    e0, e1, e2 = e0 - alpha * d0, e1 - alpha * d1, e2 - alpha * d2
    return alpha, np.sqrt(e0 * e0 + e1 * e1 + e2 * e2), square


@njit(cache=True, inline="always")
def _cost(pixel, foreground, background, near, spatial_cost, mixing_cost):  # type: ignore[no-untyped-def]
    """Return how badly two samples explain a pixel: off their line, mixed, and far away."""
    alpha, off, square = _mixture(pixel[2], pixel[3], pixel[4], foreground, background)
    mixed = min(alpha, np.float32(1.0) - alpha) * np.sqrt(square)
    y, x = pixel[0] - foreground[0], pixel[1] - foreground[1]
    v, u = pixel[0] - background[0], pixel[1] - background[1]
    far = np.sqrt(y * y + x * x) / near[0] + np.sqrt(v * v + u * u) / near[1]
    return off + mixing_cost * mixed + spatial_cost * far


@njit(cache=True, parallel=True, nogil=True)
def search_round(  # type: ignore[no-untyped-def]
    pixels, number, near, foreground, background, chosen, spatial_cost, mixing_cost, seed, out
):
    """Improve every pixel's pair of samples once: by its neighbours' pairs, then at random.

    Parameters
    ----------
    pixels : (N, 5) float32
    number : (H, W) int32, each pixel's place in `pixels`, -1 = none
    near : (N, 2) float32, distance to the nearest foreground and background
    foreground, background : (F, 5) and (B, 5) float32, sorted so that neighbours look alike
    chosen : (N, 2) int32, the pairs of the round before
    spatial_cost, mixing_cost : float32
    seed : int
    out : (N, 2) int32
    """
    height, width = number.shape
    for n in prange(len(pixels)):
        pixel, distances = pixels[n], near[n]
        f, b = chosen[n, 0], chosen[n, 1]
        best = _cost(pixel, foreground[f], background[b], distances, spatial_cost, mixing_cost)
        y, x = int(pixel[0]), int(pixel[1])
        for v in range(max(0, y - 1), min(height, y + 2)):
            for u in range(max(0, x - 1), min(width, x + 2)):
                k = number[v, u]
                if k < 0 or k == n:
                    continue
                i, j = chosen[k, 0], chosen[k, 1]
                cost = _cost(
                    pixel, foreground[i], background[j], distances, spatial_cost, mixing_cost
                )
                if cost < best:
                    best, f, b = cost, i, j
        reach_f, reach_b = np.float32(len(foreground)), np.float32(len(background))
        step = 0
        while reach_f > 1 or reach_b > 1:
            i = int(f + reach_f * _random(n, 2 * step, seed))
            j = int(b + reach_b * _random(n, 2 * step + 1, seed))
            i = min(max(i, 0), len(foreground) - 1)
            j = min(max(j, 0), len(background) - 1)
            both = _cost(pixel, foreground[i], background[j], distances, spatial_cost, mixing_cost)
            one = _cost(pixel, foreground[i], background[b], distances, spatial_cost, mixing_cost)
            other = _cost(pixel, foreground[f], background[j], distances, spatial_cost, mixing_cost)
            least = min(both, one, other)
            if least < best:
                best = least
                if least == both:
                    f, b = i, j
                elif least == one:
                    f = i
                else:
                    b = j
            reach_f *= np.float32(0.5)
            reach_b *= np.float32(0.5)
            step += 1
        out[n, 0], out[n, 1] = f, b


@njit(cache=True, parallel=True, nogil=True)
def judge(  # type: ignore[no-untyped-def]
    rgb, rows, columns, number, step, foreground, background, chosen, noise, alpha, variance
):
    """Write what the pairs say of each unknown pixel, and how far that can be trusted.

    Parameters
    ----------
    rgb : (H, W, 3) float32
    rows, columns : (N,) int32, the unknown pixels
    number : (h, w) int32, place of the coarse pixels in `chosen`
    step : int, H / h
    foreground, background : (F, 5) and (B, 5) float32
    chosen : (M, 2) int32
    noise : float32, of a colour
    alpha, variance : (H, W) float32, out; other pixels stay as they are
    """
    for p in prange(len(rows)):
        y, x = rows[p], columns[p]
        n = number[y // step, x // step]
        alpha[y, x], off, square = _mixture(
            rgb[y, x, 0], rgb[y, x, 1], rgb[y, x, 2],
            foreground[chosen[n, 0]], background[chosen[n, 1]],
        )  # fmt: skip
        variance[y, x] = (noise * noise + off * off) / max(square, np.float32(1e-4))
