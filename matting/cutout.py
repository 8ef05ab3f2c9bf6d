"""From a picture and a trimap to a matte: alpha, then the foreground's own colours."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from matting.band_solver import BandSolverParameters, closed_form_alpha
from matting.cancelling import stop_if
from matting.colour_sampling import ColourSamplingParameters, sampled_alpha
from matting.foreground import ForegroundParameters, estimate_foreground
from matting.imaging.curves import SRGB_CURVE
from matting.imaging.pixels import EncodedPicture
from matting.linear_transfer import carry_alpha
from matting.matte import Matte
from matting.pyramid import Level, halved
from matting.trimap import BACKGROUND, FOREGROUND, Trimap, validate_trimap

FloatImage = npt.NDArray[np.float32]

#: The largest band that is solved as it is, and the largest of a picture that is made smaller for
#: it: pictures that large have more pixels than detail.
SOLVED_PIXELS, REDUCED_PIXELS = 200_000, 100_000
#: How much of the work is done after each stage, roughly.
_LINEARISED, _SOLVED = 0.1, 0.7
_PIXELS_A_STRIP = 1_000_000


def cut_out(
    picture: EncodedPicture,
    trimap: npt.NDArray[np.uint8],
    *,
    colour_trust: FloatImage | None = None,
    sampling: ColourSamplingParameters | None = None,
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
    colour_trust : (h, w) float32 or None, 0 to 1, at any size
        How far sampled colours are trusted; less where a shadow meets what throws it.
    sampling, solver, foreground
        Parameters of the three stages.
    progress, cancelled
        As `matting.band_solver.closed_form_alpha` takes them.

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

    def tell(share: float) -> None:
        if progress is not None:
            progress(share)

    started = time.perf_counter()
    linear = _by_strips(EncodedPicture.linear, picture, cancelled)
    seconds["linearise"] = time.perf_counter() - started
    tell(_LINEARISED)

    started = time.perf_counter()
    alpha = estimate_alpha(
        _by_strips(perceptual_values, picture, cancelled),
        known,
        colour_trust,
        sampling,
        solver,
        lambda share: tell(_LINEARISED + (_SOLVED - _LINEARISED) * share),
        cancelled,
    )
    seconds["alpha"] = time.perf_counter() - started
    tell(_SOLVED)

    started = time.perf_counter()
    colours = estimate_foreground(linear, alpha, foreground, cancelled)
    seconds["foreground"] = time.perf_counter() - started
    tell(1.0)
    return Matte(alpha=alpha, foreground_linear=colours, trimap=known, seconds=seconds)


def with_band_alpha(
    picture: EncodedPicture, trimap: Trimap, alpha: FloatImage, alpha_by: str
) -> Matte:
    """Cut a subject out by an alpha that is already known in the band.

    Parameters
    ----------
    picture : EncodedPicture
    trimap : (H, W) uint8, 0 background, 255 foreground, all else unknown
    alpha : (H, W) float32, 0 to 1
        Taken where the trimap leaves it open.
    alpha_by : str
        What made it, in words.

    Returns
    -------
    Matte
        With `seconds` of the stages "linearise" and "foreground".

    Raises
    ------
    MismatchError
        The arrays do not fit each other, or the trimap says nothing.
    """
    known = validate_trimap(trimap, (picture.height, picture.width))
    started = time.perf_counter()
    linear = _by_strips(EncodedPicture.linear, picture, None)
    linearised = time.perf_counter()
    whole = np.array(alpha, np.float32)
    whole[known == FOREGROUND], whole[known == BACKGROUND] = 1, 0
    colours = estimate_foreground(linear, whole)
    seconds = {
        "linearise": linearised - started,
        "foreground": time.perf_counter() - linearised,
    }
    return Matte(whole, colours, known, seconds, alpha_by)


def _by_strips(
    convert: Callable[[EncodedPicture], FloatImage],
    picture: EncodedPicture,
    cancelled: Callable[[], bool] | None,
) -> FloatImage:
    """Return the whole picture converted, so that a request to stop is heard between strips."""
    converted = np.empty(picture.codes.shape, np.float32)
    rows = 1 + _PIXELS_A_STRIP // picture.width
    for top in range(0, picture.height, rows):
        stop_if(cancelled)
        strip = picture.codes[top : top + rows]
        converted[top : top + rows] = convert(replace(picture, codes=strip))
    return converted


def estimate_alpha(
    rgb: FloatImage,
    trimap: Trimap,
    colour_trust: FloatImage | None = None,
    sampling: ColourSamplingParameters | None = None,
    solver: BandSolverParameters | None = None,
    progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> FloatImage:
    """Return alpha: closed form on the unknown band, with sampled colours as a soft data term.

    A band of more than `SOLVED_PIXELS` is solved at half the size, a quarter and so on, where it
    has no more than `REDUCED_PIXELS`, and its alpha carried to full resolution by its linear
    relation to colour.

    Parameters
    ----------
    rgb : (H, W, 3) float32, *encoded* values, 0 to 1
    trimap : (H, W) uint8, 0 background, 255 foreground, all else unknown
    colour_trust, sampling, solver, progress, cancelled
        As `cut_out` takes them.

    Returns
    -------
    (H, W) float32, 0 to 1, exactly 0 and 1 at known pixels; the same bits on any number of threads
    """
    levels = [Level(np.ascontiguousarray(rgb, np.float32), trimap)]
    most = SOLVED_PIXELS
    while np.count_nonzero(levels[-1].unknown) > most:
        levels.append(halved(levels[-1], cancelled))
        most = REDUCED_PIXELS
    alpha = _solved(levels[-1], colour_trust, sampling, solver, progress, cancelled)
    for fine, coarse in zip(reversed(levels[:-1]), reversed(levels[1:]), strict=True):
        alpha = carry_alpha(coarse, alpha, fine, cancelled)
    return alpha


def _solved(
    level: Level,
    colour_trust: FloatImage | None,
    sampling: ColourSamplingParameters | None,
    solver: BandSolverParameters | None,
    progress: Callable[[float], None] | None,
    cancelled: Callable[[], bool] | None,
) -> FloatImage:
    import cv2

    rgb, trimap = level.rgb, level.trimap
    prior, weight = sampled_alpha(rgb, trimap, sampling, cancelled) or (None, None)
    if weight is not None and colour_trust is not None:
        size = (trimap.shape[1], trimap.shape[0])
        enlarged = cv2.resize(colour_trust, size, interpolation=cv2.INTER_LINEAR)
        weight = np.asarray(weight * enlarged, np.float32)
    return closed_form_alpha(
        rgb,
        trimap,
        parameters=solver,
        prior=prior,
        prior_weight=weight,
        progress=progress,
        cancelled=cancelled,
    )


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
