"""A furry animal on a table: almost a hundred thousand short hairs."""

from __future__ import annotations

import math

import numpy as np

from devices.simulated.hair import coat
from devices.simulated.scenes.building import TableTop, lamp, lens, looking
from devices.simulated.solids import Material, Plane, Scene, Shape, Solid, Strands, Vector

_AWAY_M = 1.3
_GINGER, _CREAM = (0.42, 0.19, 0.06), (0.62, 0.53, 0.42)


def fur() -> Scene:
    """Sit a ginger cat with a cream bib on a table, 1.3 m away, a blue-grey wall behind."""
    set_ = TableTop(7.0)
    placed = set_.placed
    tilt = math.radians(set_.tilt_degrees)
    y, z = _AWAY_M * math.sin(tilt), _AWAY_M * math.cos(tilt)
    bottom = y + 0.14
    furry, bare = _cat(set_, bottom, z)
    coats = [
        coat(solid, count, length_m, seed=31 + k)
        for k, (solid, count, length_m) in enumerate(furry)
    ]
    table = Material((0.32, 0.24, 0.17), grain_m=0.008, contrast=0.25)
    wall = Material((0.24, 0.29, 0.36), grain_m=0.02, contrast=0.04)
    foot, back = placed(0.0, bottom, z), placed(0.0, y, z + 1.2)
    up, towards = placed(0, -1, 0), placed(0, 0, -1)
    aim = placed(0.0, y - 0.02, z - 0.08)
    points = np.concatenate([points for points, _ in coats])
    far_first = np.argsort(-points[:, 0, 2])
    albedo = np.concatenate([albedo for _, albedo in coats])
    radii = np.random.default_rng(30).uniform(40e-6, 80e-6, len(points))
    return Scene(
        name="fur",
        solids=(*(solid for solid, _, _ in furry), *bare),
        planes=(
            Plane(up, float(np.dot(up, foot)), table),
            Plane(towards, float(np.dot(towards, back)), wall),
        ),
        marks=(),
        lights=(
            lamp("key", placed(-1.0, -0.8, 0.4), aim, 0.9, 45),
            lamp("fill", placed(0.9, -0.35, 0.3), aim, 0.9 / 2**1.5, 45),
            lamp("rim", placed(0.7, -0.8, 2.1), placed(0.0, y, z), 0.9, 35),
            lamp("background", placed(-0.3, -1.2, 1.7), placed(0.0, y, z + 1.2), 0.7, 65),
        ),
        ambient=0.04,
        camera=lens(0.085),
        sensor_to_camera=looking((0.07, -0.09, 0.0), (0.0, 0.0, _AWAY_M)),
        aim=aim,
        subject_m=_AWAY_M,
        focus_m=_AWAY_M,
        focal_length_m=0.085,
        sway_m_per_s=0.0,
        strands=Strands(points[far_first], radii[far_first], albedo[far_first], in_shadow=True),
    )


def _cat(
    set_: TableTop, bottom: float, z: float
) -> tuple[list[tuple[Solid, int, float]], tuple[Solid, ...]]:
    """Return furry solids, each with its number of hairs and their length, and bare ones."""
    ginger = Material(_GINGER, grain_m=0.004, contrast=0.3)
    cream = Material(_CREAM, grain_m=0.004, contrast=0.2)

    def part(
        x: float, above: float, forward: float, size: Vector, of: Material, lean: float = 0.0
    ) -> Solid:
        """Return an ellipsoid `above` the table, `forward` of the cat's middle, leaning right."""
        c, s = math.cos(math.radians(lean)), math.sin(math.radians(lean))
        axes = (set_.placed(c, s, 0.0), set_.placed(-s, c, 0.0), set_.placed(0.0, 0.0, 1.0))
        place = set_.placed(x, bottom - above, z - forward)
        return Solid(Shape.ELLIPSOID, place, size, of, axes)

    tail = [
        part(
            0.07 + 0.075 * math.sin(a), 0.105 - 0.085 * math.cos(a), -0.03,
            (0.017, 0.026, 0.017), ginger, lean=90.0 - math.degrees(a),
        )
        for a in np.linspace(0.1, 2.7, 13)
    ]  # fmt: skip
    furry = [
        (part(0.0, 0.085, -0.02, (0.072, 0.085, 0.065), ginger), 34000, 0.020),
        (part(0.0, 0.105, 0.035, (0.040, 0.055, 0.025), cream), 25000, 0.024),
        (part(0.0, 0.205, 0.02, (0.056, 0.049, 0.048), ginger), 28000, 0.013),
        (part(0.0, 0.192, 0.058, (0.023, 0.016, 0.016), cream), 5000, 0.008),
        (part(-0.036, 0.250, 0.02, (0.013, 0.028, 0.007), ginger, -20.0), 4000, 0.010),
        (part(0.036, 0.250, 0.02, (0.013, 0.028, 0.007), ginger, 20.0), 4000, 0.010),
        (part(-0.030, 0.045, 0.045, (0.019, 0.050, 0.020), ginger), 8000, 0.010),
        (part(0.030, 0.045, 0.045, (0.019, 0.050, 0.020), ginger), 8000, 0.010),
        (part(-0.030, 0.013, 0.062, (0.021, 0.014, 0.025), cream), 4000, 0.007),
        (part(0.030, 0.013, 0.062, (0.021, 0.014, 0.025), cream), 4000, 0.007),
        *((solid, 2500, 0.015) for solid in tail),
    ]
    dark, amber = Material((0.02, 0.015, 0.015)), Material((0.40, 0.26, 0.05))
    bare = (
        *(part(x, 0.213, 0.063, (0.0095, 0.0085, 0.008), amber) for x in (-0.022, 0.022)),
        *(part(x, 0.213, 0.067, (0.0045, 0.0070, 0.006), dark) for x in (-0.022, 0.022)),
        part(0.0, 0.202, 0.078, (0.007, 0.005, 0.005), Material((0.30, 0.12, 0.11))),
    )
    return furry, bare
