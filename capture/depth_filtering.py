"""Depth as measured to depth that can be believed: temporal median and flying-pixel removal.

A pixel that is doubted becomes NaN (unknown). Nothing is filled in: a hole says that the sensor
does not know, and later stages let colour decide there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from devices.frames import DepthFrame
from matting.imaging.errors import MismatchError

#: A reading is flying when its 3x3 neighbourhood spans more than this many standard deviations...
FLYING_SIGMAS = 3.0
#: ... and more than this share of the distance (surfaces at a slant span some depth honestly).
FLYING_SHARE = 0.02

#: Readings this far apart share no noise, pixels.
_INDEPENDENT_PX = 4


def scatter(depth_m: npt.NDArray[np.float32], sigma_m: npt.NDArray[np.float32]) -> float:
    """Return how much readings scatter, in the standard deviations that the sensor states.

    Parameters
    ----------
    depth_m : (H, W) float32, metres, NaN = no return
    sigma_m : (H, W) float32, metres, the sensor's standard deviation there

    Returns
    -------
    float
        The median absolute second difference along rows, over what it would be of a plane with
        normal noise: 1 when the sensor says the truth. 0 without readings.

    Notes
    -----
    Second differences vanish on planes, and the median passes over edges. Fails on a set that is
    rough all over, whose relief counts as noise.
    """
    step = _INDEPENDENT_PX
    bend = depth_m[:, 2 * step :] - 2 * depth_m[:, step:-step] + depth_m[:, : -2 * step]
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.abs(bend) / (np.sqrt(6.0) * sigma_m[:, step:-step])
    told = relative[np.isfinite(relative)]
    return float(np.median(told) / 0.6745) if told.size else 0.0


def temporal_median(frames: Sequence[DepthFrame]) -> DepthFrame:
    """Return one depth map from several of a still set.

    Parameters
    ----------
    frames : sequence of DepthFrame, at least one, all of one shape

    Returns
    -------
    DepthFrame
        Per pixel the median of the readings, NaN where fewer than half of the frames had one.
        The mean of the confidences, and the noise model of one frame divided by sqrt(n * 2/pi),
        the standard error of a median.

    Raises
    ------
    MismatchError
        When the frames differ in shape.

    Notes
    -----
    Anything that moved between the frames is smeared; take one frame then.
    """
    first = frames[0]
    if any(frame.depth_m.shape != first.depth_m.shape for frame in frames):
        raise MismatchError(
            first.sensor or "depth frames", "frames of different sizes", "use one sensor mode"
        )
    if len(frames) == 1:
        return first
    stack = np.stack([frame.depth_m for frame in frames])
    returns = np.isfinite(stack).sum(axis=0)
    # Sorting puts NaN last, so the median of the n readings lies about index n/2 (and is much
    # faster than nanmedian).
    stack.sort(axis=0)
    lower, upper = (np.maximum(returns - 1, 0) // 2)[None], (returns // 2)[None]
    upper = np.minimum(upper, len(frames) - 1)
    middle = np.take_along_axis(stack, lower, 0) + np.take_along_axis(stack, upper, 0)
    median = np.where(returns * 2 >= len(frames), 0.5 * middle[0], np.float32(np.nan))
    gain = float(np.sqrt(len(frames) * 2.0 / np.pi))
    noise = first.noise
    confidence = None
    if first.confidence is not None:
        maps = [frame.confidence for frame in frames if frame.confidence is not None]
        confidence = np.asarray(np.mean(maps, axis=0), np.float32)
    return replace(
        first,
        depth_m=median,
        confidence=confidence,
        noise=replace(
            noise,
            floor_m=noise.floor_m / gain,
            linear=noise.linear / gain,
            quadratic=noise.quadratic / gain,
        ),
    )


def range_3x3(depth_m: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the largest minus the smallest valid depth in each 3x3 neighbourhood.

    Parameters
    ----------
    depth_m : (H, W) float32, metres, NaN = no return

    Returns
    -------
    (H, W) float32, metres, 0 where the neighbourhood holds one reading, NaN where it holds none
    """
    import cv2

    kernel = np.ones((3, 3), np.uint8)
    valid = np.isfinite(depth_m)
    # Finite sentinels: OpenCV's morphology turns infinities into the largest float.
    far = np.float32(1e9)
    high = cv2.dilate(np.where(valid, depth_m, -far), kernel)
    low = cv2.erode(np.where(valid, depth_m, far), kernel)
    return np.where(low < far, high - low, np.float32(np.nan)).astype(np.float32)


def without_flying_pixels(
    depth_m: npt.NDArray[np.float32], sigma_m: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """Return the depth with readings that hang between two surfaces made unknown.

    A sensor's pixel that straddles an edge reports a distance where nothing is, with full
    confidence. Both sides of each depth step are dropped: which of the two is wrong cannot be
    told from one frame, and at a silhouette colour decides better anyway.

    Parameters
    ----------
    depth_m : (H, W) float32, metres, NaN = no return
    sigma_m : (H, W) float32, metres, the sensor's standard deviation there

    Returns
    -------
    (H, W) float32, metres, NaN = unknown

    Notes
    -----
    Fails on surfaces steeper than 2 % of the distance per pixel, which it drops as well.
    """
    span = range_3x3(depth_m)
    flying = span > np.maximum(FLYING_SIGMAS * sigma_m, FLYING_SHARE * depth_m)
    return np.where(flying, np.float32(np.nan), depth_m)
