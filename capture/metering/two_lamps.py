"""How far two lamps and ambient light leave the lighting ratio open, by trying all such pairs.

Fills near the key, or near the lens's axis, can be traded for a stronger key or more ambient light
at nearly no cost (two lamps 45 degrees apart differ from their sum by little, Basri and Jacobs
2003), and no single fit says so. So every pair of directions is fitted, each is believed as far
as it explains the light, and what ratios the believable pairs have is the answer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

#: Directions of lamps before the subject, evenly spread, some 5 degrees apart.
_DIRECTIONS, _BEHIND, _LOWEST, _HIGHEST = 1000, 0.1, 0.25, -0.85
#: The key is known: pairs are tried with keys this near to it; two lamps nearer to each other
#: than the second angle are one.
_KEY_WITHIN, _ONE_LAMP = math.cos(math.radians(25)), math.cos(math.radians(35))
#: So many independent readings are the surface's directions worth: what the model leaves (gloss,
#: cast shadows, near lamps) is alike in neighbours. Found on 94 simulated set-ups.
_INDEPENDENT = 100.0
#: What the lattice and the matt surface leave at best, as a share of the mean light.
_LEAST_RESIDUAL = 0.03
#: What it is off by all the same: a quarter of a stop on exact light, by the lattice, and 0.3 to
#: 0.5 on the portrait and the jug as they stand, which have no light thrown back.
_OWN_ERROR_STOPS = 0.6
#: A fill weaker than this is none.
_MOST_STOPS = 4.5


@dataclass(frozen=True, slots=True)
class Believable:
    """Ratios of key to fill, stops, that explain the light: median, and nine in ten of belief."""

    stops: float
    low: float
    high: float

    @property
    def uncertainty_stops(self) -> float:
        """The deviation of a normal error with as wide a range, and of its own error."""
        return math.hypot((self.high - self.low) / (2 * 1.645), _OWN_ERROR_STOPS)


def believable_ratios(
    normals: Floats, light: Floats, weights: Floats, key: Floats
) -> Believable | None:
    """Weigh all pairs of lamps by how well they explain the light of a matt surface.

    Parameters
    ----------
    normals : (N, 3) float64, unit, towards the camera
    light : (N,) float64, linear, without what lamps behind the subject give
    weights : (N,) float64, trust in each
    key : (3,) float64, unit, from the subject towards the key

    Returns
    -------
    Believable or None
        None without light, or when no pair explains it by powers above zero.

    Notes
    -----
    Each pair's powers and ambient light are its least-squares fit; its weight is the likelihood
    ``cost ** (-n / 2)`` of a normal error of unknown size. Takes everything that is neither key
    nor ambient for fill, so it errs to too low a ratio where walls throw light back.
    """
    if len(light) == 0:
        return None
    lamps = lattice(_DIRECTIONS, _BEHIND)
    lamps = lamps[(lamps[:, 1] < _LOWEST) & (lamps[:, 1] > _HIGHEST)]
    shading = np.maximum(0.0, normals @ lamps.T)
    keys = np.flatnonzero(lamps @ key > _KEY_WITHIN)
    first, second = (side.ravel() for side in np.meshgrid(keys, np.arange(len(lamps))))
    apart = (lamps[first] * lamps[second]).sum(axis=1) < _ONE_LAMP
    first, second = first[apart], second[apart]
    powers, cost = _fitted(shading, light, weights, first, second)
    possible = (powers > 0).all(axis=1)
    if not possible.any():
        return None
    least = float(weights.sum()) * (_LEAST_RESIDUAL * float(light.mean())) ** 2
    powers, cost = powers[possible], np.maximum(cost[possible], 0.0) + least
    stops = np.abs(np.log2(powers[:, 0] / powers[:, 1]))
    belief = np.where(stops < _MOST_STOPS, (cost.min() / cost) ** (_INDEPENDENT / 2), 0.0)
    if not belief.any():
        return None
    order = np.argsort(stops)
    share = np.cumsum(belief[order]) / belief.sum()
    low, middle, high = (float(q) for q in np.interp([0.05, 0.5, 0.95], share, stops[order]))
    return Believable(middle, low, high)


def lattice(count: int, farthest_behind: float, turn: float = 0.0) -> Floats:
    """Return (count, 3) unit vectors, evenly spread from z = -1 to z = `farthest_behind`.

    A Fibonacci lattice, turned about the optical axis by `turn` radians.
    """
    i = np.arange(count) + 0.5
    z = -1.0 + (1.0 + farthest_behind) * i / count
    radius = np.sqrt(np.maximum(0.0, 1.0 - z * z))
    angle = np.pi * (1.0 + 5.0**0.5) * i + turn
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), z], axis=1)


def _fitted(
    shading: Floats,
    light: Floats,
    weights: Floats,
    first: npt.NDArray[np.intp],
    second: npt.NDArray[np.intp],
) -> tuple[Floats, Floats]:
    """Return (M, 2) powers of each pair and its cost; ambient light is fitted, 0 at least."""
    gram = (shading * weights[:, None]).T @ shading
    with_ambient, with_light = shading.T @ weights, shading.T @ (weights * light)
    ambient, ambient_light = float(weights.sum()), float(weights @ light)
    aa, bb, ab = gram[first, first], gram[second, second], gram[first, second]
    ac, bc = with_ambient[first], with_ambient[second]
    a, b = with_light[first], with_light[second]
    # Ambient light eliminated: the same two equations with every sum about its mean.
    level = ambient_light / ambient
    powers = _solved(
        aa - ac * ac / ambient, bb - bc * bc / ambient, ab - ac * bc / ambient,
        a - ac * level, b - bc * level,
    )  # fmt: skip
    left = (ambient_light - ac * powers[0] - bc * powers[1]) / ambient
    dark = left < 0
    powers = np.where(dark, _solved(aa, bb, ab, a, b), powers)
    left = np.where(dark, 0.0, left)
    p, q = powers
    cost = float(weights @ (light * light)) - 2 * (p * a + q * b + left * ambient_light)
    cost = cost + p * p * aa + q * q * bb + left * left * ambient
    cost = cost + 2 * (p * q * ab + left * (p * ac + q * bc))
    return powers.T, np.asarray(cost)


def _solved(aa: Floats, bb: Floats, ab: Floats, a: Floats, b: Floats) -> Floats:
    """Return (2, M), the solutions of symmetric two by two equations."""
    determinant = np.maximum(aa * bb - ab * ab, 1e-12)
    return np.stack([(bb * a - ab * b) / determinant, (aa * b - ab * a) / determinant])
