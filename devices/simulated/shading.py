"""Light that a point of the simulated studio sends back: matt, glossy, mirrored, and bounced.

Light is counted so that a white matt surface under illuminance 1 has value 1 (radiance times pi).
Rows of solids, planes, materials, marks and lights are those of `devices.simulated.solids`;
`gloss` holds the lamps' radius for shadows in metres, the specular reflectance at normal
incidence, and the share of light that bounces off the planes; None, for which the kernels are
compiled without all that, when there is nothing of it.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from devices.simulated.intersection import (
    OPAQUE,
    kernel,
    meet,
    nearest_plane,
    nearest_solid,
    write_normal,
)
from devices.simulated.textures import write_albedo

Array = npt.NDArray[Any]

#: What a wall of glass lets through to what lies in its shadow.
_SHADOW_OF_GLASS = 0.85
#: Exponent of the glossy lobe: satin varnish, skin's oil.
_EXPONENT = 60.0
#: A soft box's light falls off over this share of its radius.
_SOFT_RIM = 0.2


def _disc(count: int) -> Array:
    """Return (count, 2) points spread evenly over the unit disc, the outermost first.

    Vogel 1979 (doi 10.1016/0025-5564(79)90080-4).
    """
    k = np.arange(count)[::-1]
    radius, angle = np.sqrt((k + 0.5) / count), k * math.pi * (3.0 - math.sqrt(5.0))
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


#: Points of a lamp's face for soft shadows, and how many of them stand on its rim.
_FACE, _RIM_POINTS = _disc(16), 5
#: Directions in which bounced light is gathered: raised onto the half sphere they follow the
#: cosine law.
_BOUNCES = _disc(32)


@kernel
def cone_share(light: Array, towards: Array, distance: float) -> float:
    """Return how much of a lamp's cone reaches a point, 0 to 1; `towards` leads to the lamp."""
    along = -(towards[0] * light[6] + towards[1] * light[7] + towards[2] * light[8])
    share = (along / distance - light[9]) / (light[10] - light[9])
    if share <= 0.0:
        return 0.0
    share = min(share, 1.0)
    return float(share * share * (3.0 - 2.0 * share))


@kernel
def unshadowed(point: Array, towards: Array, solids: Array, materials: Array) -> float:
    """Return the share of a lamp's light that no solid between takes away."""
    share = 1.0
    for i in range(len(solids)):
        if meet(solids[i], point, towards) < 1.0:
            if materials[i, 6] == 0.0:
                return 0.0
            share *= _SHADOW_OF_GLASS
    return share


@kernel
def _sideways(axis: Array, first: Array, second: Array) -> None:
    """Write two unit vectors across a unit axis. Duff et al. 2017, JCGT 6 (1)."""
    sign = 1.0 if axis[2] >= 0.0 else -1.0
    a = -1.0 / (sign + axis[2])
    b = axis[0] * axis[1] * a
    first[0], first[1], first[2] = 1.0 + sign * axis[0] * axis[0] * a, sign * b, -sign * axis[0]
    second[0], second[1], second[2] = b, sign + axis[1] * axis[1] * a, -axis[1]


@kernel
def _anything_near(point: Array, light: Array, radius: float, solids: Array) -> bool:
    """Tell whether a solid may reach into the cone between a point and a round lamp."""
    square = 0.0
    for c in range(3):
        square += (light[c] - point[c]) ** 2
    for i in range(len(solids)):
        along = 0.0
        for c in range(3):
            along += (solids[i, 2 + c] - point[c]) * (light[c] - point[c])
        along = min(max(along / square, 0.0), 1.0)
        off = 0.0
        for c in range(3):
            off += (solids[i, 2 + c] - point[c] - along * (light[c] - point[c])) ** 2
        around = math.sqrt(solids[i, 17])
        wide = radius * min(1.0, along + around / math.sqrt(square))
        if math.sqrt(off) < around + wide:
            return True
    return False


@kernel
def _unshadowed_face(
    point: Array, light: Array, radius: float, solids: Array, materials: Array
) -> float:
    """Return the share of a round lamp's face that a point sees: the penumbra.

    Points of its rim that are all seen, or all hidden, stand for the whole face.
    """
    first, second, towards = np.empty(3), np.empty(3), np.empty(3)
    if not _anything_near(point, light, radius, solids):
        return 1.0
    _sideways(light[6:9], first, second)
    seen = 0.0
    for n in range(len(_FACE)):
        x, y = radius * _FACE[n, 0], radius * _FACE[n, 1]
        for c in range(3):
            towards[c] = light[c] + x * first[c] + y * second[c] - point[c]
        seen += unshadowed(point, towards, solids, materials)
        if n == _RIM_POINTS - 1 and (seen == 0.0 or seen == _RIM_POINTS):
            return float(seen / _RIM_POINTS)
    return float(seen / len(_FACE))


@kernel
def _glossy(
    towards: Array, distance: float, view: Array, length: float, normal: Array, f0: float
) -> float:
    """Return the glossy lobe, as a multiple of the illuminance: Blinn-Phong, normalised.

    Blinn 1977 (doi 10.1145/563858.563893); Fresnel after Schlick 1994
    (doi 10.1111/1467-8659.1330233).
    """
    square, across, facing = 0.0, 0.0, 0.0
    for c in range(3):
        half = towards[c] / distance - view[c] / length
        square += half * half
        across += half * normal[c]
        facing += half * towards[c] / distance
    half_length = math.sqrt(square)
    fresnel = f0 + (1.0 - f0) * (1.0 - facing / half_length) ** 5
    return float(fresnel * (_EXPONENT + 8.0) / 8.0 * max(0.0, across / half_length) ** _EXPONENT)


