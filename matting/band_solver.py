"""Closed-form matting, solved for the unknown band alone.

The method: wherever a 3 x 3 window's colours lie on a line, alpha is an affine function of
colour; summed over all windows, the departure from that is a quadratic form in alpha, the matting
Laplacian. Known pixels are boundary values. The system is solved by conjugate gradients, started
from the solution of the same problem at half the size.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matting.band_layout import BandLayout, lay_out_band
from matting.imaging.errors import MismatchError
from matting.threads import kernel_lock
from matting.trimap import BACKGROUND, FOREGROUND, UNKNOWN

FloatImage = npt.NDArray[np.float32]
Trimap = npt.NDArray[np.uint8]

_ITERATIONS_A_CALL = 50


class MattingCancelledError(Exception):
    """The caller asked to stop; nothing was produced."""


@dataclass(frozen=True, slots=True)
class BandSolverParameters:
    """How the band is solved.

    Parameters
    ----------
    epsilon : float
        Regularisation of a window's covariance, in squared encoded units. 1e-7 is for clean
        pictures; noise wants more.
    relative_tolerance : float
        The residual, relative to the right-hand side, at which iteration ends. Going on to 1e-5
        gains 1 % on photographs with measured alpha; where an object's foot meets its own shadow
        it loses more, since what is kept of the coarser level's answer is right there.
    maximum_iterations : int
        A level's limit.
    coarsest_side_px : int
        The pyramid ends where the shorter side would fall below this.
    """

    epsilon: float = 1e-7
    relative_tolerance: float = 1e-4
    maximum_iterations: int = 2000
    coarsest_side_px: int = 64


@dataclass(frozen=True, slots=True, eq=False)
class _Problem:
    """One level of the pyramid.

    rgb : (H, W, 3) float32; trimap : (H, W) uint8; prior, prior_weight : (H, W) float32 or None
    """

    rgb: FloatImage
    trimap: Trimap
    prior: FloatImage | None
    prior_weight: FloatImage | None

    @property
    def unknown(self) -> npt.NDArray[np.bool_]:
        return np.asarray((self.trimap != FOREGROUND) & (self.trimap != BACKGROUND))


def closed_form_alpha(
    rgb: FloatImage,
    trimap: Trimap,
    *,
    parameters: BandSolverParameters | None = None,
    prior: FloatImage | None = None,
    prior_weight: FloatImage | float | None = None,
    progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> FloatImage:
    """Return the alpha matte of a picture with a trimap.

    Parameters
    ----------
    rgb : (H, W, 3) float32, *encoded* (sRGB-like) values, 0 to 1. Encoded values fit the colour
        lines better than linear light does.
    trimap : (H, W) uint8, 0 background, 255 foreground, all else unknown
    parameters : BandSolverParameters or None
    prior : (H, W) float32 or None
        Another estimate of alpha, drawn towards by ``weight * (alpha - prior) ** 2``; NaN = none.
    prior_weight : (H, W) float32, float or None
        The weight, 0 = ignore. The Laplacian's own diagonal is about 1 to 9.
    progress : callable or None
        Told a rising share of the work, 0 to 1.
    cancelled : callable or None
        Asked every few dozen iterations; True ends the work.

    Returns
    -------
    (H, W) float32, 0 to 1, exactly 0 and 1 at known pixels; the same bits on any number of threads

    Raises
    ------
    MismatchError
        The arrays do not fit each other.
    MattingCancelledError
        `cancelled` returned True.

    Notes
    -----
    Fails where foreground and background share colours, where no window's colours lie on a line
    (fine texture against fine texture), and inside holes that hold no known background.

    References
    ----------
    Levin, Lischinski, Weiss 2008, doi 10.1109/TPAMI.2007.1177.
    """
    settings = parameters or BandSolverParameters()
    _stop_if(cancelled)
    problem = _checked(rgb, trimap, prior, prior_weight)
    alpha: FloatImage = (trimap == FOREGROUND).astype(np.float32)
    if not problem.unknown.any():
        return alpha
    pyramid = _pyramid(problem, settings)
    work = [int(level.unknown.sum()) for level in pyramid]
    coarser: FloatImage | None = None
    for index in reversed(range(len(pyramid))):
        alpha = coarser = _solve_level(pyramid[index], coarser, settings, cancelled)
        if progress is not None:
            progress(sum(work[index:]) / sum(work))
    return alpha


def _checked(
    rgb: FloatImage,
    trimap: Trimap,
    prior: FloatImage | None,
    prior_weight: FloatImage | float | None,
) -> _Problem:
    if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.shape[:2] != trimap.shape:
        raise MismatchError(
            "trimap",
            f"has shape {trimap.shape}, the picture {rgb.shape}",
            "Give a trimap of the picture's own size",
        )
    picture = np.ascontiguousarray(rgb, dtype=np.float32)
    if prior is None or prior_weight is None:
        return _Problem(picture, trimap, None, None)
    if prior.shape != trimap.shape or np.shape(prior_weight) not in ((), trimap.shape):
        raise MismatchError(
            "prior",
            f"has shape {prior.shape} and weight {np.shape(prior_weight)}, "
            f"the picture {trimap.shape}",
            "Give both at the picture's own size",
        )
    usable = np.isfinite(prior)
    weight = np.where(usable, np.maximum(prior_weight, 0), 0).astype(np.float32)
    return _Problem(picture, trimap, np.where(usable, prior, 0).astype(np.float32), weight)


def _pyramid(problem: _Problem, settings: BandSolverParameters) -> list[_Problem]:
    """Return the problem and its halved copies, the finest first."""
    levels = [problem]
    while min(levels[-1].trimap.shape) >= 2 * settings.coarsest_side_px:
        levels.append(_halved(levels[-1]))
    return levels


def _halved(problem: _Problem) -> _Problem:
    height, width = (side + side % 2 for side in problem.trimap.shape)

    def quarters(image: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
        """Return (4, H/2, W/2, ...): the four pixels that each new pixel replaces."""
        pad = [(0, height - image.shape[0]), (0, width - image.shape[1])]
        full = np.pad(image, pad + [(0, 0)] * (image.ndim - 2), mode="edge")
        return np.stack([full[y::2, x::2] for y in (0, 1) for x in (0, 1)])

    four = quarters(problem.trimap)
    trimap = np.full(four.shape[1:], UNKNOWN, dtype=np.uint8)
    for value in (BACKGROUND, FOREGROUND):
        trimap[(four == value).all(axis=0)] = value
    rgb = quarters(problem.rgb).astype(np.float32).mean(axis=0)
    if problem.prior is None or problem.prior_weight is None:
        return _Problem(rgb, trimap, None, None)
    weights = quarters(problem.prior_weight).astype(np.float32)
    total = weights.sum(axis=0)
    mean = (quarters(problem.prior).astype(np.float32) * weights).sum(axis=0)
    return _Problem(rgb, trimap, np.asarray(mean / np.maximum(total, 1e-20)), total)


def _solve_level(
    problem: _Problem,
    coarser: FloatImage | None,
    settings: BandSolverParameters,
    cancelled: Callable[[], bool] | None,
) -> FloatImage:
    """Return (H, W) float32: the level's alpha, started from the coarser level's."""
    import cv2

    from matting import band_kernels

    unknown = problem.unknown
    layout = lay_out_band(unknown)
    runs = (layout.run_starts, layout.run_lengths, layout.neighbours, layout.blocks)
    solved = layout.unknown
    foreground: FloatImage = (problem.trimap == FOREGROUND).astype(np.float32)
    with kernel_lock:
        stencil = np.zeros((12, layout.cells), dtype=np.float32)
        band_kernels.assemble(
            problem.rgb, layout.columns, layout.row_starts, settings.epsilon, stencil
        )
        diagonal = np.zeros(layout.cells, dtype=np.float32)
        band_kernels.diagonal(stencil, *runs, diagonal)
        right = np.zeros(layout.cells, dtype=np.float32)
        band_kernels.residual_of(
            stencil, diagonal, np.zeros_like(right), layout.gather(foreground), *runs, right
        )
        if problem.prior is not None and problem.prior_weight is not None:
            weight = layout.gather(problem.prior_weight)
            diagonal[solved] += weight[solved]
            right[solved] += (weight * layout.gather(problem.prior))[solved]
        x = np.zeros(layout.cells, dtype=np.float32)
        if coarser is not None:
            height, width = unknown.shape
            size = (2 * coarser.shape[1], 2 * coarser.shape[0])
            enlarged = cv2.resize(coarser, size, interpolation=cv2.INTER_LINEAR)
            x[solved] = enlarged[:height, :width][unknown]
        _iterate(layout, stencil, diagonal, right, x, settings, cancelled)
    alpha = foreground
    alpha[unknown] = np.clip(x[solved], 0, 1)
    return alpha


def _iterate(
    layout: BandLayout,
    stencil: FloatImage,
    diagonal: FloatImage,
    right: FloatImage,
    x: FloatImage,
    settings: BandSolverParameters,
    cancelled: Callable[[], bool] | None,
) -> None:
    """Run conjugate gradients on `x` until the residual is small or the limit is reached."""
    from matting import band_kernels

    runs = (layout.run_starts, layout.run_lengths, layout.neighbours, layout.blocks)
    # A pixel without any window (a picture less than three pixels wide) keeps its start.
    inverse = np.zeros_like(diagonal)
    np.divide(1, diagonal, out=inverse, where=diagonal > 0)
    residual, direction, scratch = (np.zeros_like(x) for _ in range(3))
    band_kernels.residual_of(stencil, diagonal, right, x, *runs, residual)
    target = settings.relative_tolerance * float(np.linalg.norm(right.astype(np.float64)))
    rho = 0.0
    for _ in range(0, settings.maximum_iterations, _ITERATIONS_A_CALL):
        done, _norm, rho = band_kernels.conjugate_gradients(
            stencil, inverse, diagonal, x, residual, direction, scratch,
            *runs, target, _ITERATIONS_A_CALL, rho,
        )  # fmt: skip
        if done < _ITERATIONS_A_CALL:
            return
        _stop_if(cancelled)


def _stop_if(cancelled: Callable[[], bool] | None) -> None:
    if cancelled is not None and cancelled():
        raise MattingCancelledError
