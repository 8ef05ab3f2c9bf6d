"""From a picture and a trimap to a matte: alpha, then the foreground's own colours."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from matting.band_solver import BandSolverParameters, closed_form_alpha
from matting.foreground import ForegroundParameters, estimate_foreground
from matting.imaging.curves import SRGB_CURVE
from matting.imaging.pixels import EncodedPicture
from matting.matte import Matte
from matting.trimap import validate_trimap

FloatImage = npt.NDArray[np.float32]


def cut_out(
    picture: EncodedPicture,
    trimap: npt.NDArray[np.uint8],
    *,
    prior: FloatImage | None = None,
    prior_weight: FloatImage | float | None = None,
    solver: BandSolverParameters | None = None,
    foreground: ForegroundParameters | None = None,
    progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Matte:
    """Cut a subject out of a picture.

    Parameters
    ----------
    picture : EncodedPicture
    trimap : (H, W) uint8, 0 background, 255 foreground, all else unknown
    prior, prior_weight, progress, cancelled
        As `matting.band_solver.closed_form_alpha` takes them.
    solver, foreground
        Parameters of the two stages.

    Returns
    -------
    Matte
        With `seconds` of the stages "linearise", "alpha" and "foreground".

    Raises
    ------
    MismatchError
        The arrays do not fit each other, or the trimap says nothing.
    MattingCancelledError
        `cancelled` returned True.
    """
    seconds: dict[str, float] = {}
    known = validate_trimap(trimap, (picture.height, picture.width))

    started = time.perf_counter()
    linear = picture.linear()
    seconds["linearise"] = time.perf_counter() - started

    started = time.perf_counter()
    alpha = closed_form_alpha(
        perceptual_values(picture),
        known,
        parameters=solver,
        prior=prior,
        prior_weight=prior_weight,
        progress=progress,
        cancelled=cancelled,
    )
    seconds["alpha"] = time.perf_counter() - started

    started = time.perf_counter()
    colours = estimate_foreground(linear, alpha, foreground)
    seconds["foreground"] = time.perf_counter() - started
    return Matte(alpha=alpha, foreground_linear=colours, trimap=known, seconds=seconds)


def perceptual_values(picture: EncodedPicture) -> FloatImage:
    """Return (H, W, 3) float32, 0 to 1: the picture as the colour-line model wants it.

    That is its own encoded values, unless the file holds linear light, which is encoded by sRGB's
    curve.
    """
    encoded = picture.encoded()
    middle = np.array([0.5])
    if float(picture.transfer.curves[1].decode(middle)[0]) < 0.4:
        return encoded
    scale = np.linspace(0, 1, 4096)
    values = np.interp(picture.linear(), SRGB_CURVE.decode(scale), scale)
    return np.asarray(values, dtype=np.float32)
