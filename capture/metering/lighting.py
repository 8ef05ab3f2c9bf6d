"""Key-to-fill ratio from shading: lamps and ambient fitted to the subject's normals.

A matt surface of one albedo shows ``Y = sum of P_i max(0, n.d_i) + A``. With the normals n known
from depth and the luminance Y from the picture, the powers P of lamps in a few hundred directions
d follow by non-negative least squares, which leaves most of them dark. Lamps that burn side by
side are one lamp, the sum of their vectors. The key is the strongest lamp before the subject, the
fill the next with what burns near it. One lamp and ambient would not do: a fill on the lens axis
passes for ambient, and the ratio comes out a stop and more too high.

Which few directions such a fit picks hangs on its noise, and the ratio with them. So it is made
again and again on resampled normals (bootstrap aggregation), and its median is taken. What that
finds is a fill that is split among lamps, so it errs to too high a ratio; that of all pairs of
lamps (`capture.metering.two_lamps`) to too low a one. Both are told as one, each weighed by its
variance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from capture.metering.lighting_ratio import UNKNOWN, Direction, LightingRatio
from capture.metering.materials import same_material
from capture.metering.normals import smoothing_px_for, surface_normals
from capture.metering.two_lamps import believable_ratios, lattice
from capture.subjects import SubjectDepth
from matting.imaging.colour import luminance

Floats = npt.NDArray[np.float64]

_NORMAL_CELLS = 24
#: Surfaces that turn further from the lens are left out: depth is unsure there, rim light strong.
_LEAST_FACING = 0.3
#: Of pixels that face one way, those in cast shadow are the darker ones.
_LIT_PERCENTILE = 65
_LAMP_DIRECTIONS = 240
#: No studio lamp shines from farther below the subject (y), or from farther behind it (z).
_LOWEST = 0.15
_FARTHEST_BEHIND = 0.6
#: Key and fill stand before the subject (z) and not straight above it (y); what stands elsewhere
#: is rim light, top light or the backdrop's.
_BEFORE, _HIGHEST = 0.1, -0.85
_ONE_LAMP = math.cos(math.radians(35))
_TWO_LAMPS = math.cos(math.radians(30))
#: A fill is broader than one of the fit's lamps: what burns this near its strongest is part of it.
_ONE_FILL = math.cos(math.radians(38))
#: A lamp that gives less of the light than this is noise.
_LEAST_SHARE = 0.01
#: In units of the residual's spread: darker than the model (cast shadow) is doubted sooner.
_DARKER, _BRIGHTER = 1.0, 2.5
_REWEIGHTINGS = 8
_RESAMPLINGS = 32
#: What no resampling shows (lamps that are near or large, gloss, light bounced off walls) leaves
#: light unexplained: so many stops of the ratio for all of it.
_STOPS_UNEXPLAINED = 2.0
#: A ratio that is not known to a stop either way is no ratio.
_MOST_UNCERTAIN_STOPS = 1.0
#: Normals that spread less than this across their narrow way do not tell where lamps are: those
#: of a ball spread by 0.5, of a head and neck by 0.36, of a mug by 0.2.
_LEAST_SPREAD = 0.28


@dataclass(frozen=True, slots=True, eq=False)
class _Fit:
    """Key and fill as power times direction, or no fill; what else the fit says of each cell.

    Parameters
    ----------
    residual : float, as a share of the mean light
    trust : (N,) float64, 0 to 1
    behind : (N,) float64, light of the lamps that do not stand before the subject
    """

    key: Floats
    fill: Floats | None
    residual: float
    trust: Floats
    behind: Floats


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
        None without metric depth, without a large enough patch of one material, when its
        surfaces face too few directions, when the fit leaves more than a fifth of the light
        unexplained, or when the ratio stays uncertain by a stop.

    Notes
    -----
    Cast shadows are treated as outliers. Fails on glossy surfaces and where a large soft source
    is so near that its direction differs over the subject. A cylinder (a mug, a bottle) tells
    nothing of the height of its lamps, so it gives no ratio.

    References
    ----------
    Basri and Jacobs 2003, doi 10.1109/TPAMI.2003.1177153 (what a convex matt surface tells of
    its light).
    """
    if not subject.depth.metric:
        return None
    material = same_material(linear_rgb, subject.subject)
    smoothing_px = smoothing_px_for(subject.depth, subject.subject)
    normals = surface_normals(subject.depth, subject.subject, smoothing_px)
    usable = material & np.isfinite(normals[..., 0])
    if usable.sum() < 200:
        return None
    return fit_lights(normals[usable], luminance(linear_rgb[usable]))


