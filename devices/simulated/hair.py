"""Hairs: how they grow, and what share of each pixel they cover.

A hair is thinner than a pixel of most pictures, so it is not traced but drawn with its exact
coverage: the width of the strand within the pixel's box. The same coverage makes the picture and
the truth.
"""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from devices.simulated.shading import bounced, unshadowed
from devices.simulated.solids import Material, Solid, Strands, Vector

Array = npt.NDArray[Any]

_SEGMENTS = 24


def grow(
    centre: Vector,
    axes: Vector,
    locks: int,
    per_lock: int,
    material: Material,
    seed: int,
    longer: float = 1.0,
) -> Strands:
    """Grow loose hairs out of the upper and back part of an ellipsoid, in locks and singly.

    A lock's hairs share root, direction and curl but for a little; every fourth one strays.
    `longer` than 1 makes untidy hair of it.
    """
    random = np.random.default_rng(seed)

    def spread(shape: tuple[int, ...], deviation: float) -> Array:
        """Return (count, ...) random numbers, alike within a lock but for an eighth of them."""
        shared = np.repeat(random.normal(size=(locks, *shape)), per_lock, axis=0)
        own = random.normal(size=shared.shape)
        stray = (np.arange(len(own)) % 4 == 0).reshape(-1, *(1,) * len(shape))
        return np.asarray(deviation * np.where(stray, own, shared + own / 8))

    unit = np.abs(spread((3,), 1.0)) * np.array([0.0, 1.0, 1.0]) + spread((3,), 1.0) * np.array(
        [1.3, 0.0, 0.0]
    )
    unit = unit * np.array([1.0, -1.0, 0.8]) + np.array([0.0, 0.35, -0.15])
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    root = np.asarray(centre) + unit * np.asarray(axes) * 0.985
    outward = unit / np.asarray(axes)
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    down = np.array([0.0, 1.0, 0.0])
    fall = np.abs(spread((1,), 0.8)) * down
    direction = outward * 0.9 + spread((3,), 0.45) + fall * 0.5
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    length = longer * (0.02 + np.abs(spread((1,), 0.035)))
    curl, turns = spread((3,), 0.06), 0.8 + np.abs(spread((1,), 0.5))
    s = np.linspace(0, 1, _SEGMENTS + 1)[None, :, None]
    way = direction[:, None] * s + fall[:, None] * s * s * 0.6
    wave = curl[:, None] * np.sin(turns[:, None] * 2 * math.pi * s) * s
    points = root[:, None] + length[:, None] * (way + wave)
    radii = random.uniform(35e-6, 55e-6, len(points))
    return Strands(points, radii, np.tile(material.albedo, (len(points), 1)))


def coat(solid: Solid, count: int, length_m: float, seed: int) -> tuple[Array, Array]:
    """Grow fur on an ellipsoid: hairs lean downwards, bend, and differ in tone.

    Returns points (N, 7, 3) and reflectance (N, 3) of those hairs, up to `count`, that a camera
    at the origin can see.
    """
    random = np.random.default_rng(seed)
    axes, size, centre = np.asarray(solid.axes), np.asarray(solid.size), np.asarray(solid.centre)
    unit = random.normal(size=(count, 3))
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    root, outward = centre + unit * size * 0.99 @ axes, unit / size @ axes
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    visible = (outward * root).sum(axis=1) < 0.35 * np.linalg.norm(root, axis=1)
    root, outward = root[visible], outward[visible]
    shape = (len(root), 3)
    lean = np.array([0.0, 0.8, 0.0]) + random.normal(0, 0.3, shape)
    length = length_m * random.uniform(0.6, 1.2, (len(root), 1))
    s = np.linspace(0, 1, 7)[None, :, None]
    way = outward[:, None] * s * (0.9 - 0.4 * s) + lean[:, None] * s**1.5
    way += random.normal(0, 0.08, shape)[:, None] * np.sin(2 * math.pi * s) * s
    tone = random.uniform(0.65, 1.25, (len(root), 1))
    return root[:, None] + length[:, None] * way, tone * np.asarray(solid.material.albedo)


