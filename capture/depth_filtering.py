"""Depth as measured to depth that can be believed: over time, without flying pixels, smoothed.

All of it happens in the sensor's own pixels, before registration. A pixel that is doubted becomes
NaN (unknown). Nothing is filled in: a hole says that the sensor does not know, and later stages let
colour decide there. Nothing is decimated either: an edge lost to a coarser grid does not come back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from devices.frames import DepthFrame, DepthNoise
from matting.imaging.errors import MismatchError

#: Two readings beside each other lie on two surfaces when they differ by more than this many
#: standard deviations...
STEP_SIGMAS = 3.0
#: ... and by more than this share of the distance (surfaces at a slant differ honestly).
STEP_SHARE = 0.02
#: ... and than this many times the difference that the surface shows before the step.
_SLOPES = 4.0
#: A reading has moved when it is off the median by this many deviations of what the frames scatter.
_MOVED_SIGMAS = 4.0

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


def filtered(frames: Sequence[DepthFrame]) -> DepthFrame:
    """Return the depth map to work with, from the newest frames of a sensor.

    Parameters
    ----------
    frames : sequence of DepthFrame, at least one, the newest last, all of one shape

    Returns
    -------
    DepthFrame
        The motion-gated median without flying pixels, smoothed within surfaces. Its noise is the
        median's, although less is left: what remains is alike among neighbours, and fusion that
        took it for less made worse mattes (docs/figures/depth_calibration.md). Relative depth,
        whose noise is not known in its own unit, is the median alone.

    Raises
    ------
    MismatchError
        When the frames differ in shape.
    """
    from capture.depth_smoothing import smoothed

    median = temporal_median(frames)
    if not median.metric:
        return median
    sigma_m = median.noise.sigma_m(median.depth_m)
    hanging = flying_pixels(median.depth_m, sigma_m)
    kept = np.where(hanging, np.float32(np.nan), median.depth_m)
    return replace(median, depth_m=smoothed(kept, sigma_m, median.confidence))


def _quieter(noise: DepthNoise, times: float) -> DepthNoise:
    return DepthNoise(noise.floor_m / times, noise.linear / times, noise.quadratic / times)


def temporal_median(frames: Sequence[DepthFrame]) -> DepthFrame:
    """Return one depth map from several: the median where the set is still, else the newest.

    Parameters
    ----------
    frames : sequence of DepthFrame, at least one, the newest last, all of one shape

    Returns
    -------
    DepthFrame
        Per pixel the median of the readings, NaN where fewer than half of the frames had one; where
        something moved, the newest frame's reading, or NaN if that has none. The mean of the
        confidences, and the noise model of one frame divided by sqrt(n * 2/pi), the standard error
        of a median; the confidence of a reading of one frame is lowered by the square of that,
        which is what its greater noise costs in log-odds.

    Raises
    ------
    MismatchError
        When the frames differ in shape.

    Notes
    -----
    A pixel has moved when most of its 3x3 neighbourhood lies off the median by more than four
    deviations in the newest frame, or has lost its reading. The deviation is the sensor's, or what
    the frames scatter about their median (MAD) over the whole map when that is more. Fails on
    motion that is smaller than that, which is smeared.
    """
    first = frames[0]
    if any(frame.depth_m.shape != first.depth_m.shape for frame in frames):
        raise MismatchError(
            first.sensor or "depth frames", "frames of different sizes", "use one sensor mode"
        )
    if len(frames) == 1:
        return first
    stack = np.stack([frame.depth_m for frame in frames])
    median = _median(stack)
    moved = _moved(frames[-1], median, stack)
    gain = float(np.sqrt(len(frames) * 2.0 / np.pi))
    maps = [frame.confidence for frame in frames if frame.confidence is not None]
    confidence = np.ones_like(median) if not maps else np.asarray(np.mean(maps, 0), np.float32)
    single = np.float32(gain**-2)
    return replace(
        frames[-1],
        depth_m=np.where(moved, frames[-1].depth_m, median),
        confidence=np.where(moved, single * confidence, confidence),
        noise=_quieter(first.noise, gain),
    )


def _median(stack: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the median over the first axis, NaN where fewer than half are numbers."""
    count = len(stack)
    returns = np.isfinite(stack).sum(axis=0)
    # Sorting puts NaN last, so the median of the n readings lies about index n/2 (and is much
    # faster than nanmedian).
    ordered = np.sort(stack, axis=0)
    lower, upper = (np.maximum(returns - 1, 0) // 2)[None], (returns // 2)[None]
    upper = np.minimum(upper, count - 1)
    middle = np.take_along_axis(ordered, lower, 0) + np.take_along_axis(ordered, upper, 0)
    return np.where(returns * 2 >= count, 0.5 * middle[0], np.float32(np.nan))


def _moved(
    newest: DepthFrame, median: npt.NDArray[np.float32], stack: npt.NDArray[np.float32]
) -> npt.NDArray[np.bool_]:
    """Tell where the newest frame shows something else than the median."""
    import cv2

    sigma = newest.noise.sigma_m(median)
    with np.errstate(invalid="ignore", divide="ignore"):
        # A few thousand pixels tell how far the sensor is noisier than it says.
        some = np.s_[::4, ::4]
        deviation = _median(np.abs(stack[:, *some] - median[some])) / (0.6745 * sigma[some])
        told = deviation[np.isfinite(deviation)]
        noisier = max(1.0, float(np.median(told))) if told.size else 1.0
        off = np.abs(newest.depth_m - median) > _MOVED_SIGMAS * noisier * sigma
    lost = np.isnan(newest.depth_m) & np.isfinite(median)
    return np.asarray(cv2.medianBlur((off | lost).astype(np.uint8), 3) > 0)


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


def flying_pixels(
    depth_m: npt.NDArray[np.float32], sigma_m: npt.NDArray[np.float32]
) -> npt.NDArray[np.bool_]:
    """Return readings that hang between two surfaces.

    A sensor's pixel that straddles an edge reports a distance where nothing is, with full
    confidence.

    Parameters
    ----------
    depth_m : (H, W) float32, metres, in the sensor's own pixels, NaN = no return
    sigma_m : (H, W) float32, metres, the sensor's standard deviation there

    Returns
    -------
    (H, W) bool
        True where, along a row, a column or a diagonal, depth steps from one side's surface to the
        reading and on to the other side's in the same direction; a hole counts as far. A step is
        three deviations, 2 % of the distance, and four times what the surface changes before it.

    Notes
    -----
    Fails where an edge is mixed over more than one pixel, or fattened beside the mixed one.
    """
    step = np.maximum(STEP_SIGMAS * sigma_m, STEP_SHARE * depth_m)
    padded = np.pad(depth_m, 2, mode="edge")
    height, width = depth_m.shape

    def beside(down: int, right: int) -> npt.NDArray[np.float32]:
        return padded[2 + down : 2 + down + height, 2 + right : 2 + right + width]

    flying = np.zeros(depth_m.shape, bool)
    with np.errstate(invalid="ignore"):
        for down, right in ((0, 1), (1, 0), (1, 1), (1, -1)):
            rises = [
                _rise(depth_m, beside(way * down, way * right),
                      beside(2 * way * down, 2 * way * right), step)
                for way in (-1, 1)
            ]  # fmt: skip
            flying |= rises[0] * rises[1] < 0
    return flying


def _rise(
    depth_m: npt.NDArray[np.float32],
    beside_m: npt.NDArray[np.float32],
    beyond_m: npt.NDArray[np.float32],
    step_m: npt.NDArray[np.float32],
) -> npt.NDArray[np.int8]:
    """Return 1 where depth steps up to its neighbour or there is a hole, -1 down, 0 neither."""
    rise = beside_m - depth_m
    slope = np.nan_to_num(np.abs(beyond_m - beside_m))
    steps = (np.abs(rise) > step_m) & (np.abs(rise) > _SLOPES * slope)
    signed = np.where(steps, np.sign(rise), 0)
    return np.where(np.isnan(beside_m), 1, signed).astype(np.int8)


def without_steps(
    depth_m: npt.NDArray[np.float32], sigma_m: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """Return the depth with both sides of each step made unknown.

    At a silhouette a sensor fattens what is near, and colour decides better anyway; a gap also
    parts things for the clustering.

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
    step = span > np.maximum(STEP_SIGMAS * sigma_m, STEP_SHARE * depth_m)
    return np.where(step, np.float32(np.nan), depth_m)
