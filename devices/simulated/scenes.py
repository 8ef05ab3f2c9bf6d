"""The sets of the simulated studio: a portrait and a product.

Distances, lenses and ratios are those of a small real studio. Illuminance is counted in units of
what exposes a surface of reflectance 1 to full scale at f/8, 1/125 s and ISO 100.
"""

from __future__ import annotations

import math

import numpy as np

from devices.frames import Extrinsics, Intrinsics
from devices.simulated.hair import grow
from devices.simulated.solids import (
    Light,
    Mark,
    Material,
    Plane,
    Scene,
    Shape,
    Solid,
    Vector,
    illuminance_at,
)

SENSOR_WIDTH_M = 0.0359
_NOMINAL = (6000, 4000)


def make_scene(name: str) -> Scene:
    """Build the set of that name (`devices.address.SCENES`)."""
    return {"portrait": _portrait, "product": _product}[name]()


def _lens(focal_m: float) -> Intrinsics:
    width, height = _NOMINAL
    f = focal_m / SENSOR_WIDTH_M * width
    return Intrinsics(f, f, (width - 1) / 2, (height - 1) / 2, width, height)


def _looking(position: Vector, aim: Vector) -> Extrinsics:
    """Return the pose of a device at `position` that looks at `aim`, its top up."""
    forward = np.subtract(aim, position)
    forward = forward / np.linalg.norm(forward)
    right = np.cross(np.array([0.0, 1.0, 0.0]), forward)
    right /= np.linalg.norm(right)
    down = np.cross(forward, right)
    return Extrinsics(np.stack([right, down, forward], axis=1), np.array(position))


def _lamp(name: str, position: Vector, aim: Vector, illuminance: float, cone: float) -> Light:
    """Return a light of the power that gives `illuminance` at `aim`."""
    one = Light(name, position, aim, 1.0, cone * 0.8, cone)
    return Light(name, position, aim, illuminance / illuminance_at(one, aim), cone * 0.8, cone)


def _portrait() -> Scene:
    """Place head and shoulders 2 m away, with loose hairs, a grey backdrop 1.6 m behind."""
    skin = Material((0.52, 0.34, 0.26), grain_m=0.0012, contrast=0.05)
    hair = Material((0.045, 0.028, 0.018), grain_m=0.001, contrast=0.35)
    shirt = Material((0.10, 0.17, 0.34), grain_m=0.0016, contrast=0.16)
    paper = Material((0.40, 0.41, 0.42), grain_m=0.004, contrast=0.012)
    ball = Shape.ELLIPSOID
    solids = (
        Solid(ball, (0.0, -0.055, 2.0), (0.074, 0.112, 0.094), skin),
        Solid(ball, (0.0, -0.082, 2.034), (0.086, 0.116, 0.100), hair),
        Solid(ball, (0.0, -0.040, 1.908), (0.012, 0.023, 0.018), skin),
        Solid(ball, (-0.077, -0.050, 2.0), (0.010, 0.030, 0.018), skin),
        Solid(ball, (0.077, -0.050, 2.0), (0.010, 0.030, 0.018), skin),
        Solid(Shape.CYLINDER, (0.0, 0.09, 2.030), (0.047, 0.12, 0.0), skin),
        Solid(ball, (0.0, 0.33, 2.04), (0.215, 0.220, 0.115), shirt),
        Solid(ball, (-0.150, 0.262, 2.04), (0.082, 0.090, 0.084), shirt),
        Solid(ball, (0.150, 0.262, 2.04), (0.082, 0.090, 0.084), shirt),
    )
    white, iris = (0.62, 0.60, 0.58), (0.05, 0.05, 0.06)
    brow, lip = (0.07, 0.045, 0.03), (0.42, 0.16, 0.15)
    marks = (
        *(Mark((x, -0.072, 1.91), (0.0145, 0.0065, 0.03), white) for x in (-0.029, 0.029)),
        *(Mark((x, -0.072, 1.91), (0.0062, 0.0062, 0.03), iris) for x in (-0.029, 0.029)),
        *(Mark((x, -0.092, 1.91), (0.019, 0.004, 0.04), brow) for x in (-0.030, 0.030)),
        Mark((0.0, 0.004, 1.91), (0.024, 0.0075, 0.03), lip),
    )
    face = (0.0, -0.06, 1.91)
    lights = (
        _lamp("key", (-1.15, -0.85, 0.75), face, 0.86, 42),
        _lamp("fill", (0.95, -0.25, 0.55), face, 0.86 / 2**1.5, 42),
        _lamp("rim", (0.85, -0.95, 3.1), (0.0, -0.08, 2.05), 0.8, 24),
        _lamp("background", (-0.4, -1.5, 2.75), (0.0, 0.0, 3.6), 0.75, 62),
    )
    sensor = (0.07, -0.09, 0.0)
    return Scene(
        name="portrait",
        solids=solids,
        planes=(Plane((0.0, 0.0, -1.0), -3.6, paper),),
        marks=marks,
        lights=lights,
        ambient=0.015,
        camera=_lens(0.085),
        sensor_to_camera=_looking(sensor, (0.0, 0.03, 2.0)),
        aim=face,
        subject_m=2.02,
        focus_m=2.0,
        focal_length_m=0.085,
        sway_m_per_s=0.006,
        strands=grow((0.0, -0.082, 2.034), (0.086, 0.116, 0.100), 160, 6, hair, seed=7),
    )