def fit_lights(
    normals: npt.NDArray[np.float32], light: npt.NDArray[np.float32]
) -> LightingRatio | None:
    """Fit lamps and ambient to the light that a matt surface returns.

    Parameters
    ----------
    normals : (N, 3) float32, unit, pointing towards the camera
    light : (N,) float32, linear

    Returns
    -------
    LightingRatio or None
        None when the normals face too few directions, or no lamps explain the light.
    """
    cells, values, weights = _by_direction(normals, light)
    if len(values) < 12 or _spread(normals) < _LEAST_SPREAD:
        return None
    whole = _fit(cells, values, weights, turn=0.0)
    if whole is None:
        return None
    key, fill = whole.key, whole.fill
    if fill is None:
        return LightingRatio(math.inf, _direction(key), UNKNOWN, 0.0, whole.residual)
    stops = _resampled_stops(cells, values, weights, key, fill)
    if len(stops) < _RESAMPLINGS // 2:
        return None
    low, ratio, high = (float(q) for q in np.percentile(stops, [16.0, 50.0, 84.0]))
    if high - low > 2.0 * _MOST_UNCERTAIN_STOPS:
        return None
    # Of two lamps that are nearly alike, the median may find the other one the stronger.
    first, second = (key, fill) if ratio >= 0 else (fill, key)
    told = abs(ratio)
    weight = math.hypot((high - low) / 2, _STOPS_UNEXPLAINED * whole.residual) ** -2
    pairs = believable_ratios(cells, values - whole.behind, weights * whole.trust, _unit(first))
    if pairs is not None:
        of_pairs = pairs.uncertainty_stops**-2
        told = (weight * told + of_pairs * pairs.stops) / (weight + of_pairs)
        weight += of_pairs
    return LightingRatio(told, _direction(first), _direction(second), weight**-0.5, whole.residual)


def _resampled_stops(
    cells: Floats, values: Floats, weights: Floats, key: Floats, fill: Floats
) -> Floats:
    """Return log2 of `key` over `fill` of fits to resampled cells, with other lamp directions."""
    rng = np.random.default_rng(0)
    stops = []
    for _ in range(_RESAMPLINGS):
        drawn = rng.integers(0, len(values), len(values))
        fit = _fit(cells[drawn], values[drawn], weights[drawn], turn=rng.uniform(0, 2 * math.pi))
        if fit is None or fit.fill is None:
            continue
        ratio = math.log2(float(np.linalg.norm(fit.key) / np.linalg.norm(fit.fill)))
        same_key = _unit(fit.key) @ (_unit(key) - _unit(fill)) >= 0
        stops.append(ratio if same_key else -ratio)
    return np.asarray(stops, np.float64)


def _fit(cells: Floats, values: Floats, weights: Floats, turn: float) -> _Fit | None:
    """Fit lamps, or return None when none before the subject explains the light.

    `turn`, in radians, turns the set of lamp directions about the optical axis.
    """
    directions = _lamp_directions(turn)
    powers, trust, residual = _robust_powers(_shading(cells, directions), values, weights)
    if residual > 0.2:
        return None
    lit = weights * trust
    least = _LEAST_SHARE * float(lit @ values)
    lamps = [
        lamp
        for lamp in _merged(powers[:-1], directions)
        if _stands_before(_unit(lamp)) and float(lit @ np.maximum(0.0, cells @ lamp)) > least
    ]
    if not lamps:
        return None
    elsewhere = ~np.array([_stands_before(direction) for direction in directions])
    behind = np.maximum(0.0, cells @ directions[elsewhere].T) @ powers[:-1][elsewhere]
    lamps.sort(key=lambda lamp: -float(np.linalg.norm(lamp)))
    key = lamps[0]
    others = [lamp for lamp in lamps[1:] if float(_unit(key) @ _unit(lamp)) < _TWO_LAMPS]
    if not others:
        return _Fit(key, None, residual, trust, behind)
    fill = [lamp for lamp in others if float(_unit(others[0]) @ _unit(lamp)) > _ONE_FILL]
    return _Fit(key, np.sum(fill, axis=0), residual, trust, behind)


