"""The subject's own colour where it mixes with the background's.

The method: find smooth foreground and background colours that mix to the picture by alpha,
``I = alpha F + (1 - alpha) B``, most smooth where alpha changes. It is solved from the coarsest
to the finest size, a few relaxation sweeps each.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matting.imaging.errors import MismatchError
from matting.threads import kernel_lock

FloatImage = npt.NDArray[np.float32]


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
    large_iterations: int = 6


def estimate_foreground(
    linear: FloatImage, alpha: FloatImage, parameters: ForegroundParameters | None = None
) -> FloatImage:
    """Return the foreground's straight colours.

    Parameters
    ----------
    linear : (H, W, 3) float32, linear light, 0 = black, may exceed 1
    alpha : (H, W) float32, 0 to 1
    parameters : ForegroundParameters or None

    Returns
    -------
    (H, W, 3) float32, linear light, straight; exactly `linear` where alpha is 1; where alpha is 0
    a continuation of the colours nearby; the same bits on any number of threads

    Raises
    ------
    MismatchError
        The arrays do not fit each other.

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
        levels.append((_halved(levels[-1][0]), _halved(levels[-1][1])))
    brightest = max(1.0, float(linear.max()))
    foreground = _mean_colour(linear, alpha > 0.9)
    background = _mean_colour(linear, alpha < 0.1)
    while levels:
        image, coverage = levels.pop()
        foreground, background = _enlarged(foreground, coverage), _enlarged(background, coverage)
        _relax(image, coverage, foreground, background, settings, brightest)
    return foreground


def _relax(
    image: FloatImage,
    alpha: FloatImage,
    foreground: FloatImage,
    background: FloatImage,
    settings: ForegroundParameters,
    brightest: float,
) -> None:
    from matting.foreground_kernels import relax

    small = max(alpha.shape) <= settings.small_side_px
    with kernel_lock:
        relax(
            image,
            alpha,
            foreground,
            background,
            settings.small_iterations if small else settings.large_iterations,
            np.float32(settings.regularisation),
            np.float32(settings.gradient_weight),
            np.float32(brightest),
            not small,
        )


def _mean_colour(linear: FloatImage, where: npt.NDArray[np.bool_]) -> FloatImage:
    """Return (1, 1, 3) float32: the mean of the chosen pixels, black if there is none."""
    import cv2

    mean = cv2.mean(linear, where.view(np.uint8))[:3]
    return np.array(mean, dtype=np.float32).reshape(1, 1, 3)


def _halved(image: FloatImage) -> FloatImage:
    import cv2

    height, width = image.shape[:2]
    size = ((width + 1) // 2, (height + 1) // 2)
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_NEAREST), dtype=np.float32)


def _enlarged(colours: FloatImage, like: FloatImage) -> FloatImage:
    import cv2

    size = (like.shape[1], like.shape[0])
    return np.asarray(cv2.resize(colours, size, interpolation=cv2.INTER_LINEAR), dtype=np.float32)
