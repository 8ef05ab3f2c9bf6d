"""Compiled loop of curvature motion. Callers hold `matting.threads.kernel_lock`."""

from __future__ import annotations

import numpy as np
from numba import njit, prange


@njit(cache=True, parallel=True, nogil=True)
def move_by_curvature(before, after, time_step):  # type: ignore[no-untyped-def]
    """Make one explicit step of ``da/dt = curvature |grad a|`` by central differences.

    Parameters
    ----------
    before : (H, W) float32
    after : (H, W) float32
        Receives the result, 0 to 1; exactly `before` where nothing rises.
    time_step : float, up to 0.5
    """
    height, width = before.shape
    for y in prange(height):
        y0, y1 = max(y - 1, 0), min(y + 1, height - 1)
        for x in range(width):
            x0, x1 = max(x - 1, 0), min(x + 1, width - 1)
            here = before[y, x]
            across = (before[y, x1] - before[y, x0]) / np.float32(2)
            along = (before[y1, x] - before[y0, x]) / np.float32(2)
            slope = across * across + along * along
            if slope <= np.float32(1e-8):
                after[y, x] = here
                continue
            mixed = before[y1, x1] + before[y0, x0] - before[y1, x0] - before[y0, x1]
            bending = (
                along * along * (before[y, x0] - 2 * here + before[y, x1])
                - across * along * mixed / np.float32(2)
                + across * across * (before[y0, x] - 2 * here + before[y1, x])
            )
            after[y, x] = min(max(here + time_step * bending / slope, 0.0), 1.0)
