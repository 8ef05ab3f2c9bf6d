"""Rays through the simulated studio: what they meet, and the light that comes back from there.

A ray is ``origin + t * direction``. Primary rays have a direction whose component along the
optical axis is 1, so that t is depth. Rows of solids, planes, materials, marks and lights are
those of `devices.simulated.solids`; `gloss` is that of `devices.simulated.shading`.

The kernels here take in those of `intersection`, `textures` and `shading`, and numba's cache does
not notice a change in another file: whoever edits one of these deletes ``__pycache__``.
"""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from devices.simulated.intersection import (
    ANY,
    GLASS,
    OPAQUE,
    kernel,
    nearest_plane,
    nearest_solid,
    write_normal,
)
from devices.simulated.shading import mirrored, shade
from devices.simulated.textures import weave, write_albedo

Array = npt.NDArray[Any]

#: What a ray looks for: the nearest of all, of the subject without glass, of what is behind the
#: subject, of all without glass.
NEAREST, SUBJECT, BEHIND, THROUGH_GLASS = 0, 1, 2, 3
#: Refractive index of soda-lime glass, and what it absorbs per metre: clear, a little grey.
_INDEX, _ABSORPTION = 1.52, 20.0
_MOST_WALLS = 16


@numba.njit(cache=True, parallel=True, error_model="numpy")
def trace(
    rays: Array, origin: Array, rotation: Array, solids: Array, subjects: int, planes: Array,
    materials: Array, marks: Array, lights: Array, ambient: float, gloss: Array | None, want: int,
    depth: Array, which: Array, normals: Array, light: Array,
) -> None:  # fmt: skip
    """Trace rays and write what they meet.

    Parameters
    ----------
    rays : (N, 2) float64
        x / z and y / z of each ray in the looking device's frame.
    origin, rotation : (3,) and (3, 3) float64
        The device's place and its axes (as columns) in the camera's frame.
    subjects : int
        How many of the solids, counted from the first, are the subject.
    want : int
        `NEAREST`, `SUBJECT`, `BEHIND` or `THROUGH_GLASS`.
    depth : (N,) float64, out
        Along the device's optical axis, FAR where nothing is met.
    which : (N,) int64, out
        Number of the solid, or of the plane plus the number of solids; -1 for nothing.
    normals : (N, 3) or (0, 3) float32, out
        Towards the origin; not computed when empty.
    light : (N, 3) or (0, 3) float32, out
        Reflected light; not computed when empty.
    """
    for n in numba.prange(len(rays)):
        ray, point, normal = np.empty(3), np.empty(3), np.empty(3)
        for c in range(3):
            ray[c] = rotation[c, 0] * rays[n, 0] + rotation[c, 1] * rays[n, 1] + rotation[c, 2]
        first = subjects if want == BEHIND else 0
        last = subjects if want == SUBJECT else len(solids)
        kind = OPAQUE if want in (SUBJECT, THROUGH_GLASS) else ANY
        best, found = nearest_solid(solids, materials, first, last, kind, origin, ray)
        if want != SUBJECT:
            t, plane = nearest_plane(planes, origin, ray)
            if t < best:
                best, found = t, plane + len(solids)
        depth[n], which[n] = best, found
        if found < 0 or (len(normals) == 0 and len(light) == 0):
            continue
        for c in range(3):
            point[c] = origin[c] + best * ray[c]
        if found < len(solids):
            write_normal(solids[found], point, normal)
        else:
            for c in range(3):
                normal[c] = planes[found - len(solids), 1 + c]
        if ray[0] * normal[0] + ray[1] * normal[1] + ray[2] * normal[2] > 0.0:
            for c in range(3):
                normal[c] = -normal[c]
        if len(normals) > 0:
            for c in range(3):
                normals[n, c] = normal[c]
        if len(light) > 0:
            albedo, towards, radiance = np.empty(3), np.empty(3), np.empty(3)
            write_albedo(materials[found], marks, found < len(solids), point, albedo)
            weave(materials[found], point, albedo)
            if materials[found, 5] > 0.0:
                mirrored(
                    point, ray, normal, solids, planes, materials, marks, lights, ambient, gloss,
                    np.empty((6, 3)), radiance,
                )  # fmt: skip
                _tint(ray, normal, albedo, radiance)
            else:
                shade(
                    point, ray, normal, albedo, solids, planes, materials, lights, ambient, gloss,
                    found < len(solids), towards, radiance,
                )  # fmt: skip
            for c in range(3):
                light[n, c] = radiance[c]


