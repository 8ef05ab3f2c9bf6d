"""Faults that are held against their own good twins: the same kind of set without the fault.

Simulated. Each pair's good set-ups are of a kind that the sets of `bench.meter_good_sets` do not
show (a wall lit to white, clothes with stripes that are coarse enough), so that a false alarm
there is counted as well.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bench.meter_faults import merged
from bench.meter_faults_light import SIZE, Made, true_rim
from bench.meter_good_sets import (
    Random,
    brighter,
    good_portrait,
    good_product,
    in_shirt,
    orbited,
    pitched,
    with_backdrop,
)
from devices.simulated.effects import haloed
from devices.simulated.hair import grow
from devices.simulated.rendering import Renderer, blurred
from devices.simulated.scenes.building import lens
from devices.simulated.scenes.people import DARK_HAIRED
from devices.simulated.solids import Material, Scene, Shape, Solid

_PIXEL_M = 2.0 * 0.0359 / 0.085 / SIZE[0]
_STILL = (6000, 4000)
#: As fine as the plane of focus wants its edges.
_FINE = (2000, 1334)
_LEAST_GAIN_STOPS = 0.7
#: Left, top, width and height of the middle of a grey card that stands beside the head.
_CARD = (446, 119, 24, 24)


@dataclass(frozen=True, slots=True)
class Pair:
    """The profile that asks for a check, and how a good and a faulty set-up are made."""

    profile: str
    good: Callable[[Random], Made]
    faulty: Callable[[Random], Made]


def before_white(random: Random) -> Made:
    """Draw a person 1.6 m before paper that is lit to white."""
    paper = Material((0.8, 0.8, 0.8), 0.004, 0.01)
    return brighter(with_backdrop(good_portrait(random), 3.6, paper), random.uniform(1.2, 1.5)), {}


def wrapped(random: Random) -> Made:
    """Light the paper beyond white, before a misted lens, so that the rim gains 0.7 stop or more.

    Set-ups whose rim gains less (bright clothes, and lamps that light them too) are drawn again.
    """
    while True:
        scene = brighter(before_white(random)[0], random.uniform(0.3, 1.5))
        halo = random.uniform(0.3, 0.5)
        if rim_gain_stops(scene, halo) >= _LEAST_GAIN_STOPS:
            return scene, {"halo": halo}


def rim_gain_stops(scene: Scene, halo: float) -> float:
    """Return by how much a lens's halo brightens the rim, the median over the true outline."""
    layers = Renderer(scene).layers(*SIZE, scene.lights, scene.ambient)
    layers = blurred(layers, scene, 8.0, 1 / 125)
    rim = true_rim(layers.alpha)
    before, after = (haloed(layers.picture(), share)[rim].mean(axis=1) for share in (0.0, halo))
    return float(np.median(np.log2(after / before)))


def filling(random: Random) -> Made:
    """Take a lens that is long enough for the jug to fill the frame."""
    return _zoomed(random, random.uniform(0.160, 0.170)), {}


def too_small(random: Random) -> Made:
    """Take a lens that is too short: the jug spans 45 to 79 % of the frame."""
    return _zoomed(random, random.uniform(0.085, 0.145)), {}


def _zoomed(random: Random, focal_m: float) -> Scene:
    """Bring the jug to the middle and change the lens."""
    centred = orbited(good_product(random), pitched(0.74), (0.0, 0.0, 0.0))
    return dataclasses.replace(centred, camera=lens(focal_m), focal_length_m=focal_m)


def stopped_down(random: Random) -> Made:
    """Take 24 megapixels at an aperture that they bear, up to two stops past the Airy disc."""
    return good_portrait(random), {
        "enlarged": _STILL, "aperture_f": float(random.choice([5.6, 8.0, 11.0, 13.0, 16.0])),
    }  # fmt: skip


def stopped_down_too_far(random: Random) -> Made:
    """Take 24 megapixels at f/20 and beyond."""
    return good_portrait(random), {
        "enlarged": _STILL, "aperture_f": float(random.choice([20.0, 22.0, 25.0, 29.0, 32.0])),
    }  # fmt: skip


def coarsely_striped(random: Random) -> Made:
    """Dress the person in stripes of 5 to 12 pixels."""
    return _striped(random, random.uniform(5.0, 12.0)), {}


def finely_striped(random: Random) -> Made:
    """Dress the person in stripes of 2.1 to 3.2 pixels."""
    return _striped(random, random.uniform(2.1, 3.2)), {}


def _striped(random: Random, period_px: float) -> Scene:
    scene = good_portrait(random)
    shirt = dataclasses.replace(
        scene.solids[-1].material,
        weave_m=period_px * _PIXEL_M,
        weave_contrast=random.uniform(0.3, 0.6),
    )
    return in_shirt(scene, shirt)


def tidy(random: Random) -> Made:
    """Let a few short hairs stand out."""
    return _haired(random, int(random.integers(80, 200)), 1.0), {}


def dishevelled(random: Random) -> Made:
    """Let many long hairs stand out: 2 % of the subject and more."""
    return _haired(random, int(random.integers(300, 600)), random.uniform(1.3, 2.0)), {}


