"""The subject's own colour where it mixes with the background's.

The method: find smooth foreground and background colours that mix to the picture by alpha,
``I = alpha F + (1 - alpha) B``, most smooth where alpha changes. It is solved from the coarsest
to the finest size, a few relaxation sweeps each.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matting.cancelling import stop_if
from matting.imaging.errors import MismatchError
from matting.threads import kernel_lock

FloatImage = npt.NDArray[np.float32]

_PIXELS_A_CALL = 1_000_000
#: The size at which the mean colours are taken that the coarsest level starts from.
_SAMPLE_PIXELS = 1_000_000


@dataclass(frozen=True, slots=True)
class ForegroundParameters:
    """How colours are estimated.

    Parameters
    ----------
    regularisation, gradient_weight : float
        A pair of neighbours is tied by ``regularisation + gradient_weight * |alpha step|``.
    small_side_px : int
        Levels up to this size get `small_iterations`; larger ones get `large_iterations`, and
        these in the band alone.
    """

    regularisation: float = 1e-5
    gradient_weight: float = 1.0
    small_side_px: int = 32
    small_iterations: int = 10
    large_iterations: int = 2


def estimate_foreground(
    linear: FloatImage,
    alpha: FloatImage,
    parameters: ForegroundParameters | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> FloatImage:
    """Return the foreground's straight colours.

    Parameters
    ----------
    linear : (H, W, 3) float32, linear light, 0 = black, may exceed 1
    alpha : (H, W) float32, 0 to 1
    parameters : ForegroundParameters or None
    cancelled : callable or None
        Asked every few million pixels; True ends the work.

    Returns
    -------
    (H, W, 3) float32, linear light, straight; exactly `linear` where alpha is 1; where alpha is 0
    a continuation of the colours nearby; the same bits on any number of threads

    Raises
    ------
    MismatchError
        The arrays do not fit each other.
    MattingCancelledError
        `cancelled` returned True.

    Notes
    -----
    Fails where alpha is wrong: the error goes into the colour.

    References
    ----------
    Germer, Uelwer, Conrad, Harmeling 2020, doi 10.1109/ICPR48806.2021.9413160.
    """
    if linear.shape != (*alpha.shape, 3):
        raise MismatchError(
            "alpha",
            f"has shape {alpha.shape}, the picture {linear.shape}",
            "Give the alpha of this very picture",
        )
    settings = parameters or ForegroundParameters()
    levels = [(np.ascontiguousarray(linear), np.ascontiguousarray(alpha))]
    while max(levels[-1][1].shape) > 1:
        stop_if(cancelled)
        levels.append((_halved(levels[-1][0]), _halved(levels[-1][1])))
    stop_if(cancelled)
    brightest = max(1.0, float(linear.max()))
    sample, coverage = next(level for level in levels if level[1].size <= _SAMPLE_PIXELS)
    foreground = _mean_colour(sample, coverage > 0.9)
    background = _mean_colour(sample, coverage < 0.1)
    while levels:
        image, coverage = levels.pop()
        foreground = _started(image, coverage, foreground, 1.0, cancelled)
        background = _started(image, coverage, background, 0.0, cancelled)
        _relax(image, coverage, foreground, background, settings, brightest, cancelled)
    return foreground


def _started(
    image: FloatImage,
    alpha: FloatImage,
    coarse: FloatImage,
    known: float,
    cancelled: Callable[[], bool] | None,
) -> FloatImage:
    from matting.foreground_kernels import start

    colours = np.empty_like(image)
    rows = 1 + _PIXELS_A_CALL // alpha.shape[1]
    with kernel_lock:
        for top in range(0, alpha.shape[0], rows):
            stop_if(cancelled)
            bottom = min(top + rows, alpha.shape[0])
            start(image, alpha, coarse, top, bottom, np.float32(known), colours)
    return colours


def _relax(
    image: FloatImage,
    alpha: FloatImage,
    foreground: FloatImage,
    background: FloatImage,
    settings: ForegroundParameters,
    brightest: float,
    cancelled: Callable[[], bool] | None,
) -> None:
    """Visit the pixels like the fields of a chessboard, first one colour, then the other."""
    from matting.foreground_kernels import relax

    small = max(alpha.shape) <= settings.small_side_px
    stop_if(cancelled)
    fields = _fields(alpha, everywhere=small)
    for _ in range(settings.small_iterations if small else settings.large_iterations):
        for pixels in fields:
            for first in range(0, len(pixels), _PIXELS_A_CALL):
                stop_if(cancelled)
                with kernel_lock:
                    relax(
                        image,
                        alpha,
                        foreground,
                        background,
                        pixels[first : first + _PIXELS_A_CALL],
                        np.float32(settings.regularisation),
                        np.float32(settings.gradient_weight),
                        np.float32(brightest),
                    )


def _fields(
    alpha: FloatImage, everywhere: bool
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Return rows and columns of what is relaxed: the band's white and its black fields."""
    from matting.foreground_kernels import count_band, list_band

    counts = np.empty((2, alpha.shape[0]), np.int64)
    with kernel_lock:
        count_band(alpha, everywhere, counts)
        white, black = (np.empty((total, 2), np.int32) for total in counts.sum(axis=1))
        list_band(alpha, everywhere, np.cumsum(counts, axis=1) - counts, white, black)
    return white, black


def _mean_colour(linear: FloatImage, where: npt.NDArray[np.bool_]) -> FloatImage:
    """Return (1, 1, 3) float32: the mean of the chosen pixels, black if there is none."""
    import cv2

    mean = cv2.mean(linear, where.view(np.uint8))[:3]
    return np.array(mean, dtype=np.float32).reshape(1, 1, 3)


def _halved(image: FloatImage) -> FloatImage:
    return np.ascontiguousarray(image[::2, ::2])
