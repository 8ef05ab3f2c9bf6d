"""What stands in the simulated studio: solids, planes, materials, lights and hair, as plain data.

Everything lies in the camera's frame: x right, y down, z forward, metres.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from devices.frames import Extrinsics, Intrinsics

Vector = tuple[float, float, float]
Rows = npt.NDArray[np.float64]


class Shape(IntEnum):
    """The solids that can be traced; `Solid.size` means something else for each."""

    ELLIPSOID = 0  #: three semi-axes
    CYLINDER = 1  #: radius, half height along the local y axis, unused
    TORUS = 2  #: ring radius, tube radius, unused; the ring lies in the local xy plane


@dataclass(frozen=True, slots=True)
class Material:
    """A matt surface: reflectance per channel (linear, 0 to 1), and a texture that varies it.

    `grain_m` is the size of the texture's grain, `contrast` its amplitude as a share.
    """

    albedo: Vector
    grain_m: float = 0.002
    contrast: float = 0.0


@dataclass(frozen=True, slots=True)
class Solid:
    """A part of the subject. `axes` are its local axes as rows in the camera's frame."""

    shape: Shape
    centre: Vector
    size: Vector
    material: Material
    axes: tuple[Vector, Vector, Vector] = ((1, 0, 0), (0, 1, 0), (0, 0, 1))


@dataclass(frozen=True, slots=True)
class Plane:
    """A part of the background: all points p with ``normal . p = offset_m``."""

    normal: Vector
    offset_m: float
    material: Material


@dataclass(frozen=True, slots=True)
class Mark:
    """Another colour within an ellipsoid of space: an eye, a mouth, a label."""

    centre: Vector
    radii: Vector
    albedo: Vector


@dataclass(frozen=True, slots=True)
class Light:
    """A small lamp: `power` is the illuminance that it gives at 1 m, on a surface facing it.

    It shines fully within `inner_degrees` of its axis and not at all beyond `outer_degrees`.
    """

    name: str
    position: Vector
    aim: Vector
    power: float
    inner_degrees: float = 60.0
    outer_degrees: float = 80.0
    colour: Vector = (1.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class Strands:
    """Hairs: `points` (N, S, 3) float64 metres, `radii_m` (N,) float64, `material`."""

    points: npt.NDArray[np.float64]
    radii_m: npt.NDArray[np.float64]
    material: Material


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A set: a subject, what is behind it, its lights, and who looks at it.

    `camera` is the lens at a nominal size; `sensor_to_camera` is where a depth sensor stands;
    `subject_m` is the distance at which the silhouette lies (and its defocus is taken),
    `focus_m` that at which the lens is focused.
    """

    name: str
    solids: tuple[Solid, ...]
    planes: tuple[Plane, ...]
    marks: tuple[Mark, ...]
    lights: tuple[Light, ...]
    ambient: float
    camera: Intrinsics
    sensor_to_camera: Extrinsics
    aim: Vector
    subject_m: float
    focus_m: float
    focal_length_m: float
    sway_m_per_s: float
    strands: Strands | None = None
    points: dict[str, Vector] = field(default_factory=dict)


def solid_rows(scene: Scene) -> Rows:
    """Return (N, 17): shape, material's number, centre, local axes by rows, size."""
    return np.array(
        [
            (s.shape, i, *s.centre, *(x for axis in s.axes for x in axis), *s.size)
            for i, s in enumerate(scene.solids)
        ],
        np.float64,
    )


def plane_rows(scene: Scene) -> Rows:
    """Return (N, 5): material's number, normal, offset."""
    first = len(scene.solids)
    return np.array(
        [(first + i, *p.normal, p.offset_m) for i, p in enumerate(scene.planes)], np.float64
    )


def material_rows(scene: Scene) -> Rows:
    """Return (N, 5): albedo, grain, contrast; of the solids, then of the planes."""
    materials = [s.material for s in scene.solids] + [p.material for p in scene.planes]
    return np.array([(*m.albedo, m.grain_m, m.contrast) for m in materials], np.float64)


def mark_rows(scene: Scene) -> Rows:
    """Return (N, 9): centre, radii, albedo."""
    rows = [(*m.centre, *m.radii, *m.albedo) for m in scene.marks]
    return np.array(rows, np.float64).reshape(-1, 9)


def light_rows(lights: tuple[Light, ...]) -> Rows:
    """Return (N, 11): position, power per channel, axis, cosines of the cone's outer and inner."""
    rows = []
    for light in lights:
        axis = np.subtract(light.aim, light.position)
        axis = axis / np.linalg.norm(axis)
        cone = [math.cos(math.radians(a)) for a in (light.outer_degrees, light.inner_degrees)]
        power = [light.power * c for c in light.colour]
        rows.append((*light.position, *power, *axis, *cone))
    return np.array(rows, np.float64).reshape(-1, 11)


def illuminance_at(light: Light, point: Vector) -> float:
    """Return what a surface at `point` that faces the light receives, in the unit of `power`."""
    position, power, axis, outer, inner = np.split(light_rows((light,))[0], (3, 6, 9, 10))
    towards = np.subtract(point, position)
    distance = float(np.linalg.norm(towards))
    along = float(towards @ axis) / distance
    share = min(1.0, max(0.0, (along - float(outer[0])) / float(inner[0] - outer[0])))
    return float(power.mean()) / distance**2 * share * share * (3 - 2 * share)
