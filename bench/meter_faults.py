"""Set-ups with one thing made wrong by a random amount, and the check that should find it.

Simulated. Each function changes the scene, or what is known about the picture. Faults that want
good set-ups of their own kind beside them are in `bench.meter_pairs`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np

from bench.meter_faults_light import (
    SIZE,
    Made,
    burnt_out,
    clipped_edge,
    grainy,
    mixed,
    shiny,
    slow,
    spilling,
    sunk_in_black,
    wide_open,
    without_rim,
    wrongly_exposed,
)
from bench.meter_good_sets import (
    Random,
    brighter,
    good_green,
    good_portrait,
    good_product,
    in_shirt,
    moved,
    orbited,
    relit,
    rolled,
    with_backdrop,
)
from bench.meter_sets import photographed_set
from devices.simulated.rendering import Renderer
from devices.simulated.scenes.building import lamp
from devices.simulated.solids import Material, Scene, Shape, Solid, Vector
from matting.imaging.quality_of_file import StoredAs

#: Twice what the profile accepts of the subject that mirrors a lamp.
_PLAIN_GLINTS = 0.002


def paper_like_shirt(scene: Scene) -> np.ndarray:
    """Return the albedo with which the backdrop shows the light of the shirt's edge."""
    now = photographed_set(scene, SIZE).measured()
    piece = max(now.edge, key=lambda p: p.box[1])
    assert now.backdrop is not None
    factor = np.array(piece.inside) / (0.18 * 2**now.backdrop.level_stops)
    return np.array(scene.planes[0].material.albedo) * factor


def merged(random: Random) -> Made:
    """Give the backdrop the light and colour that the shirt shows at its edge."""
    scene = good_portrait(random)
    albedo = paper_like_shirt(scene) * random.uniform(0.95, 1.05)
    return with_backdrop(scene, 3.6, Material(tuple(albedo), 0.004, 0.012)), {}


def busy(random: Random) -> Made:
    """Stand bars of the clothes' light and colour behind the outline."""
    scene = good_portrait(random)
    bar = Material(tuple(paper_like_shirt(scene)), 0.002, 0.02)
    bars = tuple(
        Solid(Shape.BOX, (0.0, 0.12 + 0.08 * k, 3.5), (0.9, random.uniform(0.015, 0.02), 0.02), bar)
        for k in range(5)
    )
    return dataclasses.replace(scene, props=bars), {}


def uneven(random: Random) -> Made:
    """Aim one lamp at one side of the paper."""
    side = random.choice([-1.0, 1.0]) * random.uniform(0.6, 1.0)
    spot = lamp("background", (side, -0.9, 2.9), (0.6 * side, 0.0, 3.6), 0.9, 60)
    return relit(good_portrait(random), spot), {}


def shadowed(random: Random) -> Made:
    """Bring the paper near and leave the key to light it, so that the person shades it."""
    scene = good_portrait(random)
    without = tuple(light for light in scene.lights if light.name in ("key", "rim"))
    scene = dataclasses.replace(scene, lights=without)
    return with_backdrop(scene, random.uniform(2.35, 2.6), scene.planes[0].material), {}


def shining(random: Random) -> Made:
    """Put a hard spot of light on the paper."""
    x, y = random.choice([-1.0, 1.0]) * random.uniform(0.35, 0.55), random.uniform(-0.35, 0.1)
    spot = lamp("spot", (x, y, 2.6), (x, y, 3.6), random.uniform(0.4, 1.0), random.uniform(6, 12))
    return relit(good_portrait(random), spot), {}


def wrong_hue(random: Random) -> Made:
    """Hang a yellowish, a cyan or a grey cloth."""
    paint = [(0.30, 0.36, 0.06), (0.05, 0.30, 0.36), (0.3, 0.3, 0.3)][int(random.integers(3))]
    return with_backdrop(good_green(random), 3.95, Material(paint, 0.004, 0.015)), {}


def wrong_level(random: Random) -> Made:
    """Light the screen far too much or too little."""
    scene = good_green(random)
    if random.random() < 0.5:
        return brighter(scene, random.uniform(1.3, 1.8)), {}
    paint = scene.planes[0].material
    dark = tuple(random.uniform(0.1, 0.3) * np.array(paint.albedo))
    return with_backdrop(brighter(scene, -1.0), 3.95, dataclasses.replace(paint, albedo=dark)), {}


def green_shirt(random: Random) -> Made:
    """Dress the person in the screen's green."""
    shirt = Material((0.04, random.uniform(0.15, 0.35), 0.06), 0.0016, 0.14)
    return in_shirt(good_green(random), shirt), {}


def hard_lit(random: Random) -> Made:
    """Light the person by a bare lamp high up, and the shadows by a fill that is too weak."""
    scene = good_portrait(random)
    place = (random.uniform(-0.6, -0.3), random.uniform(-1.8, -1.4), random.uniform(0.8, 1.0))
    scene = relit(scene, lamp("key", place, (0.0, -0.1, 2.0), random.uniform(0.7, 0.9), 60))
    fill = next(light for light in scene.lights if light.name == "fill")
    weaker = fill.power * 2.0 ** -random.uniform(0.5, 1.5)
    return relit(scene, dataclasses.replace(fill, power=weaker)), {}


def near_backdrop(random: Random) -> Made:
    """Stand 0.4 to 1 m before the paper."""
    scene = good_portrait(random)
    return with_backdrop(scene, 2.02 + random.uniform(0.4, 1.0), scene.planes[0].material), {}


