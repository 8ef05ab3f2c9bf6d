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
from matting.cancelling import stop_if
from matting.imaging.errors import MismatchError
from matting.linear_transfer import carry_alpha
from matting.pyramid import Level, halved, halved_mean
from matting.threads import kernel_lock
from matting.trimap import FOREGROUND, Trimap

FloatImage = npt.NDArray[np.float32]

_ITERATIONS_A_CALL = 10


@dataclass(frozen=True, slots=True)
class BandSolverParameters:
    """How the band is solved.

    Parameters
    ----------
    epsilon : float
        Regularisation of a window's covariance, in squared encoded units. 1e-7 is for clean
        pictures; noise wants more.
    relative_tolerance : float
        The residual, relative to the right-hand side, at which iteration ends. 1e-4 leaves 2 % of
        error on photographs with measured alpha; 1e-5 gains nothing more.
    maximum_iterations : int
        A level's limit.
    coarsest_side_px : int
        The pyramid ends where the shorter side would fall below this.
    """

    epsilon: float = 1e-7
    relative_tolerance: float = 3e-5
    maximum_iterations: int = 2000
    coarsest_side_px: int = 64


@dataclass(frozen=True, slots=True, eq=False)
class _Problem:
    """One level of the pyramid, with prior and weight: (H, W) float32, or None for none."""

    level: Level
    prior: FloatImage | None = None
    prior_weight: FloatImage | None = None


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
        Asked every few iterations; True ends the work.

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
    stop_if(cancelled)
    problem = _checked(rgb, trimap, prior, prior_weight)
    alpha: FloatImage = (trimap == FOREGROUND).astype(np.float32)
    if not problem.level.unknown.any():
        return alpha
    pyramid = _pyramid(problem, settings)
    work = [int(each.level.unknown.sum()) for each in pyramid]
    start: FloatImage | None = None
    for index in reversed(range(len(pyramid))):
        if index + 1 < len(pyramid):
            start = carry_alpha(pyramid[index + 1].level, alpha, pyramid[index].level)
        alpha = _solve_level(pyramid[index], start, settings, cancelled)
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
    level = Level(np.ascontiguousarray(rgb, dtype=np.float32), trimap)
    if prior is None or prior_weight is None:
        return _Problem(level)
    if prior.shape != trimap.shape or np.shape(prior_weight) not in ((), trimap.shape):
        raise MismatchError(
            "prior",
            f"has shape {prior.shape} and weight {np.shape(prior_weight)}, "
            f"the picture {trimap.shape}",
            "Give both at the picture's own size",
        )
    usable = np.isfinite(prior)
    weight = np.where(usable, np.maximum(prior_weight, 0), 0).astype(np.float32)
    return _Problem(level, np.where(usable, prior, 0).astype(np.float32), weight)


def _pyramid(problem: _Problem, settings: BandSolverParameters) -> list[_Problem]:
    """Return the problem and its halved copies, the finest first."""
    levels = [problem]
    while min(levels[-1].level.trimap.shape) >= 2 * settings.coarsest_side_px:
        levels.append(_halved(levels[-1]))
    return levels


def _halved(problem: _Problem) -> _Problem:
    level = halved(problem.level)
    if problem.prior is None or problem.prior_weight is None:
        return _Problem(level)
    weight = halved_mean(problem.prior_weight)
    mean = halved_mean(problem.prior * problem.prior_weight)
    # Four pixels pull together as hard as each of them did alone.
    return _Problem(level, np.asarray(mean / np.maximum(weight, 1e-20)), 4 * weight)


def _solve_level(
    problem: _Problem,
    start: FloatImage | None,
    settings: BandSolverParameters,
    cancelled: Callable[[], bool] | None,
) -> FloatImage:
    """Return (H, W) float32: the level's alpha, found from `start`, (H, W) float32 or nothing."""
    from matting import band_kernels

    rgb, trimap = problem.level.rgb, problem.level.trimap
    unknown = problem.level.unknown
    layout = lay_out_band(unknown)
    runs = (layout.run_starts, layout.run_lengths, layout.neighbours, layout.blocks)
    solved = layout.unknown
    foreground: FloatImage = (trimap == FOREGROUND).astype(np.float32)
    with kernel_lock:
        stencil = np.zeros((12, layout.cells), dtype=np.float32)
        band_kernels.assemble(rgb, layout.columns, layout.row_starts, settings.epsilon, stencil)
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
        if start is not None:
            x[solved] = start[unknown]
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
        stop_if(cancelled)
