"""A lighting recipe: what a set-up was, in the numbers that rebuild it; kept as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from capture.metering.lighting_ratio import UNKNOWN
from capture.metering.single_lights import SingleLight, SingleLights
from matting.imaging.atomic import write_atomically
from matting.imaging.errors import InputFileError

_KIND = "mattebox lighting recipe"


@dataclass(frozen=True, slots=True)
class LightRecipe:
    """One light of a set-up.

    Parameters
    ----------
    name : str
    below_key_stops : float or None
        How much weaker than the key, on surfaces that face each; None when not measured.
    azimuth_degrees, elevation_degrees : float or None
        From the subject: to the right of the lens's axis as the camera sees it, and up; None
        without depth.
    kelvin : float or None
        Where the key is taken for 6504 K; None where it is no light's colour.
    subject_share, background_share : float or None, 0 to 1, of all light there
    """

    name: str
    below_key_stops: float | None
    azimuth_degrees: float | None
    elevation_degrees: float | None
    kelvin: float | None
    subject_share: float | None
    background_share: float | None


@dataclass(frozen=True, slots=True)
class LightingRecipe:
    """A set-up.

    Parameters
    ----------
    taken_at : str, ISO 8601
    camera : str, its model
    settings : mapping of the camera's settings by name
    subject_m, background_behind_m : float or None, metres
    white_balance_delta_e : float or None
        How far the grey card is from neutral.
    lights : tuple of LightRecipe
    pictures : mapping of step to file name, beside the recipe's own session folder
    """

    taken_at: str
    camera: str
    settings: Mapping[str, Any]
    subject_m: float | None
    background_behind_m: float | None
    white_balance_delta_e: float | None
    lights: tuple[LightRecipe, ...]
    pictures: Mapping[str, str]


def light_recipes(measured: SingleLights) -> tuple[LightRecipe, ...]:
    """Return what was measured of single lights as recipes."""
    key = next(light for light in measured.lights if light.name == "key")
    return tuple(_recipe_of(light, key) for light in measured.lights)


def _recipe_of(light: SingleLight, key: SingleLight) -> LightRecipe:
    known = light.illuminance > 0 and key.illuminance > 0
    x, y, z = light.direction
    seen = light.direction != UNKNOWN
    return LightRecipe(
        name=light.name,
        below_key_stops=math.log2(key.illuminance / light.illuminance) if known else None,
        azimuth_degrees=math.degrees(math.atan2(x, -z)) if seen else None,
        elevation_degrees=math.degrees(math.asin(-y)) if seen else None,
        kelvin=finite(light.colour.kelvin),
        subject_share=finite(light.shares["subject"]),
        background_share=finite(light.shares["background"]),
    )


def finite(value: float) -> float | None:
    """Return a number as JSON can hold it: None for what was not measured."""
    return value if math.isfinite(value) else None


def write_recipe(path: Path, recipe: LightingRecipe) -> None:
    """Write a recipe.

    Raises
    ------
    OutputError
        When it cannot be written.
    """
    table = {"kind": _KIND, **asdict(recipe)}
    write_atomically(path, [json.dumps(_rounded(table), indent=1).encode()])


def read_recipe(path: Path) -> LightingRecipe:
    """Read a recipe.

    Raises
    ------
    InputFileError
        When it cannot be read, or is no recipe.
    """
    remedy = "give a file that mattebox setup wrote"
    try:
        table = json.loads(path.read_text("utf-8"))
        if table.pop("kind") != _KIND:
            raise ValueError("another kind")
        lights = tuple(LightRecipe(**light) for light in table.pop("lights"))
        return LightingRecipe(lights=lights, **table)
    except OSError as exc:
        raise InputFileError(path, f"cannot be opened ({exc.strerror})", remedy) from exc
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise InputFileError(path, "is no lighting recipe", remedy) from exc


def to_rebuild(wanted: LightingRecipe, now: LightingRecipe) -> tuple[str, ...]:
    """Return what to change so that a set-up becomes that of a recipe, in words.

    Differences below a tenth of a stop, five degrees and five centimetres are left out: that is
    how well they are measured.
    """
    words = [
        f"{name.replace('_', ' ')}: {now.settings.get(name)}, the recipe has {value}"
        for name, value in wanted.settings.items()
        if now.settings.get(name) != value
    ]
    present = {light.name: light for light in now.lights}
    for light in wanted.lights:
        if light.name not in present:
            words.append(f"{light.name}: there is none")
        else:
            words += _light_changes(light, present[light.name])
    for what, was, is_now in (
        ("subject", wanted.subject_m, now.subject_m),
        ("backdrop behind the subject", wanted.background_behind_m, now.background_behind_m),
    ):
        if was is not None and is_now is not None and abs(was - is_now) >= 0.05:
            words.append(f"{what}: {is_now:.2f} m, the recipe has {was:.2f} m")
    return tuple(words)


def _light_changes(wanted: LightRecipe, now: LightRecipe) -> list[str]:
    words = []
    if wanted.below_key_stops is not None and now.below_key_stops is not None:
        stops = now.below_key_stops - wanted.below_key_stops
        if abs(stops) >= 0.1:
            verb = "raise" if stops > 0 else "lower"
            words.append(f"{wanted.name}: {verb} by {abs(stops):.1f} stop")
    for way, was, is_now in (
        ("to the right", wanted.azimuth_degrees, now.azimuth_degrees),
        ("up", wanted.elevation_degrees, now.elevation_degrees),
    ):
        if was is not None and is_now is not None and abs(was - is_now) >= 5:
            words.append(f"{wanted.name}: move {was - is_now:+.0f} degrees {way}")
    return words


def _rounded(value: Any) -> Any:
    """Return a JSON value with its numbers rounded to what is measured."""
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, Mapping):
        return {key: _rounded(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(part) for part in value]
    return value
