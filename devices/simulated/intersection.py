"""Where a ray meets the solids and planes of the simulated studio, and how they face there.

A ray is ``origin + t * ray``, of any length. Rows are those of `devices.simulated.solids`.
"""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy.typing as npt

Array = npt.NDArray[Any]

FAR = 1e9
_NEAR = 1e-4
_ELLIPSOID, _CYLINDER, _TORUS, _CAPSULE, _TUBE, _BOX = range(6)
#: Which solids `nearest_solid` looks at.
ANY, OPAQUE, GLASS = 0, 1, 2

kernel = numba.njit(cache=True, fastmath=False, inline="never", error_model="numpy")


@kernel
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


@kernel
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


@kernel
def _tube(ox, oy, oz, dx, dy, dz, radius, half):  # type: ignore[no-untyped-def]
    """Meet the wall of a cylinder without ends, from outside or inside."""
    a, b = dx * dx + dz * dz, ox * dx + oz * dz
    c = ox * ox + oz * oz - radius * radius
    t = _quadratic(a, b, c, _NEAR)
    if t < FAR and abs(oy + t * dy) > half:
        t = _quadratic(a, b, c, t)
    return t if t < FAR and abs(oy + t * dy) <= half else FAR


@kernel
def _capsule(ox, oy, oz, dx, dy, dz, radius, half):  # type: ignore[no-untyped-def]
    """Meet a tube with half spheres on its ends."""
    best = _tube(ox, oy, oz, dx, dy, dz, radius, half)
    a = dx * dx + dy * dy + dz * dz
    for end in (-half, half):
        y = oy - end
        b, c = ox * dx + y * dy + oz * dz, ox * ox + y * y + oz * oz - radius * radius
        t = _quadratic(a, b, c, _NEAR)
        # Only what of the sphere stands out of the tube.
        if t < FAR and (y + t * dy) * end < 0.0:
            t = _quadratic(a, b, c, t)
        if t < best and (y + t * dy) * end >= 0.0:
            best = t
    return best


@kernel
def _box(ox, oy, oz, dx, dy, dz, sx, sy, sz):  # type: ignore[no-untyped-def]
    """Meet a box by its three pairs of faces."""
    enter, leave = -FAR, FAR
    for o, d, s in ((ox, dx, sx), (oy, dy, sy), (oz, dz, sz)):
        if d == 0.0:
            if abs(o) > s:
                return FAR
            continue
        first, second = (-s - o) / d, (s - o) / d
        enter, leave = max(enter, min(first, second)), min(leave, max(first, second))
    if enter > leave:
        return FAR
    if enter > _NEAR:
        return enter
    return leave if leave > _NEAR else FAR


@kernel
def meet(solid: Array, origin: Array, ray: Array) -> float:
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
    if solid[0] == _TORUS:
        return float(_torus(ox, oy, oz, dx, dy, dz, solid[14], solid[15]))
    if solid[0] == _CAPSULE:
        return float(_capsule(ox, oy, oz, dx, dy, dz, solid[14], solid[15]))
    if solid[0] == _TUBE:
        return float(_tube(ox, oy, oz, dx, dy, dz, solid[14], solid[15]))
    return float(_box(ox, oy, oz, dx, dy, dz, solid[14], solid[15], solid[16]))


@kernel
def write_normal(solid: Array, point: Array, out: Array) -> None:
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
    elif solid[0] == _TUBE:
        ly = 0.0
    elif solid[0] == _CAPSULE:
        ly -= min(max(ly, -solid[15]), solid[15])
    elif solid[0] == _BOX:
        ax, ay, az = abs(lx) / solid[14], abs(ly) / solid[15], abs(lz) / solid[16]
        lx = lx if ax >= ay and ax >= az else 0.0
        ly = ly if ay > ax and ay >= az else 0.0
        lz = lz if az > ax and az > ay else 0.0
    else:
        flat = math.sqrt(lx * lx + ly * ly)
        scale = (flat - solid[14]) / flat
        lx, ly = lx * scale, ly * scale
    length = math.sqrt(lx * lx + ly * ly + lz * lz)
    lx, ly, lz = lx / length, ly / length, lz / length
    out[0] = solid[5] * lx + solid[8] * ly + solid[11] * lz
    out[1] = solid[6] * lx + solid[9] * ly + solid[12] * lz
    out[2] = solid[7] * lx + solid[10] * ly + solid[13] * lz


@kernel
def nearest_solid(
    solids: Array, materials: Array, first: int, last: int, which: int, origin: Array, ray: Array
) -> tuple[float, int]:
    """Return t and number of the nearest of some solids (`ANY`, `OPAQUE` or `GLASS` of them)."""
    best, found = FAR, -1
    for i in range(first, last):
        if which != ANY and (materials[i, 6] > 0.0) != (which == GLASS):
            continue
        t = meet(solids[i], origin, ray)
        if t < best:
            best, found = t, i
    return best, found


@kernel
def nearest_plane(planes: Array, origin: Array, ray: Array) -> tuple[float, int]:
    """Return t and number of the nearest plane before the origin, (FAR, -1) for none."""
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
