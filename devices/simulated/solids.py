"""What stands in the simulated studio: solids, planes, materials, lights and hair, as plain data.

Everything lies in the camera's frame: x right, y down, z forward, metres.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
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
    CAPSULE = 3  #: radius, half length along the local y axis without the round ends, unused
    TUBE = 4  #: as a cylinder, without ends
    BOX = 5  #: three half sides


@dataclass(frozen=True, slots=True)
class Material:
    """What a surface is made of.

    Parameters
    ----------
    albedo : reflectance per channel, linear, 0 to 1; of a metal that at normal incidence
    grain_m, contrast : float
        Size of the texture's grain, and its amplitude as a share of the reflectance.
    metal : bool
        Polished: reflects as a mirror does instead of matt.
    glass_wall_m : float
        Thickness of a wall of clear glass; 0 for everything that is not glass.
    weave_m, weave_contrast : float
        Period of stripes across the picture, and their amplitude as a share of the reflectance;
        0 for none.
    """

    albedo: Vector
    grain_m: float = 0.002
    contrast: float = 0.0
    metal: bool = False
    glass_wall_m: float = 0.0
    weave_m: float = 0.0
    weave_contrast: float = 0.0


@dataclass(frozen=True, slots=True)
class Solid:
    """A thing. `axes` are its local axes as rows in the camera's frame."""

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
    `face_m` is the radius of its soft box, as a mirror shows it.
    """

    name: str
    position: Vector
    aim: Vector
    power: float
    inner_degrees: float = 60.0
    outer_degrees: float = 80.0
    colour: Vector = (1.0, 1.0, 1.0)
    face_m: float = 0.25


@dataclass(frozen=True, slots=True, eq=False)
class Strands:
    """Hairs of the subject.

    Parameters
    ----------
    points : (N, S, 3) float64, metres, from root to tip
    radii_m : (N,) float64, metres
    albedo : (N, 3) float64, reflectance, linear
    in_shadow : bool
        Whether solids shadow the hairs, as a coat that lies on its body wants it; loose hairs
        around a head are lit from everywhere.
    """

    points: npt.NDArray[np.float64]
    radii_m: npt.NDArray[np.float64]
    albedo: npt.NDArray[np.float64]
    in_shadow: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A set: a subject, what is behind it, its lights, and who looks at it.

    `solids` and `strands` are the subject, `planes` and `props` are behind it, as seen from the
    camera. `bounce` is the share of the light bounced off the planes that reaches the subject.
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
    props: tuple[Solid, ...] = ()
    bounce: float = 0.0


def solid_rows(scene: Scene) -> Rows:
    """Return (N, 18): shape, material's number, centre, local axes by rows, size, sphere around.

    The last is the square of a radius about the centre within which all of the solid lies.
    """
    return np.array(
        [
            (s.shape, i, *s.centre, *(x for axis in s.axes for x in axis), *s.size, _around(s))
            for i, s in enumerate((*scene.solids, *scene.props))
        ],
        np.float64,
    )


def _around(solid: Solid) -> float:
    a, b, c = solid.size
    radius = {
        Shape.ELLIPSOID: max(a, b, c),
        Shape.CYLINDER: math.hypot(a, b),
        Shape.TORUS: a + b,
        Shape.CAPSULE: a + b,
        Shape.TUBE: math.hypot(a, b),
        Shape.BOX: math.hypot(a, b, c),
    }[solid.shape]
    return (radius * 1.0001) ** 2


def plane_rows(scene: Scene) -> Rows:
    """Return (N, 5): material's number, normal, offset."""
    first = len(scene.solids) + len(scene.props)
    return np.array(
        [(first + i, *p.normal, p.offset_m) for i, p in enumerate(scene.planes)], np.float64
    )


def material_rows(scene: Scene) -> Rows:
    """Return (N, 9): albedo, grain, contrast, metal, wall of glass, weave; see `Material`.

    Of solids, props and planes, in that order.
    """
    materials = [s.material for s in (*scene.solids, *scene.props)]
    materials += [p.material for p in scene.planes]
    return np.array(
        [
            (
                *m.albedo, m.grain_m, m.contrast, m.metal, m.glass_wall_m,
                m.weave_m, m.weave_contrast,
            )
            for m in materials
        ],
        np.float64,
    )  # fmt: skip


def mark_rows(scene: Scene) -> Rows:
    """Return (N, 9): centre, radii, albedo."""
    rows = [(*m.centre, *m.radii, *m.albedo) for m in scene.marks]
    return np.array(rows, np.float64).reshape(-1, 9)


def light_rows(lights: tuple[Light, ...]) -> Rows:
    """Return (N, 12): position, power per channel, axis, cosines of outer and inner cone, face."""
    rows = []
    for light in lights:
        axis = np.subtract(light.aim, light.position)
        axis = axis / np.linalg.norm(axis)
        cone = [math.cos(math.radians(a)) for a in (light.outer_degrees, light.inner_degrees)]
        power = [light.power * c for c in light.colour]
        rows.append((*light.position, *power, *axis, *cone, light.face_m))
    return np.array(rows, np.float64).reshape(-1, 12)


def illuminance_at(light: Light, point: Vector) -> float:
    """Return what a surface at `point` that faces the light receives, in the unit of `power`."""
    position, power, axis, outer, inner, _ = np.split(light_rows((light,))[0], (3, 6, 9, 10, 11))
    towards = np.subtract(point, position)
    distance = float(np.linalg.norm(towards))
    along = float(towards @ axis) / distance
    share = min(1.0, max(0.0, (along - float(outer[0])) / float(inner[0] - outer[0])))
    return float(power.mean()) / distance**2 * share * share * (3 - 2 * share)
