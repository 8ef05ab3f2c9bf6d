"""Good set-ups drawn by chance, and the ways in which a set is changed. Simulated."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np

from devices.simulated.scenes import make_scene
from devices.simulated.scenes.building import lamp
from devices.simulated.solids import Light, Material, Plane, Scene, Solid

Random = np.random.Generator


def good_portrait(random: Random) -> Scene:
    """Draw a person before evenly lit paper."""
    scene = make_scene("portrait")
    paper = Material(tuple(random.uniform(0.42, 0.6) * np.array([1.0, 1.01, 1.02])), 0.004, 0.012)
    colours = [(0.10, 0.17, 0.34), (0.36, 0.09, 0.08), (0.05, 0.05, 0.06), (0.03, 0.12, 0.05)]
    shirt = Material(colours[int(random.integers(len(colours)))], 0.0016, 0.14)
    return with_backdrop(in_shirt(crossed(scene, 3.6, random), shirt), 3.6, paper)


def good_green(random: Random) -> Scene:
    """Draw a person 1.9 m before an evenly lit green screen."""
    scene = dataclasses.replace(make_scene("green-screen"), bounce=0.2)
    paint = Material((0.06, random.uniform(0.34, 0.44), 0.10), 0.004, 0.015)
    colours = [(0.30, 0.30, 0.30), (0.36, 0.09, 0.08), (0.10, 0.10, 0.30)]
    shirt = Material(colours[int(random.integers(len(colours)))], 0.0016, 0.14)
    return with_backdrop(in_shirt(crossed(scene, 3.95, random), shirt), 3.95, paint)


def good_product(random: Random) -> Scene:
    """Draw a coloured jug before a white wall, lit by the table as well, without rim light."""
    scene = dataclasses.replace(make_scene("product"), bounce=0.7)
    albedo = random.permutation([random.uniform(0.05, 0.1), *random.uniform(0.15, 0.3, 2)])
    glaze = Material(tuple(albedo), 0.004, 0.12)
    solids = tuple(dataclasses.replace(solid, material=glaze) for solid in scene.solids)
    lights = tuple(
        dataclasses.replace(light, power=light.power * random.uniform(1.5, 1.8))
        if light.name == "background"
        else light
        for light in scene.lights
        if light.name != "rim"
    )
    return dataclasses.replace(scene, solids=solids, lights=lights)


def crossed(scene: Scene, wall_m: float, random: Random) -> Scene:
    """Light the backdrop evenly: two lamps behind the subject, each across to the other side."""
    for name, side in (("background", -1.0), ("second", 1.0)):
        place, aim = (1.5 * side, -0.5, wall_m - 1.2), (-0.25 * side, 0.0, wall_m)
        scene = relit(scene, lamp(name, place, aim, random.uniform(0.30, 0.38), 75))
    return scene


def brighter(scene: Scene, stops: float) -> Scene:
    """Change the backdrop's lamps by stops."""
    return by_stops(scene, stops, "background", "second")


def by_stops(scene: Scene, stops: float, *names: str) -> Scene:
    """Change the lamps of these names by stops."""
    for light in scene.lights:
        if light.name in names:
            scene = relit(scene, dataclasses.replace(light, power=light.power * 2.0**stops))
    return scene


def relit(scene: Scene, new: Light) -> Scene:
    """Replace the light of that name, or add it."""
    others = tuple(light for light in scene.lights if light.name != new.name)
    return dataclasses.replace(scene, lights=(*others, new))


def with_backdrop(scene: Scene, distance_m: float, material: Material) -> Scene:
    """Hang another backdrop."""
    plane = Plane((0.0, 0.0, -1.0), -distance_m, material)
    return dataclasses.replace(scene, planes=(plane,))


def in_shirt(scene: Scene, shirt: Material) -> Scene:
    """Dress the person: of the nine solids the last three are the shirt."""
    dressed = tuple(dataclasses.replace(s, material=shirt) for s in scene.solids[-3:])
    return dataclasses.replace(scene, solids=(*scene.solids[:-3], *dressed))


def moved(scene: Scene, x: float, y: float, z: float = 0.0) -> Scene:
    """Move the person, without loose hairs."""
    solids = tuple(
        dataclasses.replace(s, centre=(s.centre[0] + x, s.centre[1] + y, s.centre[2] + z))
        for s in scene.solids
    )
    return dataclasses.replace(scene, solids=solids, strands=None, marks=())


def orbited(scene: Scene, rotation: np.ndarray, about: tuple[float, float, float]) -> Scene:
    """Turn the whole set about a point, which is the camera moved about it the other way."""
    centre = np.array(about)

    def turned(vector: tuple[float, float, float]) -> tuple[float, float, float]:
        x, y, z = (float(value) for value in rotation @ np.array(vector))
        return x, y, z

    def put(point: tuple[float, float, float]) -> tuple[float, float, float]:
        x, y, z = (float(value) for value in rotation @ (np.array(point) - centre) + centre)
        return x, y, z

    def solid(one: Solid) -> Solid:
        axes = tuple(turned(axis) for axis in one.axes)
        return dataclasses.replace(one, centre=put(one.centre), axes=axes)

    def plane(one: Plane) -> Plane:
        normal = turned(one.normal)
        offset = one.offset_m + float((np.array(normal) - np.array(one.normal)) @ centre)
        return Plane(normal, offset, one.material)

    return dataclasses.replace(
        scene,
        solids=tuple(solid(one) for one in scene.solids),
        props=tuple(solid(one) for one in scene.props),
        planes=tuple(plane(one) for one in scene.planes),
        lights=tuple(
            dataclasses.replace(one, position=put(one.position), aim=put(one.aim))
            for one in scene.lights
        ),
        strands=None,
        marks=(),
    )


def rolled(degrees: float) -> np.ndarray:
    """Return a rotation about the optical axis."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])


def pitched(degrees: float) -> np.ndarray:
    """Return a rotation about the horizontal axis; positive brings what is far down."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[1, 0, 0], [0, c, s], [0, -s, c]])


GOOD: dict[str, Callable[[Random], Scene]] = {
    "portrait": good_portrait,
    "green-screen": good_green,
    "product-white": good_product,
}
