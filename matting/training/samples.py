"""Training samples packed into bytes: what the network is shown, and the true alpha."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from matting.guided_inputs import FARTHEST, INPUTS, NEAREST

FloatImage = npt.NDArray[np.float32]
Packed = npt.NDArray[np.uint8]

#: Each channel's least and greatest value, in the order of the inputs; alpha comes last.
LOW = (0,) * 5 + (NEAREST, 0) + (-1,) * 3 + (0,) + (0,)
HIGH = (1,) * 5 + (FARTHEST, 1) + (1,) * 3 + (1,) + (1,)


def packed(planes: Mapping[str, FloatImage], alpha: FloatImage) -> Packed:
    """Return a sample in bytes.

    Parameters
    ----------
    planes : mapping of str to (h, w, channels) float32
        As `matting.guided_inputs.guided_planes` gives them.
    alpha : (h, w) float32, 0 to 1, true

    Returns
    -------
    (h, w, 12) uint8
    """
    low, high = np.array(LOW, np.float32), np.array(HIGH, np.float32)
    values = np.concatenate([*(planes[name] for name in INPUTS), alpha[..., None]], axis=-1)
    return np.asarray(np.clip(np.round((values - low) / (high - low) * 255), 0, 255), np.uint8)


def unpacked(sample: Packed) -> FloatImage:
    """Return the (..., 12) float32 values of packed samples, each off by half a step at most."""
    low, high = np.array(LOW, np.float32), np.array(HIGH, np.float32)
    return np.asarray(sample.astype(np.float32) / 255 * (high - low) + low, np.float32)
