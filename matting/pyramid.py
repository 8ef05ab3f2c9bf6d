"""A picture with its trimap at full, half, quarter ... size."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from matting.cancelling import stop_if
from matting.trimap import BACKGROUND, FOREGROUND, UNKNOWN, Trimap

FloatImage = npt.NDArray[np.float32]
_PIXELS_A_STRIP = 1_000_000
_Number = TypeVar("_Number", np.float32, np.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """One size of a picture.

    Parameters
    ----------
    rgb : (H, W, 3) float32, C-contiguous, *encoded* values, 0 to 1
    trimap : (H, W) uint8, 0 background, 255 foreground, all else unknown
    """

    rgb: FloatImage
    trimap: Trimap

    @property
    def unknown(self) -> npt.NDArray[np.bool_]:
        """Return (H, W) bool: what is to be solved."""
        return np.asarray((self.trimap != FOREGROUND) & (self.trimap != BACKGROUND))


def halved(level: Level, cancelled: Callable[[], bool] | None = None) -> Level:
    """Return the level at half its size, odd sides rounded up.

    A pixel is known when all four that it replaces are, and agree. `cancelled` is asked every
    few million pixels.

    Raises
    ------
    MattingCancelledError
        `cancelled` returned True.
    """
    height, width = level.trimap.shape
    half = (-(-height // 2), -(-width // 2))
    rgb = np.empty((*half, 3), np.float32)
    trimap = np.full(half, UNKNOWN, np.uint8)
    rows = max(2, _PIXELS_A_STRIP // width // 2 * 2)
    for top in range(0, height, rows):
        stop_if(cancelled)
        strip, into = np.s_[top : top + rows], np.s_[top // 2 : (top + rows) // 2]
        rgb[into] = halved_mean(level.rgb[strip])
        quarters = _quarters(level.trimap[strip])
        for value in (BACKGROUND, FOREGROUND):
            alike = quarters[0] == value
            for quarter in quarters[1:]:
                alike &= quarter == value
            trimap[into][alike] = value
    return Level(rgb, trimap)


def halved_mean(image: FloatImage) -> FloatImage:
    """Return (H/2, W/2) or (H/2, W/2, C) float32: means of four, odd sides rounded up."""
    import cv2

    even = _even(image)
    size = (even.shape[1] // 2, even.shape[0] // 2)
    return np.asarray(cv2.resize(even, size, interpolation=cv2.INTER_AREA), np.float32)


def _quarters(image: npt.NDArray[np.uint8]) -> list[npt.NDArray[np.uint8]]:
    """Return the four pixels that each pixel of half the size replaces."""
    even = _even(image)
    return [even[y::2, x::2] for y in (0, 1) for x in (0, 1)]


def _even(image: npt.NDArray[_Number]) -> npt.NDArray[_Number]:
    pad = [(0, side % 2) for side in image.shape[:2]] + [(0, 0)] * (image.ndim - 2)
    if not any(after for _, after in pad):
        return image
    return np.pad(image, pad, mode="edge")
