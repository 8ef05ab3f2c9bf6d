"""Sets with heads and shoulders: before grey paper, a green screen, shelves, and two of them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from devices.simulated.hair import grow
from devices.simulated.scenes.building import lamp, lens, looking
from devices.simulated.solids import (
    Mark,
    Material,
    Plane,
    Scene,
    Shape,
    Solid,
    Strands,
    Vector,
)


@dataclass(frozen=True, slots=True)
class Complexion:
    """The colours of a person, linear reflectance."""

    skin: Vector = (0.52, 0.34, 0.26)
    hair: Vector = (0.045, 0.028, 0.018)
    brow: Vector = (0.07, 0.045, 0.03)

    def skin_material(self) -> Material:
        """Return the skin's material."""
        return Material(self.skin, grain_m=0.0012, contrast=0.05)

    def hair_material(self) -> Material:
        """Return the material of the cap of hair and of the loose hairs."""
        return Material(self.hair, grain_m=0.001, contrast=0.35)


DARK_HAIRED = Complexion()
_FAIR = Complexion(skin=(0.58, 0.40, 0.32), hair=(0.36, 0.22, 0.10), brow=(0.25, 0.16, 0.09))

_BALL = Shape.ELLIPSOID
_PAPER = Material((0.40, 0.41, 0.42), grain_m=0.004, contrast=0.012)
_BLUE_SHIRT = Material((0.10, 0.17, 0.34), grain_m=0.0016, contrast=0.16)
_GREY_SHIRT = Material((0.30, 0.30, 0.30), grain_m=0.0016, contrast=0.10)
_RED_SHIRT = Material((0.36, 0.09, 0.08), grain_m=0.0016, contrast=0.16)
_HAIR_AXES = (0.086, 0.116, 0.100)


def head(move: Vector, of: Complexion) -> tuple[Solid, ...]:
    """Return a head with neck; unmoved its middle lies at (0, -0.055, 2)."""
    skin, hair = of.skin_material(), of.hair_material()
    return (
        Solid(_BALL, _moved((0.0, -0.055, 2.0), move), (0.074, 0.112, 0.094), skin),
        Solid(_BALL, _moved((0.0, -0.082, 2.034), move), _HAIR_AXES, hair),
        Solid(_BALL, _moved((0.0, -0.040, 1.908), move), (0.012, 0.023, 0.018), skin),
        Solid(_BALL, _moved((-0.077, -0.050, 2.0), move), (0.010, 0.030, 0.018), skin),
        Solid(_BALL, _moved((0.077, -0.050, 2.0), move), (0.010, 0.030, 0.018), skin),
        Solid(Shape.CYLINDER, _moved((0.0, 0.09, 2.030), move), (0.047, 0.12, 0.0), skin),
    )


def face(move: Vector, of: Complexion) -> tuple[Mark, ...]:
    """Return the eyes, brows and mouth of `head`."""
    white, iris, lip = (0.62, 0.60, 0.58), (0.05, 0.05, 0.06), (0.42, 0.16, 0.15)
    marks = (
        *(Mark((x, -0.072, 1.91), (0.0145, 0.0065, 0.03), white) for x in (-0.029, 0.029)),
        *(Mark((x, -0.072, 1.91), (0.0062, 0.0062, 0.03), iris) for x in (-0.029, 0.029)),
        *(Mark((x, -0.092, 1.91), (0.019, 0.004, 0.04), of.brow) for x in (-0.030, 0.030)),
        Mark((0.0, 0.004, 1.91), (0.024, 0.0075, 0.03), lip),
    )
    return tuple(dataclasses.replace(mark, centre=_moved(mark.centre, move)) for mark in marks)


def loose_hairs(move: Vector, of: Complexion, seed: int) -> Strands:
    """Return the hairs that stand out from `head`."""
    centre = _moved((0.0, -0.082, 2.034), move)
    return grow(centre, _HAIR_AXES, 160, 6, of.hair_material(), seed)


def _shoulders(move: Vector, shirt: Material) -> tuple[Solid, ...]:
    return (
        Solid(_BALL, _moved((0.0, 0.33, 2.04), move), (0.215, 0.220, 0.115), shirt),
        Solid(_BALL, _moved((-0.150, 0.262, 2.04), move), (0.082, 0.090, 0.084), shirt),
        Solid(_BALL, _moved((0.150, 0.262, 2.04), move), (0.082, 0.090, 0.084), shirt),
    )


def _moved(point: Vector, move: Vector) -> Vector:
    return (point[0] + move[0], point[1] + move[1], point[2] + move[2])


