"""Fine patterns: weaves and stripes near the sensor's limit, which turn into moiré.

Where a fabric's period comes down to two or three pixels, the picture's spectrum has a sharp line
near the Nyquist frequency; beyond it the pattern aliases into coloured bands that no matting and
no retouching takes out. Such a line is looked for in patches of the subject.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

FloatImage = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

#: Side of a patch, pixels of the photograph.
_PATCH_PX = 64
#: Frequencies looked at, cycles a pixel; Nyquist is 0.5.
_LOWEST, _HIGHEST = 0.3, 0.5
#: A line stands so far over the median power of its neighbourhood. Noise alone reaches some 15.
_LINE_OVER_MEDIAN = 60.0
#: And is no fainter than this, codes of 0 to 1: what can be seen.
_LEAST_AMPLITUDE = 0.004
#: A line where JPEG's blocks make one stands so far over theirs at 1/4 cycle a pixel.
_OVER_BLOCKS = 10.0
_MOST_PATCHES = 96


@dataclass(frozen=True, slots=True)
class FinePatterns:
    """How much of the subject carries a fine pattern.

    Parameters
    ----------
    share : float, of the patches looked at, 0 to 1
    period_px : float
        Of the strongest, pixels; NaN when there is none.
    box : (x, y, width, height) or None, pixels of the photograph
        Of the patch with the strongest.
    """

    share: float
    period_px: float
    box: tuple[int, int, int, int] | None


def fine_patterns(codes: npt.NDArray[Any], inside: npt.NDArray[np.bool_]) -> FinePatterns | None:
    """Look for fine patterns on the subject, or return None when no patch lies within it.

    Parameters
    ----------
    codes : (H, W) uint8 or uint16, encoded, one channel at the photograph's own resolution
    inside : (h, w) bool, True on the subject, covering the same view at any size

    Notes
    -----
    A pattern finer than the sensor resolves has aliased already and is not found. Lines at
    multiples of 1/8 cycle a pixel along the axes are JPEG's own blocks, unless they stand far over
    the line at 1/4, which blocks make stronger than those beyond. Of a JPEG of quality 40 one
    patch in sixteen passed for a pattern in a trial, of quality 75 none.
    """
    corners = _patches_within(codes.shape, inside)
    if not corners:
        return None
    strongest, where, period, found = 0.0, None, float("nan"), 0
    for x, y in corners:
        patch = codes[y : y + _PATCH_PX, x : x + _PATCH_PX].astype(np.float32)
        excess, patch_period = _line(patch / np.float32(np.iinfo(codes.dtype).max))
        if excess > 1.0:
            found += 1
        if excess > max(1.0, strongest):
            strongest, period, where = excess, patch_period, (x, y, _PATCH_PX, _PATCH_PX)
    return FinePatterns(found / len(corners), period, where)


def _patches_within(shape: tuple[int, ...], inside: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return the corners of patches that lie on the subject as a whole, spread evenly."""
    height, width = shape
    scale_y, scale_x = inside.shape[0] / height, inside.shape[1] / width
    corners = [
        (x, y)
        for y in range(0, height - _PATCH_PX + 1, _PATCH_PX)
        for x in range(0, width - _PATCH_PX + 1, _PATCH_PX)
        if inside[
            int(y * scale_y) : int(np.ceil((y + _PATCH_PX) * scale_y)),
            int(x * scale_x) : int(np.ceil((x + _PATCH_PX) * scale_x)),
        ].all()
    ]
    step = max(1, len(corners) // _MOST_PATCHES)
    return corners[::step]


def _line(patch: FloatImage) -> tuple[float, float]:
    """Return how far the strongest line exceeds what counts as one, and its period in pixels."""
    window = np.hanning(_PATCH_PX)[:, None] * np.hanning(_PATCH_PX)[None, :]
    spectrum = np.abs(np.fft.rfft2((patch - patch.mean()) * window)) ** 2
    no_block = _ON_BLOCKS & (spectrum > _OVER_BLOCKS * float(spectrum[_AT_QUARTER].max()))
    power = np.where(_LOOKED_AT | no_block, spectrum, 0.0)
    strongest = np.unravel_index(int(np.argmax(power)), power.shape)
    peak = float(power[strongest])
    if peak == 0.0 or _at_half(spectrum, strongest) > peak:  # black or clipped; a harmonic
        return 0.0, math.nan
    # A sine of amplitude a comes out as a times half the window's sum.
    amplitude = 2.0 * np.sqrt(peak) / float(window.sum())
    over_median = peak / max(float(np.median(spectrum[_LOOKED_AT])), 1e-12)
    excess = min(over_median / _LINE_OVER_MEDIAN, amplitude / _LEAST_AMPLITUDE)
    return excess, 1.0 / float(_FREQUENCY[strongest])


def _at_half(spectrum: npt.NDArray[np.float64], place: tuple[np.intp, ...]) -> float:
    """Return the power at half of a frequency: of coarse stripes their harmonic is no weave."""
    down = int(place[0]) - (_PATCH_PX if place[0] > _PATCH_PX // 2 else 0)
    rows = [(down // 2 + k) % _PATCH_PX for k in (-1, 0, 1, 2)]
    across = int(place[1]) // 2
    return float(spectrum[rows, max(0, across - 1) : across + 3].max())


def _axes() -> tuple[npt.NDArray[np.float64], Mask, Mask, Mask]:
    """Return frequencies, and where lines are looked for, blocks make one, and make one at 1/4."""
    down = np.abs(np.fft.fftfreq(_PATCH_PX))[:, None]
    across = np.fft.rfftfreq(_PATCH_PX)[None, :]
    frequency = np.hypot(down, across)
    near = 1.5 / _PATCH_PX
    blocks = [np.abs(axis * 8 - np.round(axis * 8)) < 8 * near for axis in (down, across)]
    jpeg = ((across < near) & blocks[0]) | ((down < near) & blocks[1])
    fine = (frequency >= _LOWEST) & (frequency <= _HIGHEST)
    return frequency, fine & ~jpeg, fine & jpeg, jpeg & (np.abs(frequency - 0.25) < 2 * near)


_FREQUENCY, _LOOKED_AT, _ON_BLOCKS, _AT_QUARTER = _axes()
