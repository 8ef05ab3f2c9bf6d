"""Key-to-fill ratio from shading: two lights and ambient fitted to the subject's normals.

A matt surface of one albedo shows ``Y = K max(0, n.k) + F max(0, n.f) + A``. With the normals n
known from depth and the luminance Y from the picture, the two directions and three powers follow.
The model needs two lights: with one light and ambient, a fill on the lens axis passes for ambient
and the ratio comes out a stop or more too high.

The ratio is *incident*: the illuminance of the key over that of the fill, each on a surface that
faces it. The *reflected* ratio of lit side to shadow side is one more, (K + F) / F.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from capture.normals import surface_normals
from capture.subjects import SubjectDepth
from matting.imaging.colour import luminance

#: Chromaticity within which pixels count as one material (skin, or one cloth).
_SAME_MATERIAL = 0.03
_DIRECTIONS = 180
_NORMAL_CELLS = 24


@dataclass(frozen=True, slots=True)
class LightingRatio:
    """Key over fill, incident.

    Parameters
    ----------
    key_to_fill_stops : float, log2 of the ratio of illuminances; inf without fill
    key_direction, fill_direction : (x, y, z)
        Unit vectors from the subject towards the lights; x right, y down, z away from the camera.
    residual : float
        Root mean square of what the model leaves, as a share of the mean luminance.
    """

    key_to_fill_stops: float
    key_direction: tuple[float, float, float]
    fill_direction: tuple[float, float, float]
    residual: float


def key_to_fill(linear_rgb: npt.NDArray[np.float32], subject: SubjectDepth) -> LightingRatio | None:
    """Measure the lighting ratio on the subject, or return None when it cannot be told.

    Parameters
    ----------
    linear_rgb : (h, w, 3) float32
        Linear light on the depth grid of `subject`.
    subject : SubjectDepth
        From the median of several frames: the noise of one makes errors of a stop and more.

    Returns
    -------
    LightingRatio or None
        None without metric depth, without a large enough patch of one material, or when the
        fit leaves more than a fifth of the light unexplained.

    Notes
    -----
    Fails on glossy surfaces, under more than two strong lights, and where a large soft source is
    so near that its direction differs over the subject. Cast shadows are treated as outliers.

    References
    ----------
    Basri and Jacobs 2003, doi 10.1109/TPAMI.2003.1177153 (what a convex matt surface tells of
    its light).
    """
    if not subject.depth.metric:
        return None
    material = _one_material(linear_rgb, subject.subject)
    smoothing = max(1.5, subject.subject.shape[1] / 160)
    normals = surface_normals(subject.depth, subject.subject, smoothing)
    usable = material & np.isfinite(normals[..., 0])
    if usable.sum() < 200:
        return None
    return fit_two_lights(normals[usable], luminance(linear_rgb[usable]))


def _one_material(
    linear_rgb: npt.NDArray[np.float32], subject: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """Return the subject's pixels that share the commonest chromaticity of its upper third."""
    rows = np.flatnonzero(subject.any(axis=1))
    upper = subject.copy()
    upper[rows[0] + max(1, (rows[-1] - rows[0]) // 3) :] = False
    total = np.maximum(linear_rgb.sum(axis=-1, keepdims=True), 1e-6)
    chroma = (linear_rgb / total)[..., :2]
    bright = total[..., 0] > 0.02
    samples = chroma[upper & bright]
    if len(samples) == 0:
        return np.zeros_like(subject)
    counts, x_edges, y_edges = np.histogram2d(
        samples[:, 0], samples[:, 1], bins=50, range=((0, 1), (0, 1))
    )
    i, j = np.unravel_index(np.argmax(counts), counts.shape)
    peak = np.array([x_edges[i : i + 2].mean(), y_edges[j : j + 2].mean()])
    near = np.abs(samples - peak).max(axis=1) < _SAME_MATERIAL
    peak = np.median(samples[near], axis=0) if near.any() else peak
    return np.asarray(subject & bright & (np.abs(chroma - peak).max(axis=-1) < _SAME_MATERIAL))


def fit_two_lights(
    normals: npt.NDArray[np.float32], light: npt.NDArray[np.float32]
) -> LightingRatio | None:
    """Fit two distant lights and ambient to the light that a matt surface returns.

    Parameters
    ----------
    normals : (N, 3) float32, unit, pointing towards the camera
    light : (N,) float32, linear

    Returns
    -------
    LightingRatio or None
        None when no pair of directions explains the light.
    """
    cells, values, weights = _by_direction(normals, light)
    if len(values) < 12:
        return None
    candidates = _hemisphere(_DIRECTIONS)
    best = _best_pair(cells, values, weights, candidates)
    spread = 0.35
    for _ in range(5):
        finer = [_around(direction, spread) for direction in best]
        best = _best_pair(cells, values, weights, *finer)
        spread *= 0.5
    powers, error = _powers(cells, values, weights, *(d[None] for d in best))
    key_power, fill_power, _ = powers[0]
    first, second = best
    if fill_power > key_power:
        key_power, fill_power, first, second = fill_power, key_power, second, first
    mean = float(np.average(values, weights=weights))
    residual = math.sqrt(max(float(error[0]), 0.0) / weights.sum()) / mean
    if residual > 0.2 or key_power <= 0:
        return None
    stops = math.log2(key_power / fill_power) if fill_power > 0 else math.inf
    key_x, key_y, key_z = (float(c) for c in first)
    fill_x, fill_y, fill_z = (float(c) for c in second)
    return LightingRatio(stops, (key_x, key_y, key_z), (fill_x, fill_y, fill_z), residual)


def _by_direction(
    normals: npt.NDArray[np.float32], light: npt.NDArray[np.float32]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Gather pixels that face the same way; the median of each cell ignores shadows and shine."""
    x = np.floor((normals[:, 0] + 1) * 0.5 * _NORMAL_CELLS).astype(int)
    y = np.floor((normals[:, 1] + 1) * 0.5 * _NORMAL_CELLS).astype(int)
    key = x * (_NORMAL_CELLS + 1) + y
    order = np.argsort(key, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(key[order]) != 0])
    groups = [group for group in np.split(order, starts[1:]) if len(group) >= 6]
    if not groups:
        empty = np.empty(0)
        return np.empty((0, 3)), empty, empty
    cells = np.stack([normals[group].mean(axis=0) for group in groups]).astype(np.float64)
    cells /= np.linalg.norm(cells, axis=1, keepdims=True)
    values = np.array([np.median(light[group]) for group in groups], np.float64)
    weights = np.sqrt([len(group) for group in groups])
    return cells, values, weights


def _hemisphere(count: int) -> npt.NDArray[np.float64]:
    """Return directions spread evenly over those from which a light reaches a visible surface."""
    i = np.arange(count) + 0.5
    # From straight at the camera (z = -1) to somewhat behind the subject (z = +0.5).
    z = -1.0 + 1.5 * i / count
    radius = np.sqrt(np.maximum(0.0, 1.0 - z * z))
    angle = np.pi * (1.0 + 5.0**0.5) * i
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), z], axis=1)


def _around(direction: npt.NDArray[np.float64], spread: float) -> npt.NDArray[np.float64]:
    """Return a small fan of directions about one, itself among them."""
    helper = np.eye(3)[np.argmin(np.abs(direction))]
    across = np.cross(direction, helper)
    across /= np.linalg.norm(across)
    up = np.cross(direction, across)
    offsets = [(a, b) for a in (-1, -0.5, 0, 0.5, 1) for b in (-1, -0.5, 0, 0.5, 1)]
    fan = np.stack([direction + spread * (a * across + b * up) for a, b in offsets])
    return np.asarray(fan / np.linalg.norm(fan, axis=1, keepdims=True))


def _best_pair(
    cells: npt.NDArray[np.float64],
    values: npt.NDArray[np.float64],
    weights: npt.NDArray[np.float64],
    first: npt.NDArray[np.float64],
    second: npt.NDArray[np.float64] | None = None,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the pair of directions, one from each set, that leaves the least unexplained."""
    if second is None:
        i, j = np.triu_indices(len(first), 1)
        second = first
    else:
        i, j = (a.ravel() for a in np.indices((len(first), len(second))))
    apart = (first[i] * second[j]).sum(axis=1) < math.cos(math.radians(20))
    if apart.any():
        i, j = i[apart], j[apart]
    _, error = _powers(cells, values, weights, first[i], second[j])
    least = int(np.argmin(error))
    return first[i[least]], second[j[least]]


def _powers(
    cells: npt.NDArray[np.float64],
    values: npt.NDArray[np.float64],
    weights: npt.NDArray[np.float64],
    first: npt.NDArray[np.float64],
    second: npt.NDArray[np.float64],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Solve for (key, fill, ambient) >= 0 for each of P pairs of directions.

    Returns the (P, 3) powers and the (P,) weighted squared errors. Non-negative least squares of
    three unknowns by trying each set of active ones, all pairs at once.
    """
    shading = np.stack(
        [
            np.maximum(0.0, first @ cells.T),
            np.maximum(0.0, second @ cells.T),
            np.ones((len(first), len(cells))),
        ],
        axis=1,
    )
    gram = np.einsum("pin,pjn,n->pij", shading, shading, weights, optimize=True)
    right = shading @ (weights * values)
    total = float((weights * values**2).sum())
    best = np.full(len(first), np.inf)
    powers = np.zeros((len(first), 3))
    for active in ((0, 1, 2), (0, 1), (0, 2), (1, 2), (0,), (1,)):
        index = np.array(active)
        system = gram[:, index[:, None], index[None, :]] + 1e-9 * np.eye(len(index))
        solution = np.linalg.solve(system, right[:, index, None])[..., 0]
        error = total - (solution * right[:, index]).sum(axis=1)
        better = (solution >= 0).all(axis=1) & (error < best - 1e-12)
        best[better] = error[better]
        powers[better] = 0.0
        powers[np.ix_(better, index)] = solution[better]
    return powers, best