def hidden(random: Random) -> Made:
    """Stand a box before the person's shoulder; depth alone is looked at."""
    x = random.choice([-1.0, 1.0]) * random.uniform(0.14, 0.22)
    box = Solid(Shape.BOX, (x * 0.8, 0.24, 1.6), (0.05, 0.10, 0.02), Material((0.2, 0.2, 0.2)))
    return dataclasses.replace(good_portrait(random), props=(box,)), {}


def cut_off(random: Random) -> Made:
    """Let the frame cut a shoulder."""
    x = random.choice([-1.0, 1.0]) * random.uniform(0.22, 0.32)
    return moved(good_portrait(random), float(x), 0.0), {}


def out_of_focus(random: Random) -> Made:
    """Focus far behind the person."""
    scene = good_portrait(random)
    return dataclasses.replace(scene, focus_m=scene.focus_m + random.uniform(0.7, 1.5)), {
        "aperture_f": 1.4
    }


def shallow(random: Random) -> Made:
    """Open the aperture too far."""
    return good_portrait(random), {"aperture_f": float(random.choice([1.4, 1.8, 2.0, 2.8]))}


def restless(random: Random) -> Made:
    """Let the person move."""
    return good_portrait(random), {"speed_px_s": random.uniform(40.0, 150.0)}


def squeezed(random: Random) -> Made:
    """Store a coarse JPEG."""
    return good_portrait(random), {"stored": StoredAs("JPEG", random.uniform(30, 85))}


# --- of the frame, of light on the edge, and of what the camera is set to -----------------------


def leaning(random: Random) -> Made:
    """Turn the camera about its axis."""
    degrees = random.choice([-1.0, 1.0]) * random.uniform(2.5, 6.0)
    return orbited(good_product(random), rolled(degrees), (0.0, 0.0, 0.9)), {}


def folded(random: Random) -> Made:
    """Hang a crumpled paper: its folds change its brightness every few centimetres."""
    scene = good_portrait(random)
    paper = scene.planes[0].material
    folds = Material(paper.albedo, random.uniform(0.05, 0.09), random.uniform(0.35, 0.6))
    return with_backdrop(scene, 3.6, folds), {}


def bejewelled(random: Random) -> Made:
    """Hang polished balls before the shirt, in which lamps are mirrored on 0.2 % of the subject.

    Set-ups with less are drawn again.
    """
    while True:
        scene = good_portrait(random)
        count = int(random.integers(3, 10))
        balls = tuple(
            (x, 0.24 + random.uniform(-0.02, 0.02), 1.9) for x in np.linspace(-0.12, 0.12, count)
        )
        if mirrored_share(scene, balls) >= _PLAIN_GLINTS:
            return _with_balls(scene, balls, metal=True), {}


def mirrored_share(scene: Scene, balls: tuple[Vector, ...]) -> float:
    """Return the share of the subject that is bright because balls at these places are polished."""
    polished, matt = (
        Renderer(one).layers(*SIZE, one.lights, one.ambient)
        for one in (_with_balls(scene, balls, metal) for metal in (True, False))
    )
    light, without = (layers.picture().mean(axis=2) for layers in (polished, matt))
    return float(((light > 0.83) & (without < 0.5))[polished.alpha > 0.5].mean())


def _with_balls(scene: Scene, balls: tuple[Vector, ...], metal: bool) -> Scene:
    silver = Material((0.95, 0.93, 0.88) if metal else (0.3, 0.3, 0.3), metal=metal)
    hung = tuple(Solid(Shape.ELLIPSOID, place, (0.014,) * 3, silver) for place in balls)
    return dataclasses.replace(scene, solids=(*hung, *scene.solids))


def sensitive(random: Random) -> Made:
    """Set a high ISO."""
    return good_portrait(random), {"iso": int(random.choice([6400, 12800]))}


def too_fast(random: Random) -> Made:
    """Let a flash fire while the shutter is never wholly open."""
    return good_portrait(random), {"flash_shutter_s": 1 / random.uniform(320, 2000)}


#: The check that should find it, the profile, and how the fault is made.
FAULTS: dict[str, tuple[str, Callable[[Random], Made]]] = {
    "separation": ("portrait", merged),
    "busy_background": ("portrait", busy),
    "evenness": ("portrait", uneven),
    "shadow": ("portrait", shadowed),
    "hot_spot": ("portrait", shining),
    "hard_shadow": ("portrait", hard_lit),
    "screen_hue": ("green-screen", wrong_hue),
    "screen_level": ("green-screen", wrong_level),
    "clothing_hue": ("green-screen", green_shirt),
    "spill": ("green-screen", spilling),
    "background_distance": ("portrait", near_backdrop),
    "overlap": ("portrait", hidden),
    "margin": ("portrait", cut_off),
    "focus": ("portrait", out_of_focus),
    "depth_of_field": ("portrait", shallow),
    "motion_blur": ("portrait", restless),
    "file_quality": ("portrait", squeezed),
    "tilt": ("product-white", leaning),
    "texture": ("portrait", folded),
    "glints": ("portrait", bejewelled),
    "noise": ("portrait", sensitive),
    "flash_sync": ("portrait", too_fast),
    "highlights": ("portrait", burnt_out),
    "shadows": ("portrait", sunk_in_black),
    "edge_highlights": ("portrait", clipped_edge),
    "subject_level": ("portrait", wrongly_exposed),
    "rim_light": ("portrait", without_rim),
    "hot_spots": ("portrait", shiny),
    "mixed_light": ("portrait", mixed),
    "backdrop_choice": ("portrait", merged),
    "forecast": ("portrait", merged),
    "aperture": ("portrait", wide_open),
    "iso": ("portrait", grainy),
    "shutter": ("portrait", slow),
}
