"""Faults of exposure, of the subject's light, of settings and of spill. Simulated.

Each function changes the scene, or what is known about the picture; the table of all faults is in
`bench.meter_faults`.
"""

from __future__ import annotations

import dataclasses

import cv2
import numpy as np

from bench.meter_good_sets import (
    Random,
    brighter,
    by_stops,
    good_green,
    good_portrait,
    in_shirt,
    relit,
    with_backdrop,
)
from devices.simulated.rendering import Gloss, Renderer
from devices.simulated.solids import Light, Material, Scene

#: Width and height of the pictures on which the sets are compared.
SIZE = (640, 427)

Made = tuple[Scene, dict[str, object]]

#: Twice what the profile accepts of the screen's colour on the rim.
_PLAIN_SPILL = 0.04
#: Twice what the profile accepts of the subject that shines.
_PLAIN_SHINE = 0.01


def spilling(random: Random) -> Made:
    """Light a screen too strongly a metre behind, so that a rim's worse quarter has 4 % of it.

    Set-ups with less are drawn again.
    """
    while True:
        scene = dataclasses.replace(brighter(good_green(random), 1.8), bounce=1.0)
        scene = with_backdrop(scene, random.uniform(2.9, 3.3), scene.planes[0].material)
        if spilt_share(scene) >= _PLAIN_SPILL:
            return scene, {}


def spilt_share(scene: Scene) -> float:
    """Return what share of the rim's light the backdrop sends, the upper quartile of its pixels."""
    without = dataclasses.replace(scene, bounce=0.0)
    lit, direct = (Renderer(one).layers(*SIZE, one.lights, one.ambient) for one in (scene, without))
    rim = true_rim(lit.alpha)
    with_it, without_it = (layers.picture()[rim].sum(axis=1) for layers in (lit, direct))
    return float(np.percentile(1 - without_it / with_it, 75))


def true_rim(alpha: np.ndarray) -> np.ndarray:
    """Return (H, W) bool: 2 to 7 pixels within the true outline."""
    away = cv2.distanceTransform((alpha > 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    return (away > 2) & (away <= 7)


def _light(scene: Scene, name: str) -> Light:
    return next(light for light in scene.lights if light.name == name)


def burnt_out(random: Random) -> Made:
    """Light the face until it clips."""
    return by_stops(good_portrait(random), random.uniform(1.2, 2.0), "key", "fill"), {}


def sunk_in_black(random: Random) -> Made:
    """Dress the person in black velvet and take away all light but the key's and the backdrop's."""
    scene = in_shirt(good_portrait(random), Material((0.002, 0.002, 0.002), 0.0016, 0.1))
    lights = tuple(light for light in scene.lights if light.name not in ("fill", "rim"))
    alone = dataclasses.replace(scene, lights=lights, ambient=0.0)
    return by_stops(alone, -random.uniform(1.0, 2.0), "key"), {}


def clipped_edge(random: Random) -> Made:
    """Light the paper until it clips beside the outline."""
    return brighter(good_portrait(random), random.uniform(1.5, 2.5)), {}


def wrongly_exposed(random: Random) -> Made:
    """Leave the subject a stop and more too dark, or far too bright."""
    stops = random.uniform(-3.5, -2.2) if random.random() < 0.5 else random.uniform(1.8, 2.5)
    scene = good_portrait(random)
    scene = dataclasses.replace(scene, ambient=scene.ambient * 2.0**stops)
    return by_stops(scene, stops, *(light.name for light in scene.lights)), {}


def without_rim(random: Random) -> Made:
    """Leave the rim light out, and flag the backdrop's lamps off the person."""
    scene = good_portrait(random)
    others = tuple(
        dataclasses.replace(light, inner_degrees=25.0, outer_degrees=35.0)
        if light.name in ("background", "second")
        else light
        for light in scene.lights
        if light.name != "rim"
    )
    return dataclasses.replace(scene, lights=others), {}


def shiny(random: Random) -> Made:
    """Let skin and clothes shine, so that 1 % of the subject is bright by its gloss.

    Set-ups with less are drawn again.
    """
    while True:
        scene, specular = good_portrait(random), random.uniform(0.06, 0.15)
        if shining_share(scene, specular) >= _PLAIN_SHINE:
            return scene, {"specular": specular}


def shining_share(scene: Scene, specular: float) -> float:
    """Return the share of the subject over half of white that is 1.6 times as bright by gloss."""
    shown, matt = (
        Renderer(scene).layers(*SIZE, scene.lights, scene.ambient, Gloss(specular=amount))
        for amount in (specular, 0.0)
    )
    light, without = (layers.picture().mean(axis=2) for layers in (shown, matt))
    subject = shown.alpha > 0.5
    return float(((light > 0.5) & (light > 1.6 * without))[subject].mean())


def mixed(random: Random) -> Made:
    """Fill by a household lamp, or by a window, beside flash."""
    scene = good_portrait(random)
    fill = _light(scene, "fill")
    colour = [(1.5, 1.0, 0.45), (0.65, 1.0, 1.6)][int(random.integers(2))]
    return relit(scene, dataclasses.replace(fill, colour=colour)), {}


def wide_open(random: Random) -> Made:
    """Set an aperture that keeps neither shoulder sharp, or one that softens all."""
    return good_portrait(random), {"aperture_f": float(random.choice([1.4, 2.0, 2.8, 16.0, 22.0]))}


def grainy(random: Random) -> Made:
    """Set an ISO over what a cut-out wants."""
    return good_portrait(random), {"iso": int(random.choice([800, 1600, 3200, 6400]))}


def slow(random: Random) -> Made:
    """Expose for longer than a person stands still."""
    return good_portrait(random), {"flash_shutter_s": 1 / random.uniform(8, 60)}
