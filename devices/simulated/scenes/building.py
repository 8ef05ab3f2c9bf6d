"""What the sets are built with: the lens, lamps of a given illuminance, tilted places, limbs.

Distances, lenses and ratios are those of a small real studio. Illuminance is counted in units of
what exposes a surface of reflectance 1 to full scale at f/8, 1/125 s and ISO 100.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from devices.frames import Extrinsics, Intrinsics
from devices.simulated.solids import Light, Material, Shape, Solid, Vector, illuminance_at

SENSOR_WIDTH_M = 0.0359
_NOMINAL = (6000, 4000)

Axes = tuple[Vector, Vector, Vector]


def lens(focal_m: float) -> Intrinsics:
    """Return the intrinsics of a lens of that focal length at the camera's full size."""
    width, height = _NOMINAL
    f = focal_m / SENSOR_WIDTH_M * width
    return Intrinsics(f, f, (width - 1) / 2, (height - 1) / 2, width, height)


def looking(position: Vector, aim: Vector) -> Extrinsics:
    """Return the pose of a device at `position` that looks at `aim`, its top up."""
    forward = np.subtract(aim, position)
    forward = forward / np.linalg.norm(forward)
    right = np.cross(np.array([0.0, 1.0, 0.0]), forward)
    right /= np.linalg.norm(right)
    down = np.cross(forward, right)
    return Extrinsics(np.stack([right, down, forward], axis=1), np.array(position))


def lamp(
    name: str, position: Vector, aim: Vector, illuminance: float, cone: float, face_m: float = 0.25
) -> Light:
    """Return a light of the power that gives `illuminance` at `aim`."""
    one = Light(name, position, aim, 1.0, cone * 0.8, cone)
    power = illuminance / illuminance_at(one, aim)
    return Light(name, position, aim, power, cone * 0.8, cone, face_m=face_m)


@dataclass(frozen=True, slots=True)
class TableTop:
    """A level table as a camera sees it that looks down on it by `tilt_degrees`."""

    tilt_degrees: float

    def placed(self, x: float, y: float, z: float) -> Vector:
        """Turn studio coordinates (level floor) into those of the camera that looks down."""
        tilt = math.radians(self.tilt_degrees)
        c, s = math.cos(tilt), math.sin(tilt)
        return (x, c * y - s * z, s * y + c * z)

    def axes(self, turn_degrees: float = 0.0) -> Axes:
        """Return the local axes of a thing that stands upright, turned about the vertical."""
        turn = math.radians(turn_degrees)
        return (
            self.placed(math.cos(turn), 0, -math.sin(turn)),
            self.placed(0, 1, 0),
            self.placed(math.sin(turn), 0, math.cos(turn)),
        )


def limb(start: Vector, end: Vector, radius: float, material: Material) -> Solid:
    """Return a capsule from one joint to the next."""
    way = np.subtract(end, start)
    along = way / np.linalg.norm(way)
    first = np.cross(along, np.eye(3)[np.argmin(np.abs(along))])
    first /= np.linalg.norm(first)
    return Solid(
        Shape.CAPSULE,
        _vector(np.add(start, end) / 2),
        (radius, float(np.linalg.norm(way)) / 2, 0.0),
        material,
        (_vector(first), _vector(along), _vector(np.cross(first, along))),
    )


def _vector(values: npt.NDArray[np.float64]) -> Vector:
    x, y, z = (float(value) for value in values)
    return (x, y, z)
