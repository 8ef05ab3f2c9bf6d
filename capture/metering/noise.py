"""Noise of a photograph, by photon transfer: variance against mean, block by block.

Light arrives in grains, so that a sensor's variance grows in a line with its mean: read noise at
black, shot noise on top; pixels that differ in their gain add a part that grows with the mean's
square (ISO 15739, EMVA 1288). Small blocks over the whole picture each give a mean and a variance;
those with texture are sorted out, and the curve is fitted to the rest. Of two photographs of one
scene the difference holds no texture, so that no block need be flat.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from matting.imaging.curves import Transfer

_MID_GREY = 0.18
_BLOCK_PX = 16
#: Tiles of 4 x 4 blocks, so many across and down, are looked at; the rest is more of the same.
_TILE_PX, _TILES = 64, (16, 12)
#: Means outside of these are clipped, or so dark that codes are coarser than the noise.
_DARKEST, _BRIGHTEST = 0.01, 0.85
#: Blocks up to this multiple of the quietest tenth of their kind are flat.
_FLAT = 1.3
_MEAN_BINS = 12
_LEAST_BLOCKS = 24
#: Immerkær's mask, blind to slopes; its own gain on white noise is 6.
_MASK = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32) / 6


@dataclass(frozen=True, slots=True)
class Noise:
    """The green channel's photon transfer: ``read + shot * mean + (pattern * mean) ** 2``.

    Parameters
    ----------
    read : float, variance at black, of linear light squared, 1 = full scale
    shot : float, variance a unit of mean
    pattern : float
        Deviation of the pixels' gains (PRNU), as a share of the light; 0 of two photographs,
        between which it does not change.
    frames : int, 1 or 2
        How many photographs it was measured on.
    """

    read: float
    shot: float
    pattern: float = 0.0
    frames: int = 1

    @property
    def signal_to_noise(self) -> float:
        """Return the mean over the deviation at 18 % grey."""
        variance = self.read + self.shot * _MID_GREY + (self.pattern * _MID_GREY) ** 2
        return _MID_GREY / math.sqrt(max(variance, 1e-12))

    @property
    def electrons_at_white(self) -> float:
        """Return the gain: so many grains of light make full scale; infinite without shot noise."""
        return 1.0 / self.shot if self.shot > 0 else math.inf


def photon_transfer(
    codes: npt.NDArray[Any], transfer: Transfer, again: npt.NDArray[Any] | None = None
) -> Noise | None:
    """Measure the noise of a photograph, or return None without enough blocks that tell it.

    Parameters
    ----------
    codes : (H, W, 3) uint8 or uint16, encoded, at full resolution
    transfer : Transfer
    again : like `codes`, or None
        A second photograph of the same scene with the same settings.

    Notes
    -----
    What was smoothed (by the camera, by JPEG below quality 95, by a demosaic) shows less noise
    than the sensor had, and of one photograph fine texture everywhere shows more. Two show the
    noise that changes from one to the other: a sensor's fixed pattern (PRNU) is not in it, and
    neither is a lamp that fires brighter, for each block's mean is taken off. Where the scene has
    moved, blocks are louder than their like and are left out.

    References
    ----------
    Immerkær 1996, doi 10.1006/cviu.1996.0060 (the mask); Janesick 2007, Photon Transfer.
    """
    if again is not None and again.shape != codes.shape:
        raise ValueError(f"two frames of one size are wanted, not {codes.shape}, {again.shape}")
    means, variances = [], []
    height, width = codes.shape[:2]
    for top in _starts(height, _TILES[1]):
        for left in _starts(width, _TILES[0]):
            tile = (slice(top, top + _TILE_PX), slice(left, left + _TILE_PX))
            green = transfer.decode(codes[tile])[..., 1]
            if again is None:
                mean, variance = _blocks(green)
            else:
                mean, variance = _blocks_of_two(green, transfer.decode(again[tile])[..., 1])
            means.append(mean)
            variances.append(variance - _rounding(mean, codes.dtype, transfer))
    if not means:
        return None
    mean, variance = np.concatenate(means), np.concatenate(variances)
    flat = _flat(mean, variance)
    if flat.sum() < _LEAST_BLOCKS:
        return None
    alone = again is None
    read, shot, pattern = _curve(mean[flat], variance[flat], fixed_pattern=alone)
    return Noise(read, shot, pattern, frames=1 if alone else 2)


def _starts(length: int, count: int) -> list[int]:
    if length < _TILE_PX:
        return []
    return sorted({round(start) for start in np.linspace(0, length - _TILE_PX, count)})


def _blocks(
    green: npt.NDArray[np.float32],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return mean and noise variance of each block of a tile."""
    import cv2

    residue = cv2.filter2D(green, -1, _MASK)
    return _block_means(green), _block_means(residue * residue)


def _blocks_of_two(
    green: npt.NDArray[np.float32], again: npt.NDArray[np.float32]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return mean and noise variance of each block of two alike tiles, half of the difference's."""
    difference = green - again
    variance = _block_means(difference * difference) - _block_means(difference) ** 2
    pixels = _BLOCK_PX * _BLOCK_PX
    return _block_means(0.5 * (green + again)), 0.5 * variance * pixels / (pixels - 1)


def _block_means(image: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    import cv2

    size = (image.shape[1] // _BLOCK_PX, image.shape[0] // _BLOCK_PX)
    means = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return np.asarray(means.ravel(), np.float64)


def _rounding(
    mean: npt.NDArray[np.float64], dtype: np.dtype[Any], transfer: Transfer
) -> npt.NDArray[np.float64]:
    """Return the variance that rounding to codes adds at these means: a step squared over 12."""
    top = np.iinfo(dtype).max
    codes = np.linspace(0, top, 256).astype(dtype)
    light = transfer.decode(np.repeat(codes[:, None, None], 3, axis=2))[:, 0, 1].astype(np.float64)
    step = np.gradient(light) * 255 / top
    return np.asarray(np.interp(mean, light, step) ** 2 / 12)


def _flat(
    mean: npt.NDArray[np.float64], variance: npt.NDArray[np.float64]
) -> npt.NDArray[np.bool_]:
    """Return the blocks that are as quiet as the quietest of their brightness."""
    usable = (mean > _DARKEST) & (mean < _BRIGHTEST) & (variance > 0)
    edges = np.geomspace(_DARKEST, _BRIGHTEST, _MEAN_BINS + 1)
    number = np.digitize(mean, edges)
    flat = np.zeros(len(mean), bool)
    for which in range(1, _MEAN_BINS + 1):
        here = usable & (number == which)
        if here.sum() >= 8:
            # Within a bin the mean spans a factor; shot noise is taken out of the comparison.
            level = variance / mean
            flat |= here & (level <= _FLAT * np.percentile(level[here], 25.0))
    return flat


def _curve(
    mean: npt.NDArray[np.float64], variance: npt.NDArray[np.float64], fixed_pattern: bool
) -> tuple[float, float, float]:
    """Fit the curve, each block weighted by its own variance; no part of it is below zero."""
    from scipy.optimize import nnls

    terms = [np.ones_like(mean), mean] + ([mean * mean] if fixed_pattern else [])
    weight = 1.0 / mean
    parts, _ = nnls(np.stack(terms, axis=1) * weight[:, None], variance * weight)
    pattern = math.sqrt(parts[2]) if fixed_pattern else 0.0
    return float(parts[0]), float(parts[1]), pattern
