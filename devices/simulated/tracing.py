"""Rays through the simulated studio: what they meet, and the light that comes back from there.

A ray is ``origin + t * direction``. Primary rays have a direction whose component along the
optical axis is 1, so that t is depth. Rows of solids, planes, materials, marks and lights are
those of `devices.simulated.solids`.
"""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

FAR = 1e9
_NEAR = 1e-4
_ELLIPSOID, _CYLINDER = 0, 1
_PI = math.pi

_inline = numba.njit(cache=True, fastmath=False, inline="never", error_model="numpy")


@_inline
def _quadratic(a: float, b: float, c: float, nearest: float) -> float:
    """Return the smallest root of a t² + 2 b t + c beyond `nearest`, FAR when there is none."""
    under = b * b - a * c
    if under < 0.0 or a == 0.0:
        return FAR
    root = math.sqrt(under)
    t = (-b - root) / a
    if t > nearest:
        return t
    t = (-b + root) / a
    return t if t > nearest else FAR


@_inline
def _torus(ox, oy, oz, dx, dy, dz, ring, tube):  # type: ignore[no-untyped-def]
    """March a ray through the torus's bounding sphere; within a few micrometres."""
    length = math.sqrt(dx * dx + dy * dy + dz * dz)
    bound = ring + tube
    a = length * length
    b = ox * dx + oy * dy + oz * dz
    c = ox * ox + oy * oy + oz * oz - bound * bound
    under = b * b - a * c
    if under < 0.0:
        return FAR
    root = math.sqrt(under)
    t = max((-b - root) / a, _NEAR)
    end = (-b + root) / a
    for _ in range(96):
        if t > end:
            return FAR
        x, y, z = ox + t * dx, oy + t * dy, oz + t * dz
        flat = math.sqrt(x * x + y * y) - ring
        distance = math.sqrt(flat * flat + z * z) - tube
        if distance < 2e-6:
            return t
        t += distance / length
    return t


@_inline
def _meet(solid: Array, origin: Array, ray: Array) -> float:
    """Return t at which the ray meets the solid, FAR when it does not."""
    x, y, z = origin[0] - solid[2], origin[1] - solid[3], origin[2] - solid[4]
    ox = solid[5] * x + solid[6] * y + solid[7] * z
    oy = solid[8] * x + solid[9] * y + solid[10] * z
    oz = solid[11] * x + solid[12] * y + solid[13] * z
    dx = solid[5] * ray[0] + solid[6] * ray[1] + solid[7] * ray[2]
    dy = solid[8] * ray[0] + solid[9] * ray[1] + solid[10] * ray[2]
    dz = solid[11] * ray[0] + solid[12] * ray[1] + solid[13] * ray[2]
    if solid[0] == _ELLIPSOID:
        ox, oy, oz = ox / solid[14], oy / solid[15], oz / solid[16]
        dx, dy, dz = dx / solid[14], dy / solid[15], dz / solid[16]
        a, b = dx * dx + dy * dy + dz * dz, ox * dx + oy * dy + oz * dz
        return float(_quadratic(a, b, ox * ox + oy * oy + oz * oz - 1.0, _NEAR))
    if solid[0] == _CYLINDER:
        radius, half = solid[14], solid[15]
        best = FAR
        wall = _quadratic(
            dx * dx + dz * dz, ox * dx + oz * dz, ox * ox + oz * oz - radius * radius, _NEAR
        )
        if wall < FAR and abs(oy + wall * dy) <= half:
            best = wall
        if dy != 0.0:
            for end in (-half, half):
                t = (end - oy) / dy
                if _NEAR < t < best:
                    px, pz = ox + t * dx, oz + t * dz
                    if px * px + pz * pz <= radius * radius:
                        best = t
        return best
    return float(_torus(ox, oy, oz, dx, dy, dz, solid[14], solid[15]))


@_inline
def _normal(solid: Array, point: Array, out: Array) -> None:
    """Write the outward unit normal of the solid at a point of its surface."""
    x, y, z = point[0] - solid[2], point[1] - solid[3], point[2] - solid[4]
    lx = solid[5] * x + solid[6] * y + solid[7] * z
    ly = solid[8] * x + solid[9] * y + solid[10] * z
    lz = solid[11] * x + solid[12] * y + solid[13] * z
    if solid[0] == _ELLIPSOID:
        lx, ly, lz = lx / solid[14] ** 2, ly / solid[15] ** 2, lz / solid[16] ** 2
    elif solid[0] == _CYLINDER:
        if abs(ly) > solid[15] - 1e-5 and lx * lx + lz * lz < solid[14] ** 2 * 0.9999:
            lx, lz = 0.0, 0.0
        else:
            ly = 0.0
    else:
        flat = math.sqrt(lx * lx + ly * ly)
        scale = (flat - solid[14]) / flat
        lx, ly = lx * scale, ly * scale
    length = math.sqrt(lx * lx + ly * ly + lz * lz)
    lx, ly, lz = lx / length, ly / length, lz / length
    out[0] = solid[5] * lx + solid[8] * ly + solid[11] * lz
    out[1] = solid[6] * lx + solid[9] * ly + solid[12] * lz
    out[2] = solid[7] * lx + solid[10] * ly + solid[13] * lz


