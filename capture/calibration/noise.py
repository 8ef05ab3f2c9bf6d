"""How much a depth sensor errs at which distance, learned from a set at rest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from devices.frames import DepthFrame, DepthNoise
from matting.imaging.errors import MismatchError

#: Readings so far apart share no noise, pixels.
_INDEPENDENT_PX = 4
#: Distances are told apart in so many bins of equal count, each of at least so many readings.
_BINS, _LEAST_IN_BIN = 24, 200


def learned_noise(frames: Sequence[DepthFrame]) -> DepthNoise:
    """Fit the noise model to what readings scatter about the surfaces of a set.

    Parameters
    ----------
    frames : sequence of DepthFrame
        Metric, of a set at rest with walls and floor and without a subject.

    Returns
    -------
    DepthNoise
        Its three terms, none negative, by least squares of the relative error.

    Raises
    ------
    MismatchError
        When depth is relative or too few readings are there.

    Notes
    -----
    What scatters is the second difference of readings four pixels apart, whose median magnitude
    passes over edges; so an error that stays from frame to frame counts as well, which a deviation
    over time would miss. Fails on a set that is rough all over, and outside of the distances that
    the set shows, where the model is no more than its continuation. A bias of the whole map is not
    seen.
    """
    from scipy.optimize import nnls

    if not all(frame.metric for frame in frames):
        raise MismatchError(frames[0].sensor, "its depth is relative", "use a metric sensor")
    distances, bends = (
        np.concatenate(parts)
        for parts in zip(*(_bends(frame.depth_m) for frame in frames), strict=True)
    )
    if len(distances) < _BINS * _LEAST_IN_BIN:
        raise MismatchError(
            frames[0].sensor or "depth sensor",
            f"has {len(distances)} readings with neighbours",
            "point it at walls and floor within its reach",
        )
    order = np.array_split(np.argsort(distances), _BINS)
    z = np.array([np.median(distances[one]) for one in order])
    sigma = np.array([np.median(bends[one]) for one in order]) / (0.6745 * np.sqrt(6.0))
    terms = np.stack([np.ones_like(z), z, z * z], axis=1)
    floor, linear, quadratic = nnls(terms / z[:, None], sigma / z)[0]
    return DepthNoise(float(floor), float(linear), float(quadratic))


def _bends(
    depth_m: npt.NDArray[np.float32],
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return distances and the magnitudes of second differences along rows, both metres."""
    step = _INDEPENDENT_PX
    middle = depth_m[:, step:-step]
    bend = np.abs(depth_m[:, 2 * step :] - 2 * middle + depth_m[:, : -2 * step])
    told = np.isfinite(bend)
    return middle[told], bend[told]