def _haired(random: Random, locks: int, longer: float) -> Scene:
    scene = good_portrait(random)
    crown = scene.solids[1]
    hairs = grow(
        crown.centre, crown.size, locks, 6, DARK_HAIRED.hair_material(),
        int(random.integers(1, 1000)), longer,
    )  # fmt: skip
    return dataclasses.replace(scene, strands=hairs)


def focused_on_it(random: Random) -> Made:
    """Focus the jug to a centimetre, at f/4."""
    return _focused(random, random.uniform(-0.01, 0.01))


def focused_off_it(random: Random) -> Made:
    """Focus 8 to 15 cm behind the jug, at f/4."""
    return _focused(random, random.uniform(0.08, 0.15))


def _focused(random: Random, behind_m: float) -> Made:
    scene = good_product(random)
    focused = dataclasses.replace(scene, focus_m=scene.focus_m + behind_m)
    return focused, {"size": _FINE, "aperture_f": 4.0}


# --- of the frame, of the file's size, and of the camera's white balance -------------------------


def from_the_front(random: Random) -> Made:
    """Look at the jug 1 to 9 degrees down, where the set as it stands has 14."""
    return _from_above(random, -random.uniform(5.0, 13.0)), {}


def from_above(random: Random) -> Made:
    """Look down on the jug steeply."""
    return _from_above(random, random.uniform(18.0, 30.0)), {}


def _from_above(random: Random, degrees: float) -> Scene:
    return orbited(good_product(random), pitched(-degrees), (0.0, 0.0, 0.9))


def on_its_foot(random: Random) -> Made:
    """Leave room below the jug."""
    return orbited(good_product(random), pitched(random.uniform(0.0, 1.5)), (0.0, 0.0, 0.0)), {}


def cut_below(random: Random) -> Made:
    """Let the frame cut the jug's foot."""
    return orbited(good_product(random), pitched(random.uniform(5.0, 6.0)), (0.0, 0.0, 0.0)), {}


def large_file(random: Random) -> Made:
    """Take a picture of 10 to 60 megapixels."""
    width = int(random.uniform(4000, 9500))
    return good_product(random), {"enlarged": (width, width * 2 // 3)}


def small_file(random: Random) -> Made:
    """Set a small image size."""
    width = int(random.uniform(600, 1200))
    return good_product(random), {"size": (width, width * 2 // 3)}


def balanced(random: Random) -> Made:
    """Hold a grey card into the light, whose colour the camera knows to 2 %."""
    return _with_card(random), {"card": _CARD, "gains": tuple(1 + random.uniform(-0.02, 0.02, 3))}


def unbalanced(random: Random) -> Made:
    """Set daylight for light that is 15 to 40 % too warm or too cold for it."""
    warmth = 2.0 ** (random.choice([-1.0, 1.0]) * random.uniform(0.2, 0.5))
    return _with_card(random), {"card": _CARD, "gains": (warmth**0.5, 1.0, warmth**-0.5)}


def _with_card(random: Random) -> Scene:
    """Stand a grey card beside the head; its middle lies in `_CARD`."""
    grey = Material((0.18, 0.18, 0.18))
    card = Solid(Shape.BOX, (0.2, -0.12, 2.2), (0.04, 0.04, 0.002), grey)
    return dataclasses.replace(good_portrait(random), props=(card,))


# --- of light on the backdrop ---------------------------------------------------------------------


def white_wall(random: Random) -> Made:
    """Light the wall behind the jug to white."""
    return brighter(good_product(random), random.uniform(1.0, 1.6)), {}


def grey_wall(random: Random) -> Made:
    """Take the light off the wall."""
    return brighter(good_product(random), random.uniform(-3.3, -1.5)), {}


def in_the_dark(random: Random) -> Made:
    """Draw a person in light clothes before black cloth."""
    cloth = Material((0.004, 0.004, 0.004), 0.004, 0.01)
    shirt = Material(tuple(random.uniform(0.4, 0.6, 3)), 0.0016, 0.14)
    return with_backdrop(in_shirt(good_portrait(random), shirt), 3.6, cloth), {}


#: By the check that should find the fault.
PAIRS = {
    "wrap": Pair("headshot-white", before_white, wrapped),
    "frame_fill": Pair("marketplace", filling, too_small),
    "diffraction": Pair("headshot-white", stopped_down, stopped_down_too_far),
    "fine_pattern": Pair("portrait", coarsely_striped, finely_striped),
    "flyaway": Pair("portrait", tidy, dishevelled),
    "background_white": Pair("product-white", white_wall, grey_wall),
    "separation_stops": Pair("portrait", in_the_dark, merged),
    "focus_plane": Pair("product-white", focused_on_it, focused_off_it),
    "camera_angle": Pair("fashion-full-length", from_the_front, from_above),
    "bottom_margin": Pair("marketplace", on_its_foot, cut_below),
    "resolution": Pair("product-white", large_file, small_file),
    "longest_side": Pair("marketplace", large_file, small_file),
    "print_size": Pair("jewellery", large_file, small_file),
    "white_balance": Pair("portrait", balanced, unbalanced),
}