@_inline
def _nearest_solid(solids: Array, origin: Array, ray: Array) -> tuple[float, int]:
    best, which = FAR, -1
    for i in range(len(solids)):
        t = _meet(solids[i], origin, ray)
        if t < best:
            best, which = t, i
    return best, which


@_inline
def _nearest_plane(planes: Array, origin: Array, ray: Array) -> tuple[float, int]:
    best, which = FAR, -1
    for i in range(len(planes)):
        n = planes[i]
        along = n[1] * ray[0] + n[2] * ray[1] + n[3] * ray[2]
        if along == 0.0:
            continue
        t = (n[4] - n[1] * origin[0] - n[2] * origin[1] - n[3] * origin[2]) / along
        if _NEAR < t < best:
            best, which = t, i
    return best, which


@_inline
def _hash(x: int, y: int, z: int) -> float:
    h = (x * 374761393 + y * 668265263 + z * 2147483647) & 0xFFFFFFFF
    h = ((h ^ (h >> 13)) * 1274126177) & 0xFFFFFFFF
    return ((h ^ (h >> 16)) & 0xFFFF) / 32767.5 - 1.0


@_inline
def _grain(x: float, y: float, z: float) -> float:
    """Return value noise, -1 to 1: random at whole coordinates, blended linearly between."""
    ix, iy, iz = math.floor(x), math.floor(y), math.floor(z)
    fx, fy, fz = x - ix, y - iy, z - iz
    total = 0.0
    for corner in range(8):
        cx, cy, cz = corner & 1, corner >> 1 & 1, corner >> 2
        share = (fx if cx else 1 - fx) * (fy if cy else 1 - fy) * (fz if cz else 1 - fz)
        total += share * _hash(int(ix) + cx, int(iy) + cy, int(iz) + cz)
    return total


@_inline
def _albedo(material: Array, marks: Array, marked: bool, point: Array, out: Array) -> None:
    for c in range(3):
        out[c] = material[c]
    if marked:
        for m in range(len(marks)):
            mark = marks[m]
            r = 0.0
            for c in range(3):
                r += ((point[c] - mark[c]) / mark[3 + c]) ** 2
            if r < 1.0:
                for c in range(3):
                    out[c] = mark[6 + c]
    if material[4] > 0.0:
        s = 1.0 / material[3]
        grain = _grain(point[0] * s, point[1] * s, point[2] * s)
        for c in range(3):
            out[c] *= 1.0 + material[4] * grain


@_inline
def _shade(
    point: Array, normal: Array, albedo: Array, solids: Array, lights: Array, ambient: float,
    towards: Array, out: Array,
) -> None:  # fmt: skip
    """Add the light that a matt surface returns: albedo times illuminance, shadows included."""
    for c in range(3):
        out[c] = albedo[c] * ambient
    for i in range(len(lights)):
        light = lights[i]
        square = 0.0
        facing = 0.0
        along = 0.0
        for c in range(3):
            towards[c] = light[c] - point[c]
            square += towards[c] * towards[c]
            facing += towards[c] * normal[c]
            along -= towards[c] * light[6 + c]
        if facing <= 0.0:
            continue
        distance = math.sqrt(square)
        share = (along / distance - light[9]) / (light[10] - light[9])
        if share <= 0.0:
            continue
        share = min(share, 1.0)
        share = share * share * (3.0 - 2.0 * share)
        shadowed = False
        for s in range(len(solids)):
            if _meet(solids[s], point, towards) < 1.0:
                shadowed = True
                break
        if not shadowed:
            gain = share * facing / distance / square
            for c in range(3):
                out[c] += albedo[c] * light[3 + c] * gain


@numba.njit(cache=True, parallel=True, error_model="numpy")
def trace(
    rays: Array, origin: Array, rotation: Array, solids: Array, planes: Array, materials: Array,
    marks: Array, lights: Array, ambient: float, want: int,
    depth: Array, which: Array, normals: Array, light: Array,
) -> None:  # fmt: skip
    """Trace rays and write what they meet.

    Parameters
    ----------
    rays : (N, 2) float64
        x / z and y / z of each ray in the looking device's frame.
    origin, rotation : (3,) and (3, 3) float64
        The device's place and its axes (as columns) in the camera's frame.
    want : int
        0: the nearest of all; 1: solids alone; 2: planes alone.
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
        best, found = FAR, -1
        if want != 2:
            best, found = _nearest_solid(solids, origin, ray)
        if want != 1:
            t, plane = _nearest_plane(planes, origin, ray)
            if t < best:
                best, found = t, plane + len(solids)
        depth[n], which[n] = best, found
        if found < 0 or (len(normals) == 0 and len(light) == 0):
            continue
        for c in range(3):
            point[c] = origin[c] + best * ray[c]
        if found < len(solids):
            _normal(solids[found], point, normal)
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
            _albedo(materials[found], marks, found < len(solids), point, albedo)
            _shade(point, normal, albedo, solids, lights, ambient, towards, radiance)
            for c in range(3):
                light[n, c] = radiance[c]
