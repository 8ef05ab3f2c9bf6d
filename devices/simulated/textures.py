"""The colour of a surface of the simulated studio at a point: its material, marks and grain."""

from __future__ import annotations

import math
from typing import Any

import numpy.typing as npt

from devices.simulated.intersection import kernel

Array = npt.NDArray[Any]


@kernel
def _hash(x: int, y: int, z: int) -> float:
    h = (x * 374761393 + y * 668265263 + z * 2147483647) & 0xFFFFFFFF
    h = ((h ^ (h >> 13)) * 1274126177) & 0xFFFFFFFF
    return ((h ^ (h >> 16)) & 0xFFFF) / 32767.5 - 1.0


@kernel
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


@kernel
def write_albedo(material: Array, marks: Array, marked: bool, point: Array, out: Array) -> None:
    """Write the reflectance of a material, or of the mark there, with its grain."""
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


@kernel
def weave(material: Array, point: Array, out: Array) -> None:
    """Multiply a reflectance by the stripes of a material's weave, which follow one another down.

    A sine, so that there is but the one period; one finer than two pixels aliases, as on a sensor.
    """
    if material[7] > 0.0:
        phase = 2.0 * math.pi * point[1] / material[7]
        for c in range(3):
            out[c] *= 1.0 + material[8] * math.sin(phase)
