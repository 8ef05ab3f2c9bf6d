"""Whole millimetres, as sensors count depth, and metres."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def depth_metres(millimetres: npt.NDArray[np.uint16]) -> npt.NDArray[np.float32]:
    """Return depth in metres.

    Parameters
    ----------
    millimetres : (H, W) uint16, 0 = no return

    Returns
    -------
    depth : (H, W) float32, metres along the optical axis, NaN = no return

    Examples
    --------
    >>> depth_metres(np.array([[0, 1500]], np.uint16))
    array([[nan, 1.5]], dtype=float32)
    """
    depth = millimetres.astype(np.float32) / np.float32(1000.0)
    depth[millimetres == 0] = np.nan
    return depth


def whole_millimetres(depth_m: npt.NDArray[np.float32]) -> npt.NDArray[np.uint16] | None:
    """Return the depth as whole millimetres if `depth_metres` gives it back bit for bit.

    Parameters
    ----------
    depth_m : (H, W) float32, metres along the optical axis, NaN = no return

    Returns
    -------
    millimetres : (H, W) uint16, 0 = no return; None when depth has fractions or is out of range
    """
    rounded = np.nan_to_num(np.rint(depth_m * np.float32(1000.0)), nan=0.0)
    if rounded.min(initial=0.0) < 0 or rounded.max(initial=0.0) > np.iinfo(np.uint16).max:
        return None
    millimetres = rounded.astype(np.uint16)
    return millimetres if np.array_equal(depth_metres(millimetres), depth_m, True) else None


def without_zero(depth_m: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Return depth as float32 metres, NaN for whatever is no distance: 0, negative, infinite."""
    depth = np.asarray(depth_m, np.float32)
    return np.where(np.isfinite(depth) & (depth > 0), depth, np.float32(np.nan))
