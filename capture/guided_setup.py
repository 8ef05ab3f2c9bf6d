"""Guided set-up: light by light, empty set, grey card, subject; what it was becomes a recipe."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from capture.depth_feed import KEPT_FRAMES
from capture.depth_filtering import filtered
from capture.light_aids import LightAids
from capture.lighting_recipe import LightingRecipe, finite, light_recipes
from capture.metering.background import distance_behind_m
from capture.metering.patches import neutral_patch, patch_light
from capture.session import Session
from capture.shot import Shot
from capture.subjects import SubjectDepth, find_subject
from matting.imaging.errors import MismatchError
from matting.imaging.files import read_picture

#: The grey card is held in the middle of the picture; this share of each side is looked at.
_CARD_SHARE = 0.05
_AMBIENT, _EMPTY, _CARD, _SUBJECT = "ambient", "empty_set", "grey_card", "subject"


def steps(lights: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Return each step's name and what the photographer does for it, in order.

    Single lights come first, on the subject: they tell the ratio. All frames are test pops.
    """
    return (
        (_SUBJECT, "the subject in place, all lights on"),
        *((name, f"only the {name} on") for name in lights),
        (_AMBIENT, "all lights off"),
        (_CARD, "all lights on, a grey card in the middle of the picture"),
        (_EMPTY, "all lights on, the set without the subject"),
    )


def guided_set_up(
    session: Session, lights: Sequence[str], ask: Callable[[str], None]
) -> LightingRecipe:
    """Take the photographer through a set-up and return its recipe.

    Parameters
    ----------
    session : Session
        Its depth sensor, where there is one, tells directions and distances.
    lights : sequence of str
        Names of the lights, "key" among them.
    ask : callable of str
        Told what to do; returns when it is done.

    Raises
    ------
    MatteboxError
        When a frame cannot be taken, or nothing of the lights can be measured on them.
    """
    if "key" not in lights:
        raise MismatchError("lights", "none is named key", "name the strongest one key")
    shots: dict[str, Shot] = {}
    subject: SubjectDepth | None = None
    for name, what in steps(lights):
        ask(what)
        asked_at = time.monotonic()
        shots[name] = session.shoot(test_pop=True)
        if name == _SUBJECT:
            subject = _subject_of(session, asked_at, shots[name])
    paths = {name: shot.folder / shot.photo.path for name, shot in shots.items()}
    picture = read_picture(paths[_SUBJECT])
    middle = (round(0.3 * picture.width), round(0.1 * picture.height),
              round(0.4 * picture.width), round(0.8 * picture.height))  # fmt: skip
    aids = LightAids({name: paths[name] for name in lights}, paths[_AMBIENT], {"face": middle})
    measured = aids.single(picture, subject)
    assert measured is not None
    metric = subject is not None and subject.depth.metric
    return LightingRecipe(
        taken_at=datetime.now().astimezone().isoformat(timespec="seconds"),
        camera=session.rig.camera.info().model,
        settings={k: v for k, v in asdict(shots[_SUBJECT].settings).items() if v is not None},
        subject_m=subject.distance_m if subject is not None and metric else None,
        background_behind_m=finite(distance_behind_m(subject)) if subject is not None else None,
        white_balance_delta_e=_card_error(paths[_CARD]),
        lights=light_recipes(measured),
        pictures={name: path.name for name, path in paths.items()},
    )


def _subject_of(session: Session, asked_at: float, shot: Shot) -> SubjectDepth | None:
    """Return the subject as depth sees it now; None without a sensor."""
    if session.feed is None:
        return None
    picture = read_picture(shot.folder / shot.photo.path)
    depth = filtered(session.feed.recent(KEPT_FRAMES, asked_at))
    return find_subject(session.rig.register(depth, (picture.height, picture.width)))


def _card_error(path: Path) -> float | None:
    picture = read_picture(path)
    width, height = round(_CARD_SHARE * picture.width), round(_CARD_SHARE * picture.height)
    box = ((picture.width - width) // 2, (picture.height - height) // 2, width, height)
    card = neutral_patch(patch_light(picture.codes, box, picture.transfer))
    return None if card is None or card.clipped or math.isnan(card.delta_e) else card.delta_e
