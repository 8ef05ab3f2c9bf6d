"""A person from head to foot, standing on the floor that runs up to the wall."""

from __future__ import annotations

from devices.simulated.scenes.building import lamp, lens, limb, looking
from devices.simulated.scenes.people import DARK_HAIRED, face, head, loose_hairs
from devices.simulated.solids import Material, Plane, Scene, Shape, Solid

_FLOOR_Y = 0.98
_FAR = 4.2


def full_length() -> Scene:
    """Stand a person of 1.76 m 4.2 m away, one hand on the hip, the other arm hanging."""
    lift = (0.0, -0.585, _FAR - 2.02)
    aim = (0.0, -0.1, _FAR - 0.1)
    paper = Material((0.42, 0.42, 0.43), grain_m=0.006, contrast=0.015)
    return Scene(
        name="full-length",
        solids=head(lift, DARK_HAIRED) + _body(),
        planes=(
            Plane((0.0, 0.0, -1.0), -6.0, paper),
            Plane((0.0, -1.0, 0.0), -_FLOOR_Y, paper),
        ),
        marks=face(lift, DARK_HAIRED),
        lights=(
            lamp("key", (-2.2, -1.9, 1.9), aim, 0.86, 48, 0.5),
            lamp("fill", (2.0, -0.8, 1.5), aim, 0.86 / 2**1.5, 48, 0.5),
            lamp("rim", (1.6, -1.7, 5.6), (0.0, -0.3, _FAR), 0.8, 40, 0.3),
            lamp("background", (-0.6, -2.3, 4.4), (0.0, -0.1, 6.0), 0.7, 80, 0.4),
        ),
        ambient=0.03,
        camera=lens(0.045),
        sensor_to_camera=looking((0.07, -0.09, 0.0), (0.0, 0.1, _FAR)),
        aim=aim,
        subject_m=_FAR,
        focus_m=_FAR,
        focal_length_m=0.045,
        sway_m_per_s=0.01,
        strands=loose_hairs(lift, DARK_HAIRED, seed=7),
    )


def _body() -> tuple[Solid, ...]:
    jumper = Material((0.40, 0.11, 0.08), grain_m=0.004, contrast=0.2)
    trousers = Material((0.05, 0.07, 0.13), grain_m=0.003, contrast=0.2)
    leather = Material((0.07, 0.05, 0.04), grain_m=0.004, contrast=0.2)
    skin = DARK_HAIRED.skin_material()
    ball, z = Shape.ELLIPSOID, _FAR
    legs = [
        solid
        for side in (-1, 1)
        for solid in (
            limb((0.085 * side, 0.10, z), (0.105 * side, 0.50, z - 0.02), 0.076, trousers),
            limb((0.105 * side, 0.50, z - 0.02), (0.120 * side, 0.88, z), 0.055, trousers),
            Solid(ball, (0.128 * side, _FLOOR_Y - 0.040, z - 0.05), (0.046, 0.040, 0.13), leather),
        )
    ]
    elbow, hip = (0.355, -0.13, z + 0.02), (0.185, 0.06, z - 0.05)
    low, hand = (-0.255, -0.11, z), (-0.265, 0.14, z - 0.05)
    return (
        Solid(ball, (0.0, -0.22, z), (0.172, 0.27, 0.115), jumper),
        Solid(ball, (0.0, -0.01, z), (0.150, 0.150, 0.108), jumper),
        Solid(ball, (0.0, 0.12, z), (0.152, 0.110, 0.105), trousers),
        limb((-0.13, -0.385, z), (0.13, -0.385, z), 0.066, jumper),
        limb((0.165, -0.38, z), elbow, 0.047, jumper),
        limb(elbow, hip, 0.038, jumper),
        Solid(ball, hip, (0.036, 0.045, 0.030), skin),
        limb((-0.165, -0.38, z), low, 0.047, jumper),
        limb(low, hand, 0.038, jumper),
        Solid(ball, (-0.267, 0.215, z - 0.06), (0.030, 0.060, 0.024), skin),
        *legs,
    )