@numba.njit(cache=True, error_model="numpy")
def shade_strands(
    points: Array, albedo: Array, in_shadow: bool, solids: Array, planes: Array, materials: Array,
    lights: Array, ambient: float, bounce: float,
) -> Array:  # fmt: skip
    """Return (N, S, 3) float32: light from each strand's segments, diffuse across the fibre.

    Kajiya and Kay 1989 (doi 10.1145/74334.74361): the sine of the angle between fibre and light.
    Shadow and bounced light are taken at a strand's middle, for all its segments.
    """
    # A fibre turns half of itself to what is behind it, and the planes are behind it.
    backwards, thrown = np.array([0.0, 0.0, 1.0]), np.zeros(3)
    count, knots = points.shape[0], points.shape[1]
    out = np.empty((count, knots - 1, 3), np.float32)
    seen = np.ones(len(lights))
    for i in range(count):
        middle = points[i, knots // 2]
        if in_shadow:
            for k in range(len(lights)):
                seen[k] = unshadowed(middle, lights[k, 0:3] - middle, solids, materials)
        if bounce > 0.0:
            bounced(middle, backwards, planes, materials[len(solids) :], lights, thrown)
        for j in range(knots - 1):
            radiance = albedo[i] * (ambient + 0.5 * bounce * thrown)
            tangent = points[i, j + 1] - points[i, j]
            tangent /= math.sqrt((tangent * tangent).sum()) + 1e-12
            for k in range(len(lights)):
                towards = lights[k, 0:3] - points[i, j]
                square = (towards * towards).sum()
                towards /= math.sqrt(square)
                share = (-(towards * lights[k, 6:9]).sum() - lights[k, 9]) / (
                    lights[k, 10] - lights[k, 9]
                )
                if share <= 0.0:
                    continue
                share = min(share, 1.0)
                along = (towards * tangent).sum()
                sine = math.sqrt(max(0.0, 1.0 - along * along))
                gain = share * share * (3 - 2 * share) * sine / square * seen[k]
                radiance = radiance + albedo[i] * lights[k, 3:6] * gain
            out[i, j] = radiance.astype(np.float32)
    return out


@numba.njit(cache=True, error_model="numpy")
def draw_strands(
    points: Array, radii: Array, colours: Array, fx: float, fy: float, cx: float, cy: float,
    solid_depth: Array, premultiplied: Array, through: Array,
) -> None:  # fmt: skip
    """Draw strands over a layer.

    Parameters
    ----------
    points, radii, colours
        (N, S, 3) metres, (N,) metres, (N, S - 1, 3) linear light.
    solid_depth : (H, W) float64
        Strands behind it are hidden.
    premultiplied : (H, W, 3) float32, in and out
        Light of the strands times their coverage.
    through : (H, W) float32, in and out
        Share of each pixel that no strand covers; 1 to begin with.
    """
    height, width = through.shape
    for i in range(points.shape[0]):
        for j in range(points.shape[1] - 1):
            z = 0.5 * (points[i, j, 2] + points[i, j + 1, 2])
            if z < 0.1:
                continue
            x0 = fx * points[i, j, 0] / points[i, j, 2] + cx
            y0 = fy * points[i, j, 1] / points[i, j, 2] + cy
            x1 = fx * points[i, j + 1, 0] / points[i, j + 1, 2] + cx
            y1 = fy * points[i, j + 1, 1] / points[i, j + 1, 2] + cy
            half = radii[i] * fx / z
            reach = half + 0.5
            dx, dy = x1 - x0, y1 - y0
            square = dx * dx + dy * dy
            if square < 1e-9:
                continue
            length = math.sqrt(square)
            left = max(0, math.floor(min(x0, x1) - reach))
            right = min(width - 1, math.ceil(max(x0, x1) + reach))
            top = max(0, math.floor(min(y0, y1) - reach))
            bottom = min(height - 1, math.ceil(max(y0, y1) + reach))
            for y in range(top, bottom + 1):
                for x in range(left, right + 1):
                    t = ((x - x0) * dx + (y - y0) * dy) / square
                    # Half open, so that the joint of two segments is drawn once.
                    if t < 0.0 or t >= 1.0 or z > solid_depth[y, x]:
                        continue
                    away = abs((x - x0) * dy - (y - y0) * dx) / length
                    cover = min(half, away + 0.5) - max(-half, away - 0.5)
                    if cover <= 0.0:
                        continue
                    cover = min(cover, 1.0)
                    for c in range(3):
                        premultiplied[y, x, c] = (
                            premultiplied[y, x, c] * (1.0 - cover) + cover * colours[i, j, c]
                        )
                    through[y, x] *= 1.0 - cover