def _stands_before(direction: Floats) -> bool:
    return bool(direction[2] < _BEFORE and direction[1] > _HIGHEST)


def _by_direction(
    normals: npt.NDArray[np.float32], light: npt.NDArray[np.float32]
) -> tuple[Floats, Floats, Floats]:
    """Gather pixels that face the same way: mean normal, light where it is lit, weight."""
    facing = -normals[:, 2] > _LEAST_FACING
    normals, light = normals[facing], light[facing]
    x = np.floor((normals[:, 0] + 1) * 0.5 * _NORMAL_CELLS).astype(int)
    y = np.floor((normals[:, 1] + 1) * 0.5 * _NORMAL_CELLS).astype(int)
    key = x * (_NORMAL_CELLS + 1) + y
    order = np.argsort(key, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(key[order]) != 0])
    groups = [group for group in np.split(order, starts[1:]) if len(group) >= 6]
    if not groups:
        return np.empty((0, 3)), np.empty(0), np.empty(0)
    cells = np.stack([normals[group].mean(axis=0) for group in groups]).astype(np.float64)
    cells /= np.linalg.norm(cells, axis=1, keepdims=True)
    values = np.array([np.percentile(light[group], _LIT_PERCENTILE) for group in groups])
    # A large flat part must not outvote the curved ones, which tell more.
    weights = np.sqrt([min(len(group), 400) for group in groups])
    return cells, values.astype(np.float64), weights


def _spread(normals: npt.NDArray[np.float32]) -> float:
    """Return the deviation of the normals across the way in which they vary least."""
    covariance = np.cov(normals[:, :2].T)
    return math.sqrt(max(float(np.linalg.eigvalsh(covariance)[0]), 0.0))


def _lamp_directions(turn: float) -> Floats:
    """Return directions, evenly spread, from which studio lamps shine on what the lens sees."""
    directions = lattice(_LAMP_DIRECTIONS, _FARTHEST_BEHIND, turn)
    return np.asarray(directions[directions[:, 1] < _LOWEST])


def _robust_powers(
    shading: Floats, values: Floats, weights: Floats
) -> tuple[Floats, Floats, float]:
    """Solve for powers >= 0, again and again with less trust in what does not fit.

    Returns powers (the last is ambient), trust of each cell (0 to 1), and the relative residual.
    """
    from scipy.optimize import nnls

    trust = np.ones(len(values))
    for _ in range(_REWEIGHTINGS):
        root = np.sqrt(weights * trust)
        powers, _ = nnls(shading * root[:, None], values * root)
        left = values - shading @ powers
        spread = 1.4826 * float(np.median(np.abs(left))) + 1e-2 * float(values.mean())
        trust = 1.0 / (1.0 + (left / (np.where(left < 0, _DARKER, _BRIGHTER) * spread)) ** 2)
    return powers, trust, spread / float(values.mean())


def _shading(cells: Floats, directions: Floats) -> Floats:
    """Return what lamps of power 1, and ambient, give each cell: one column each."""
    return np.asarray(np.c_[np.maximum(0.0, cells @ directions.T), np.ones(len(cells))])


def _merged(powers: Floats, directions: Floats) -> list[Floats]:
    """Return lamps as power times direction; neighbours are summed, the strongest first."""
    lamps: list[Floats] = []
    for j in np.argsort(-powers):
        if powers[j] <= 1e-6 * powers.sum():
            break
        near = next((k for k, a in enumerate(lamps) if _unit(a) @ directions[j] > _ONE_LAMP), None)
        if near is None:
            lamps.append(powers[j] * directions[j])
        else:
            lamps[near] = lamps[near] + powers[j] * directions[j]
    return lamps


def _unit(vector: Floats) -> Floats:
    return np.asarray(vector / np.linalg.norm(vector))


def _direction(vector: Floats) -> Direction:
    x, y, z = (float(c) for c in _unit(vector))
    return (x, y, z)
