"""Seeded faults found and false alarms on good set-ups, check by check. Simulated.

Writes a Markdown table to stdout. A good set-up is one of three sets (portrait, green screen, jug
before white) with its light, colours and places drawn by chance within good practice; a fault is
one such set-up with one thing made wrong by a random amount. Found is a warning or a failure of
the check that the fault is for. Depth has 2 mm of noise; pictures are 640 px wide.

    python -m bench.meter_confusion [--each N]
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections import Counter, defaultdict
from collections.abc import Callable

import numpy as np

from bench.meter_sets import Taken, photographed_set
from capture.checks.table import findings
from capture.findings import Finding
from capture.metering.motion import motion_picture, motion_widths_per_s
from capture.settings import load_profile
from capture.silhouette import mask_at
from devices.simulated.scenes import make_scene
from devices.simulated.scenes.building import lamp
from devices.simulated.solids import Light, Material, Plane, Scene, Shape, Solid
from matting.imaging.quality_of_file import StoredAs

_SIZE = (640, 427)
#: Checks of the picture's size, which these small pictures fail, and of the light (elsewhere).
_LEFT_OUT = {"resolution", "print_size", "longest_side", "key_to_fill"}

Random = np.random.Generator
Made = tuple[Scene, dict[str, object]]


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
    for light in scene.lights:
        if light.name in ("background", "second"):
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


# --- one fault each: what is changed in the scene, and in what is known about the picture ---------


def paper_like_shirt(scene: Scene) -> np.ndarray:
    """Return the albedo with which the backdrop shows the light of the shirt's edge."""
    now = photographed_set(scene, _SIZE).measured()
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


def spilling(random: Random) -> Made:
    """Light a screen too strongly a metre behind, whose light comes back in full."""
    scene = dataclasses.replace(brighter(good_green(random), 1.8), bounce=1.0)
    return with_backdrop(scene, random.uniform(2.9, 3.3), scene.planes[0].material), {}


def near_backdrop(random: Random) -> Made:
    """Stand 0.4 to 1 m before the paper."""
    scene = good_portrait(random)
    return with_backdrop(scene, 2.02 + random.uniform(0.4, 1.0), scene.planes[0].material), {}


def grey_wall(random: Random) -> Made:
    """Take the light off the wall."""
    scene = good_product(random)
    return brighter(scene, random.uniform(-3.3, -1.5)), {}


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


#: The check that should find it, the profile, and how the fault is made.
FAULTS: dict[str, tuple[str, Callable[[Random], Made]]] = {
    "separation": ("portrait", merged),
    "busy_background": ("portrait", busy),
    "evenness": ("portrait", uneven),
    "shadow": ("portrait", shadowed),
    "hot_spot": ("portrait", shining),
    "screen_hue": ("green-screen", wrong_hue),
    "screen_level": ("green-screen", wrong_level),
    "clothing_hue": ("green-screen", green_shirt),
    "spill": ("green-screen", spilling),
    "background_distance": ("portrait", near_backdrop),
    "background_white": ("product-white", grey_wall),
    "overlap": ("portrait", hidden),
    "margin": ("portrait", cut_off),
    "focus": ("portrait", out_of_focus),
    "depth_of_field": ("portrait", shallow),
    "motion_blur": ("portrait", restless),
    "file_quality": ("portrait", squeezed),
}
GOOD: dict[str, Callable[[Random], Scene]] = {
    "portrait": good_portrait,
    "green-screen": good_green,
    "product-white": good_product,
}


def found(profile: str, scene: Scene, known: dict[str, object], seed: int) -> list[Finding]:
    """Photograph a set-up, measure it, and judge it by a profile."""
    taken = photographed_set(scene, _SIZE, seed, float(known.get("aperture_f", 8.0)))
    return judged(profile, taken, known)


def judged(profile: str, taken: Taken, known: dict[str, object]) -> list[Finding]:
    """Measure a photograph, with what is known beside it, and judge it by a profile."""
    speed = float(known.get("speed_px_s", 0.0))
    measured = dataclasses.replace(
        taken.measured(),
        motion_widths_per_s=seen_motion(taken, speed),
        stored=known.get("stored", StoredAs("JPEG", 97.0)),
    )
    wanted = load_profile(profile).checks
    return [f for f in findings(measured, wanted) if f.check not in _LEFT_OUT]


def seen_motion(taken: Taken, speed_px_s: float) -> float:
    """Measure motion between the picture and the same one moved, 1/25 s later, noise anew."""
    noise = np.random.default_rng(5).normal(0, 1.0, taken.rgb.shape)
    after = np.roll(taken.rgb, round(speed_px_s / 25), axis=1)
    noisy = np.clip(after + noise, 0, 255).astype(np.uint8)
    before, now = motion_picture(taken.rgb), motion_picture(noisy)
    where = mask_at(taken.subject.subject, now.shape[1::-1])
    return motion_widths_per_s(before, now, 1 / 25, where)


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--each", type=int, default=20, help="set-ups a fault, and a good set")
    each = options.parse_args().each
    alarms: dict[str, Counter[str]] = defaultdict(Counter)
    for number, (profile, make) in enumerate(GOOD.items()):
        for seed in range(each):
            random = np.random.default_rng([number, seed])
            for finding in found(profile, make(random), {}, seed + 1):
                alarms[finding.check][finding.level] += 1
                if finding.level in ("warn", "fail"):
                    sys.stderr.write(f"{profile} {seed}: {finding.line()}\n")
    print("| check | faults found | good set-ups: alarms | not measured |")
    print("|---|---|---|---|")
    hits, faults = 0, 0
    for number, (check, (profile, fault)) in enumerate(FAULTS.items()):
        told: Counter[str] = Counter()
        for seed in range(each):
            scene, known = fault(np.random.default_rng([100 + number, seed]))
            for finding in found(profile, scene, known, seed + 1):
                if finding.check == check:
                    told[finding.level] += 1
                    if finding.level not in ("warn", "fail"):
                        sys.stderr.write(f"missed: {finding.line()}\n")
        hit = told["warn"] + told["fail"]
        hits, faults = hits + hit, faults + each
        print(f"| {check} | {hit} of {each} | {_alarm(alarms.pop(check))} |", flush=True)
    for check, levels in sorted(alarms.items()):
        print(f"| {check} | no fault seeded | {_alarm(levels)} |")
    print(f"\nFound in all: {hits} of {faults}.")


def _alarm(levels: Counter[str]) -> str:
    return f"{levels['warn'] + levels['fail']} of {levels.total()} | {levels['not measured']}"


if __name__ == "__main__":
    main()
