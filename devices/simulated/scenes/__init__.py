"""The sets of the simulated studio, a family of them a file."""

from __future__ import annotations

from devices.simulated.scenes.full_length import full_length
from devices.simulated.scenes.fur import fur
from devices.simulated.scenes.people import clutter, green_screen, portrait, two_subjects
from devices.simulated.scenes.table_top import glass, jewellery, product, white_on_white
from devices.simulated.solids import Scene

_SCENES = {
    "portrait": portrait,
    "product": product,
    "glass": glass,
    "fur": fur,
    "jewellery": jewellery,
    "white-on-white": white_on_white,
    "green-screen": green_screen,
    "full-length": full_length,
    "two-subjects": two_subjects,
    "clutter": clutter,
}


def make_scene(name: str) -> Scene:
    """Build the set of that name (`devices.address.SCENES`)."""
    return _SCENES[name]()
