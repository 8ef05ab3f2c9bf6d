"""Sets on a table: a glazed jug, a white one before white, a glass, and a ring with its chain."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from devices.simulated.scenes.building import TableTop, lamp, lens, looking
from devices.simulated.solids import Material, Plane, Scene, Shape, Solid, Vector

_JUG_M = 0.9


def product() -> Scene:
    """Place a jug with a handle on a white table, seen from a little above, before a wall."""
    glaze = Material((0.05, 0.24, 0.30), grain_m=0.004, contrast=0.25)
    inside = Material((0.35, 0.36, 0.36), grain_m=0.002, contrast=0.05)
    table = Material((0.62, 0.61, 0.60), grain_m=0.003, contrast=0.02)
    wall = Material((0.80, 0.80, 0.80), grain_m=0.004, contrast=0.01)
    return _jug("product", glaze, inside, table, wall)


def white_on_white() -> Scene:
    """Place a white jug on a white table before a white wall, lit evenly and 0.8 stops lower."""
    glaze = Material((0.76, 0.76, 0.75), grain_m=0.004, contrast=0.01)
    inside = Material((0.70, 0.70, 0.69), grain_m=0.002, contrast=0.01)
    table = Material((0.78, 0.78, 0.78), grain_m=0.003, contrast=0.01)
    wall = Material((0.80, 0.80, 0.80), grain_m=0.004, contrast=0.01)
    scene = _jug("white-on-white", glaze, inside, table, wall)
    lights = tuple(dataclasses.replace(lit, power=0.57 * lit.power) for lit in scene.lights)
    return dataclasses.replace(scene, lights=lights, bounce=0.5)


def _jug(name: str, glaze: Material, inside: Material, table: Material, wall: Material) -> Scene:
    """Build the set with the jug; in studio coordinates the camera stands at the origin."""
    set_ = TableTop(14.0)
    placed, upright, aside = set_.placed, set_.axes(), set_.axes(20.0)
    tilt, turn = math.radians(14.0), math.radians(20.0)
    x, y, z = -0.012, _JUG_M * math.sin(tilt), _JUG_M * math.cos(tilt)
    belly, neck, top = 0.052, 0.029, y - 0.066
    reach = 0.050
    bottom = y + 0.049
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
    front = placed(x, y, z - belly)
    return Scene(
        name=name,
        solids=solids,
        planes=_table_and_wall(set_, bottom, y, z, 0.85, table, wall),
        marks=(),
        lights=(
            lamp("key", placed(-0.85, -0.55, 0.25), front, 0.85, 50),
            lamp("fill", placed(0.80, -0.35, 0.20), front, 0.85 / 2**0.7, 50),
            lamp("rim", placed(0.55, -0.75, 1.45), placed(0, y, z), 0.5, 30),
            lamp("background", placed(-0.1, -1.0, 1.0), placed(0.0, y - 0.1, z + 0.85), 1.0, 60),
        ),
        ambient=0.05,
        camera=lens(0.085),
        sensor_to_camera=looking((0.06, -0.08, 0.0), (0.0, 0.0, _JUG_M)),
        aim=front,
        subject_m=_JUG_M,
        focus_m=_JUG_M,
        focal_length_m=0.085,
        sway_m_per_s=0.0,
    )


def _table_and_wall(
    set_: TableTop,
    bottom: float,
    y: float,
    z: float,
    behind_m: float,
    table: Material,
    wall: Material,
) -> tuple[Plane, Plane]:
    """Return a table at height `bottom` and a wall `behind_m` behind a subject at (y, z)."""
    foot, back = set_.placed(0.0, bottom, z), set_.placed(0.0, y, z + behind_m)
    up, towards = set_.placed(0, -1, 0), set_.placed(0, 0, -1)
    return (
        Plane(up, float(np.dot(up, foot)), table),
        Plane(towards, float(np.dot(towards, back)), wall),
    )


def glass() -> Scene:
    """Place an empty tumbler and a carafe of clear glass on a table before a grey wall.

    Walls are thin and bend no ray, see `devices.simulated.tracing.trace_glass`.
    """
    clear = Material((0.9, 0.9, 0.9), glass_wall_m=0.0022)
    table = Material((0.20, 0.13, 0.08), grain_m=0.006, contrast=0.3)
    wall = Material((0.26, 0.28, 0.32), grain_m=0.02, contrast=0.08)
    set_ = TableTop(4.0)
    upright, placed = set_.axes(), set_.placed
    distance = 0.9
    tilt = math.radians(set_.tilt_degrees)
    y, z = distance * math.sin(tilt), distance * math.cos(tilt)
    bottom = y + 0.055

    def standing(shape: Shape, x: float, above: float, size: Vector, behind: float = 0.0) -> Solid:
        return Solid(shape, placed(x, bottom - above, z + behind), size, clear, upright)

    rim = (set_.axes()[0], set_.axes()[2], set_.axes()[1])
    ball, neck, behind = 0.046, 0.016, 0.06
    neck_from = ball + math.sqrt(ball * ball - neck * neck)
    solids = (
        standing(Shape.TUBE, -0.045, 0.052, (0.034, 0.046, 0.0)),
        standing(Shape.CYLINDER, -0.045, 0.004, (0.033, 0.004, 0.0)),
        Solid(Shape.TORUS, placed(-0.045, bottom - 0.098, z), (0.0335, 0.0012, 0.0), clear, rim),
        standing(Shape.ELLIPSOID, 0.055, ball, (ball, ball, ball), behind),
        standing(Shape.TUBE, 0.055, neck_from + 0.028, (neck, 0.028, 0.0), behind),
        Solid(
            Shape.TORUS,
            placed(0.055, bottom - neck_from - 0.056, z + behind),
            (neck, 0.0014, 0.0),
            clear,
            rim,
        ),
    )
    aim = placed(0.0, bottom - 0.05, z)
    return Scene(
        name="glass",
        solids=solids,
        planes=_table_and_wall(set_, bottom, y, z, 0.7, table, wall),
        marks=(),
        lights=(
            # Low boxes on both sides stand mirrored in the walls; the rest is for the set.
            lamp("key", placed(-0.75, bottom - 0.10, z - 0.45), aim, 0.45, 75, 0.22),
            lamp("fill", placed(0.85, bottom - 0.10, z - 0.30), aim, 0.25, 75, 0.15),
            lamp("rim", placed(0.5, y - 0.7, z + 0.5), aim, 0.35, 60, 0.2),
            lamp(
                "background",
                placed(-0.1, y - 0.8, z + 0.2),
                placed(0.0, y - 0.1, z + 0.7),
                0.9,
                60,
                0.2,
            ),
        ),
        ambient=0.05,
        camera=lens(0.085),
        sensor_to_camera=looking((0.06, -0.08, 0.0), (0.0, 0.0, distance)),
        aim=aim,
        subject_m=distance,
        focus_m=distance,
        focal_length_m=0.085,
        sway_m_per_s=0.0,
    )


def jewellery() -> Scene:
    """Lay a gold ring with a stone, and a fine silver chain around it, on grey slate."""
    gold = Material((1.0, 0.78, 0.34), metal=True)
    silver = Material((0.95, 0.93, 0.90), metal=True)
    stone = Material((0.10, 0.16, 0.55), metal=True)
    table = Material((0.17, 0.18, 0.19), grain_m=0.0015, contrast=0.15)
    wall = Material((0.30, 0.31, 0.33), grain_m=0.004, contrast=0.02)
    set_ = TableTop(28.0)
    placed = set_.placed
    distance, radius, tube = 0.5, 0.0090, 0.0011
    tilt = math.radians(set_.tilt_degrees)
    y, z = distance * math.sin(tilt), distance * math.cos(tilt)
    bottom = y + radius + tube
    turned = set_.axes(25.0)
    crown = y - radius - tube - 0.0018
    solids = (
        Solid(Shape.TORUS, placed(0.0, y, z), (radius, tube, 0.0), gold, turned),
        Solid(Shape.ELLIPSOID, placed(0.0, crown, z), (0.0032, 0.0026, 0.0032), stone, turned),
        Solid(Shape.CYLINDER, placed(0.0, crown + 0.0016, z), (0.0026, 0.0010, 0.0), gold,
              set_.axes()),
        *_chain(set_, bottom, z, silver),
    )  # fmt: skip
    aim = placed(0.0, y, z)
    return Scene(
        name="jewellery",
        solids=solids,
        planes=_table_and_wall(set_, bottom, y, z, 0.35, table, wall),
        marks=(),
        lights=(
            lamp("key", placed(-0.40, y - 0.36, z - 0.22), aim, 0.8, 70, 0.16),
            lamp("fill", placed(0.45, y - 0.22, z - 0.18), aim, 0.4, 70, 0.20),
            lamp("rim", placed(0.22, y - 0.45, z + 0.30), aim, 0.5, 60, 0.10),
            lamp("background", placed(0.0, y - 0.45, z + 0.13), placed(0.0, y, z + 0.35), 0.6, 60),
        ),
        ambient=0.08,
        camera=lens(0.105),
        sensor_to_camera=looking((0.05, -0.05, 0.0), (0.0, 0.0, distance)),
        aim=aim,
        subject_m=distance,
        focus_m=distance,
        focal_length_m=0.105,
        sway_m_per_s=0.0,
    )


def _chain(
    set_: TableTop, bottom: float, z: float, material: Material, links: int = 24
) -> tuple[Solid, ...]:
    """Return links in a bow on the table behind the ring, flat and upright by turns."""
    ring, tube = 0.0021, 0.00045
    solids = []
    for k in range(links):
        angle = math.radians(-20.0 + 220.0 * k / (links - 1))
        x, forth = 0.021 * math.cos(angle), 0.018 * math.sin(angle)
        along = math.degrees(math.atan2(0.018 * math.cos(angle), -0.021 * math.sin(angle)))
        first, down, third = set_.axes(-along)
        flat = k % 2 == 0
        height = tube if flat else ring * 0.75
        axes = (first, third, down) if flat else (first, down, third)
        place = set_.placed(x, bottom - height, z + forth)
        solids.append(Solid(Shape.TORUS, place, (ring, tube, 0.0), material, axes))
    return tuple(solids)
