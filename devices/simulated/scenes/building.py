"""What the sets are built with: the lens, lamps of a given illuminance, tilted places, limbs.

Distances, lenses and ratios are those of a small real studio. Illuminance is counted in units of
what exposes a surface of reflectance 1 to full scale at f/8, 1/125 s and ISO 100.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

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


def axes_along(direction: Vector) -> Axes:
    """Return local axes whose second one points along `direction`."""
    along = np.asarray(direction) / np.linalg.norm(direction)
    helper = np.eye(3)[np.argmin(np.abs(along))]
    first = np.cross(along, helper)
    first /= np.linalg.norm(first)
    rows = [tuple(map(float, row)) for row in (first, along, np.cross(first, along))]
    return (rows[0], rows[1], rows[2])  # type: ignore[return-value]


def limb(start: Vector, end: Vector, radius: float, material: Material) -> Solid:
    """Return a capsule from one joint to the next."""
    way = np.subtract(end, start)
    middle = (start[0] + way[0] / 2, start[1] + way[1] / 2, start[2] + way[2] / 2)
    half = float(np.linalg.norm(way)) / 2
    direction = (float(way[0]), float(way[1]), float(way[2]))
    return Solid(
        Shape.CAPSULE,
        (float(middle[0]), float(middle[1]), float(middle[2])),
        (radius, half, 0.0),
        material,
        axes_along(direction),
    )
