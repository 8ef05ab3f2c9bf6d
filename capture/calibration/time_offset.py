"""How much later one device's pictures are stamped than another's, from something that moves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

#: Offsets that are tried, and how finely at first.
_LARGEST_S, _STEP_S = 0.5, 0.005
#: Nothing is interpolated over longer gaps, in which the thing was not seen.
_LONGEST_GAP_S = 0.2
#: Fewer places in common tell nothing.
_LEAST_PLACES = 30
#: The error must rise by this factor from its minimum towards the ends of what is tried.
_LEAST_CONTRAST = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """Where a moving thing was in a device's pictures.

    Parameters
    ----------
    time_s : (n,) float64, rising, when each picture was stamped, seconds
    place : (n, k) float64, numbers that change with its place; k may differ between devices
    """

    time_s: FloatArray
    place: FloatArray


def time_offset_s(camera: Track, sensor: Track) -> float | None:
    """Return how much later the sensor's stamps are than the camera's for the same moment.

    Parameters
    ----------
    camera, sensor : Track
        Of one thing, on one clock.

    Returns
    -------
    float or None
        Seconds, positive when the sensor's stamps come later; None when the thing moved too
        little, or too steadily, to tell.

    Notes
    -----
    Of each offset an affine map from the sensor's places to the camera's is fitted; the right one
    leaves the least error. That needs no calibration, and is exact for a thing that keeps its
    distance; include its size in the sensor's place where it does not. Fails on offsets over half a
    second, and on motion that repeats faster than that.
    """
    offsets = np.arange(-_LARGEST_S, _LARGEST_S + _STEP_S / 2, _STEP_S)
    errors = np.array([_error(camera, sensor, offset) for offset in offsets])
    if not np.isfinite(errors).any():
        return None
    best = int(np.nanargmin(errors))
    if best in (0, len(offsets) - 1) or not np.isfinite(errors[best - 1 : best + 2]).all():
        return None
    if np.nanmin([np.nanmax(errors[:best]), np.nanmax(errors[best:])]) < (
        _LEAST_CONTRAST * errors[best]
    ):
        return None
    # The squared error is a parabola about its minimum.
    before, at, after = errors[best - 1 : best + 2] ** 2
    bend = before - 2 * at + after
    shift = 0.5 * (before - after) / bend if bend > 0 else 0.0
    return float(offsets[best] + shift * _STEP_S)


def _error(camera: Track, sensor: Track, offset_s: float) -> float:
    """Return the affine map's root mean square error at that offset, NaN when it is unknown."""
    wanted = camera.time_s + offset_s
    after = np.searchsorted(sensor.time_s, wanted)
    inside = (after > 0) & (after < len(sensor.time_s))
    if inside.any():
        gap = np.zeros_like(wanted)
        gap[inside] = np.diff(sensor.time_s)[after[inside] - 1]
        inside &= gap < _LONGEST_GAP_S
    if inside.sum() < _LEAST_PLACES:
        return float("nan")
    columns = [np.interp(wanted[inside], sensor.time_s, each) for each in sensor.place.T]
    known = np.column_stack([*columns, np.ones(int(inside.sum()))])
    target = camera.place[inside]
    fitted = known @ np.linalg.lstsq(known, target, rcond=None)[0]
    return float(np.sqrt(((fitted - target) ** 2).mean()))