def _product() -> Scene:
    """Place a jug with a handle on a white table, seen from a little above, before a wall."""
    glaze = Material((0.05, 0.24, 0.30), grain_m=0.004, contrast=0.25)
    inside = Material((0.35, 0.36, 0.36), grain_m=0.002, contrast=0.05)
    table = Material((0.62, 0.61, 0.60), grain_m=0.003, contrast=0.02)
    wall = Material((0.80, 0.80, 0.80), grain_m=0.004, contrast=0.01)
    tilt = math.radians(14.0)
    c, s = math.cos(tilt), math.sin(tilt)

    def placed(x: float, y: float, z: float) -> Vector:
        """Turn studio coordinates (level floor) into those of the camera that looks down."""
        return (x, c * y - s * z, s * y + c * z)

    upright = (placed(1, 0, 0), placed(0, 1, 0), placed(0, 0, 1))
    turn = math.radians(20.0)
    aside = (
        placed(math.cos(turn), 0, -math.sin(turn)),
        placed(0, 1, 0),
        placed(math.sin(turn), 0, math.cos(turn)),
    )
    # In studio coordinates the camera stands at the origin and the jug 0.9 m before it.
    x, y, z = -0.012, 0.9 * s, 0.9 * c
    belly, neck, top = 0.052, 0.029, y - 0.066
    reach = 0.050
    bottom, up = y + 0.049, placed(0, -1, 0)
    solids = (
        Solid(Shape.ELLIPSOID, placed(x, y, z), (belly, belly, belly), glaze, upright),
        Solid(Shape.CYLINDER, placed(x, top + 0.018, z), (neck, 0.018, 0.0), glaze, upright),
        Solid(
            Shape.TORUS,
            placed(x + math.cos(turn) * reach, y - 0.033, z - math.sin(turn) * reach),
            (0.026, 0.0065, 0.0),
            glaze,
            aside,
        ),
        Solid(
            Shape.CYLINDER,
            placed(x, top - 0.0004, z),
            (neck - 0.004, 0.0008, 0.0),
            inside,
            upright,
        ),
    )
    foot = placed(0.0, bottom, z)
    back = placed(0.0, y, z + 0.85)
    towards = placed(0, 0, -1)
    front = placed(x, y, z - belly)
    return Scene(
        name="product",
        solids=solids,
        planes=(
            Plane(up, float(np.dot(up, foot)), table),
            Plane(towards, float(np.dot(towards, back)), wall),
        ),
        marks=(),
        lights=(
            _lamp("key", placed(-0.85, -0.55, 0.25), front, 0.85, 50),
            _lamp("fill", placed(0.80, -0.35, 0.20), front, 0.85 / 2**0.7, 50),
            _lamp("rim", placed(0.55, -0.75, 1.45), placed(0, y, z), 0.5, 30),
            _lamp("background", placed(-0.1, -1.0, 1.0), placed(0.0, y - 0.1, z + 0.85), 1.0, 60),
        ),
        ambient=0.05,
        camera=_lens(0.085),
        sensor_to_camera=_looking((0.06, -0.08, 0.0), (0.0, 0.0, 0.9)),
        aim=front,
        subject_m=0.9,
        focus_m=0.9,
        focal_length_m=0.085,
        sway_m_per_s=0.0,
    )