@kernel
def _facing(ray: Array, normal: Array) -> float:
    """Return the cosine between the ray, turned round, and a unit normal on its side."""
    along = ray[0] * normal[0] + ray[1] * normal[1] + ray[2] * normal[2]
    return float(abs(along) / math.sqrt(ray[0] ** 2 + ray[1] ** 2 + ray[2] ** 2))


@kernel
def _tint(ray: Array, normal: Array, albedo: Array, radiance: Array) -> None:
    """Multiply mirrored light by a metal's reflectance: Schlick 1994."""
    grazing = (1.0 - _facing(ray, normal)) ** 5
    for c in range(3):
        radiance[c] *= albedo[c] + (1.0 - albedo[c]) * grazing


@kernel
def _pane(cosine: float, radius: float, wall: float) -> tuple[float, float]:
    """Return what a curved wall of glass reflects, and lets through, of unpolarised light.

    Fresnel's equations for both surfaces of a thin pane, all inner reflections summed, which
    gives 2 R / (1 + R); and what is absorbed on the straight way through a shell of that outer
    radius.
    """
    inside = math.sqrt(1.0 - (1.0 - cosine * cosine) / _INDEX**2)
    across = ((cosine - _INDEX * inside) / (cosine + _INDEX * inside)) ** 2
    along = ((_INDEX * cosine - inside) / (_INDEX * cosine + inside)) ** 2
    once = (across + along) / 2.0
    reflected = 2.0 * once / (1.0 + once)
    height = radius * cosine
    way = height - math.sqrt(max(0.0, height * height - (2.0 * radius - wall) * wall))
    return reflected, (1.0 - reflected) * math.exp(-_ABSORPTION * way)


@numba.njit(cache=True, parallel=True, error_model="numpy")
def trace_glass(
    rays: Array, solids: Array, subjects: int, planes: Array, materials: Array, marks: Array,
    lights: Array, ambient: float, gloss: Array | None, until: Array,
    walls: Array, through: Array, light: Array,
) -> None:  # fmt: skip
    """Follow camera rays straight through the subject's glass.

    Parameters
    ----------
    until : (N,) float64
        Depth of the opaque thing behind the glass, FAR where there is none.
    walls : (N,) int64, out
        A number that changes where a ray meets other walls, 0 without any.
    through : (N,) float32, out
        Share of the light from behind that comes through, 0 to 1.
    light : (N, 3) float32, out
        What the walls reflect towards the camera.

    Notes
    -----
    The walls are thin: they bend no ray, so the composite of alpha and background is exact.
    A thick or filled glass refracts what is behind it, which no alpha can tell (Zongker et al.
    1999, Environment matting, doi 10.1145/311535.311558).
    """
    origin = np.zeros(3)
    for n in numba.prange(len(rays)):
        ray, point, normal = np.empty(3), np.empty(3), np.empty(3)
        radiance, work = np.empty(3), np.empty((6, 3))
        ray[0], ray[1], ray[2] = rays[n, 0], rays[n, 1], 1.0
        share, depth, met = 1.0, 0.0, 0
        point[:] = origin
        for _ in range(_MOST_WALLS):
            t, found = nearest_solid(solids, materials, 0, subjects, GLASS, point, ray)
            depth += t
            if depth >= until[n]:
                break
            for c in range(3):
                point[c] = depth * ray[c]
            write_normal(solids[found], point, normal)
            if ray[0] * normal[0] + ray[1] * normal[1] + ray[2] * normal[2] > 0.0:
                for c in range(3):
                    normal[c] = -normal[c]
            reflected, passed = _pane(_facing(ray, normal), solids[found, 14], materials[found, 6])
            mirrored(
                point, ray, normal, solids, planes, materials, marks, lights, ambient, gloss,
                work, radiance,
            )  # fmt: skip
            for c in range(3):
                light[n, c] += share * reflected * radiance[c]
            share *= passed
            met = met * 31 + found + 1
        walls[n], through[n] = met, share