@kernel
def bounced(
    point: Array, normal: Array, planes: Array, plane_materials: Array, lights: Array, out: Array
) -> None:
    """Write the light that the planes throw on a surface: one bounce, not shadowed.

    Gathered in directions spread by the cosine law about the normal.
    """
    first, second, ray, met = np.empty(3), np.empty(3), np.empty(3), np.empty(3)
    towards, plane_albedo = np.empty(3), np.empty(3)
    _sideways(normal, first, second)
    for c in range(3):
        out[c] = 0.0
    for k in range(len(_BOUNCES)):
        x, y = _BOUNCES[k, 0], _BOUNCES[k, 1]
        up = math.sqrt(1.0 - x * x - y * y)
        for c in range(3):
            ray[c] = x * first[c] + y * second[c] + up * normal[c]
        t, plane = nearest_plane(planes, point, ray)
        if plane < 0:
            continue
        for c in range(3):
            met[c] = point[c] + t * ray[c]
            plane_albedo[c] = plane_materials[plane, c] / len(_BOUNCES)
        side = -1.0 if _dot(ray, planes[plane, 1:4]) > 0.0 else 1.0
        for i in range(len(lights)):
            for c in range(3):
                towards[c] = lights[i, c] - met[c]
            facing = side * _dot(towards, planes[plane, 1:4])
            if facing <= 0.0:
                continue
            square = _dot(towards, towards)
            distance = math.sqrt(square)
            gain = cone_share(lights[i], towards, distance) * facing / distance / square
            for c in range(3):
                out[c] += plane_albedo[c] * lights[i, 3 + c] * gain


@kernel
def _dot(a: Array, b: Array) -> float:
    return float(a[0] * b[0] + a[1] * b[1] + a[2] * b[2])


@kernel
def shade(
    point: Array, view: Array, normal: Array, albedo: Array, solids: Array, planes: Array,
    materials: Array, lights: Array, ambient: float, gloss: Array | None, on_solid: bool,
    towards: Array, out: Array,
) -> None:  # fmt: skip
    """Write the light that a matt surface returns: albedo times illuminance, shadows included.

    `view` is the ray that came here; solids shine and take bounced light as `gloss` says.
    """
    for c in range(3):
        out[c] = albedo[c] * ambient
    length = math.sqrt(_dot(view, view))
    for i in range(len(lights)):
        light = lights[i]
        for c in range(3):
            towards[c] = light[c] - point[c]
        square = 0.0
        facing = 0.0
        for c in range(3):
            square += towards[c] * towards[c]
            facing += towards[c] * normal[c]
        if facing <= 0.0:
            continue
        distance = math.sqrt(square)
        share = cone_share(light, towards, distance)
        if share <= 0.0:
            continue
        if gloss is not None and gloss[0] > 0.0:
            seen = _unshadowed_face(point, light, gloss[0], solids, materials)
        else:
            seen = unshadowed(point, towards, solids, materials)
        if seen <= 0.0:
            continue
        gain = share * facing / distance / square * seen
        for c in range(3):
            out[c] += albedo[c] * light[3 + c] * gain
        if gloss is not None and gloss[1] > 0.0 and on_solid:
            gain *= _glossy(towards, distance, view, length, normal, gloss[1])
            for c in range(3):
                out[c] += light[3 + c] * gain
    if gloss is not None and gloss[2] > 0.0 and on_solid:
        bounced(point, normal, planes, materials[len(solids) :], lights, towards)
        for c in range(3):
            out[c] += gloss[2] * albedo[c] * towards[c]


@kernel
def mirrored(
    point: Array, ray: Array, normal: Array, solids: Array, planes: Array, materials: Array,
    marks: Array, lights: Array, ambient: float, gloss: Array | None, work: Array, out: Array,
) -> None:  # fmt: skip
    """Write what a mirror at a point reflects of the set: surfaces, lamps' faces, ambient light.

    What it reflects is taken as matt, so a mirror in a mirror is grey. `work` is (6, 3).
    """
    away, met, facing = work[0], work[1], work[2]
    length = math.sqrt(_dot(ray, ray))
    along = _dot(ray, normal) / length
    for c in range(3):
        away[c] = ray[c] / length - 2.0 * along * normal[c]
        out[c] = ambient
    best, found = nearest_solid(solids, materials, 0, len(solids), OPAQUE, point, away)
    t, plane = nearest_plane(planes, point, away)
    if t < best:
        best, found = t, plane + len(solids)
    if found >= 0:
        for c in range(3):
            met[c] = point[c] + best * away[c]
        if found < len(solids):
            write_normal(solids[found], met, facing)
        else:
            for c in range(3):
                facing[c] = planes[found - len(solids), 1 + c]
        side = -1.0 if _dot(away, facing) > 0.0 else 1.0
        for c in range(3):
            facing[c] *= side
        write_albedo(materials[found], marks, found < len(solids), met, work[3])
        shade(
            met, away, facing, work[3], solids, planes, materials, lights, ambient, gloss,
            found < len(solids), work[4], out,
        )  # fmt: skip
    for i in range(len(lights)):
        for c in range(3):
            work[5, c] = lights[i, c] - point[c]
        to_lamp = _dot(work[5], away)
        if to_lamp <= 0.0 or to_lamp > best:
            continue
        square = _dot(work[5], work[5])
        off = math.sqrt(max(0.0, square - to_lamp * to_lamp)) / lights[i, 11]
        if off >= 1.0:
            continue
        seen = min(1.0, (1.0 - off) / _SOFT_RIM)
        seen *= cone_share(lights[i], work[5], math.sqrt(square))
        for c in range(3):
            # Illuminance power / d² from a disc that covers radius² / d² of the half sphere.
            out[c] += seen * lights[i, 3 + c] / lights[i, 11] ** 2