def portrait() -> Scene:
    """Place head and shoulders 2 m away, with loose hairs, a grey backdrop 1.6 m behind."""
    here = (0.0, 0.0, 0.0)
    aim = (0.0, -0.06, 1.91)
    lights = (
        lamp("key", (-1.15, -0.85, 0.75), aim, 0.86, 42),
        lamp("fill", (0.95, -0.25, 0.55), aim, 0.86 / 2**1.5, 42),
        lamp("rim", (0.85, -0.95, 3.1), (0.0, -0.08, 2.05), 0.8, 24),
        lamp("background", (-0.4, -1.5, 2.75), (0.0, 0.0, 3.6), 0.75, 62),
    )
    return Scene(
        name="portrait",
        solids=head(here, DARK_HAIRED) + _shoulders(here, _BLUE_SHIRT),
        planes=(Plane((0.0, 0.0, -1.0), -3.6, _PAPER),),
        marks=face(here, DARK_HAIRED),
        lights=lights,
        ambient=0.015,
        camera=lens(0.085),
        sensor_to_camera=looking((0.07, -0.09, 0.0), (0.0, 0.03, 2.0)),
        aim=aim,
        subject_m=2.02,
        focus_m=2.0,
        focal_length_m=0.085,
        sway_m_per_s=0.006,
        strands=loose_hairs(here, DARK_HAIRED, seed=7),
    )


def green_screen() -> Scene:
    """Put a fair person in a grey shirt 1.1 m before a green screen, which spills on the edges."""
    here = (0.0, 0.0, 0.0)
    screen = Material((0.07, 0.42, 0.11), grain_m=0.004, contrast=0.02)
    before = portrait()
    lights = tuple(
        lamp("background", (-0.5, -1.6, 2.1), (0.0, 0.0, 3.1), 1.7, 70)
        if light.name == "background"
        else light
        for light in before.lights
    )
    return dataclasses.replace(
        before,
        name="green-screen",
        solids=head(here, _FAIR) + _shoulders(here, _GREY_SHIRT),
        planes=(Plane((0.0, 0.0, -1.0), -3.1, screen),),
        marks=face(here, _FAIR),
        lights=lights,
        strands=loose_hairs(here, _FAIR, seed=11),
        bounce=1.0,
    )


def two_subjects() -> Scene:
    """Place two people 0.6 m one behind the other; the nearer one's shoulder hides the other's."""
    near, far = (-0.17, 0.06, -0.12), (0.19, -0.04, 0.48)
    before = portrait()
    hairs = loose_hairs(far, DARK_HAIRED, seed=5), loose_hairs(near, _FAIR, seed=9)
    return dataclasses.replace(
        before,
        name="two-subjects",
        solids=(
            *head(near, _FAIR),
            *_shoulders(near, _RED_SHIRT),
            *head(far, DARK_HAIRED),
            *_shoulders(far, _BLUE_SHIRT),
        ),
        marks=face(near, _FAIR) + face(far, DARK_HAIRED),
        camera=lens(0.070),
        focal_length_m=0.070,
        strands=Strands(
            np.concatenate([h.points for h in hairs]),
            np.concatenate([h.radii_m for h in hairs]),
            np.concatenate([h.albedo for h in hairs]),
        ),
    )


def clutter() -> Scene:
    """Put the portrait's person before shelves full of books, pots and balls."""
    wall = Material((0.34, 0.30, 0.26), grain_m=0.05, contrast=0.45)
    return dataclasses.replace(
        portrait(),
        name="clutter",
        planes=(Plane((0.0, 0.0, -1.0), -3.6, wall),),
        props=_shelves(),
    )


def _shelves() -> tuple[Solid, ...]:
    """Return shelves that fill the frame 3.3 m away, by chance but always the same."""
    random = np.random.default_rng(21)
    wood = Material((0.30, 0.17, 0.08), grain_m=0.015, contrast=0.3)
    things: list[Solid] = []
    for board_y in (-0.17, 0.16, 0.49):
        things.append(Solid(Shape.BOX, (0.0, board_y, 3.35), (0.9, 0.011, 0.12), wood))
        x = -0.8
        while x < 0.8:
            thing = _thing_on_board(random, x, board_y - 0.011)
            things.append(thing)
            x += 2 * thing.size[0] + float(random.choice([0.004, 0.05], p=[0.7, 0.3]))
    return tuple(things)


def _thing_on_board(random: np.random.Generator, left: float, board_y: float) -> Solid:
    """Return a book, or now and then a ball or a pot, with its left side at `left`."""
    red, green, blue = (float(c) for c in random.uniform(0.03, 0.7, 3))
    material = Material((red, green, blue), grain_m=0.006, contrast=float(random.uniform(0, 0.5)))
    kind = random.random()
    if kind < 0.7:
        half, tall = float(random.uniform(0.016, 0.04)), float(random.uniform(0.09, 0.14))
        size = (half, tall, 0.08)
        return Solid(Shape.BOX, (left + half, board_y - tall, 3.33), size, material)
    half = float(random.uniform(0.035, 0.06))
    if kind < 0.85:
        return Solid(_BALL, (left + half, board_y - half, 3.33), (half, half, half), material)
    tall = float(random.uniform(0.06, 0.12))
    place = (left + half, board_y - tall, 3.33)
    return Solid(Shape.CYLINDER, place, (half, tall, 0.0), material)
