"""One light at a time: what each light gives to each part of the picture, and of what colour.

Light adds up. A frame with one light on, less the frame with none (daylight, room lamps), is that
light alone, whatever its strength and whatever the surfaces are. On the subject it is
``albedo * P * max(0, n.d)``: with normals from depth, power and direction follow from a fit of
three numbers; without, the brightest part of one material faces the light.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from capture.metering.colour_of_light import LightColour, colour_difference, light_colour
from capture.metering.lighting_ratio import UNKNOWN, Direction, LightingRatio
from capture.metering.materials import same_material
from matting.imaging.colour import luminance

FloatImage = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]

#: Without normals: of one material, this percentile faces the light (the top is gloss).
_FACING_PERCENTILE = 95
_LEAST_PIXELS = 200
_REWEIGHTINGS = 25
#: In units of the residual's spread: darker than the model (cast shadow) is doubted sooner.
_DARKER, _BRIGHTER = 1.5, 2.5
#: A surface that turns further from the lens, or shows less of the light, is left out of the fit.
_LEAST_FACING, _LEAST_LIT = 0.3, 0.1
#: Uncertainty of the ratio (two in three), found on the simulated studio: with normals, without.
_BY_NORMALS_STOPS, _BY_FACING_STOPS = 0.06, 0.1


@dataclass(frozen=True, slots=True)
class SingleLight:
    """One light.

    Parameters
    ----------
    name : str
    shares : dict of region to float
        Its share, 0 to 1, of the light that all measured lights and ambient give there.
    illuminance : float
        On a surface of the subject that faces it, times the surface's albedo; relative. NaN when
        too little of the subject is of one material.
    direction : (x, y, z) unit vector towards it, x right, y down, z away; (0, 0, 0) without depth
    colour : LightColour
        When the key is taken for the white light that the camera is balanced for (D65).
    delta_e : float
        CIEDE2000 between its colour and the key's, at one level.
    """

    name: str
    shares: dict[str, float]
    illuminance: float
    direction: Direction
    colour: LightColour
    delta_e: float


@dataclass(frozen=True, slots=True)
class SingleLights:
    """All lights that were photographed alone, and ambient's shares of the regions.

    `ratio` is None without a key and a fill.
    """

    lights: tuple[SingleLight, ...]
    ambient: dict[str, float]
    ratio: LightingRatio | None


def single_lights(
    frames: Mapping[str, FloatImage],
    ambient: FloatImage | None,
    regions: Mapping[str, npt.NDArray[np.bool_]],
    normals: FloatImage | None = None,
) -> SingleLights:
    """Measure each light from frames in which it burns alone.

    Parameters
    ----------
    frames : mapping of the light's name to (H, W, 3) float32, linear light
        All of one exposure; "key" must be among them, and with "fill" it gives the ratio.
    ambient : (H, W, 3) float32 or None
        The same with no light on; None when the room is dark.
    regions : mapping of name to (H, W) bool
        Where shares are told; "subject" must be among them.
    normals : (H, W, 3) float32 or None
        Of the subject, towards the camera, NaN where unknown.

    Returns
    -------
    SingleLights

    Notes
    -----
    Fails where a frame is clipped: that part counts too little. Light that bounces off the set is
    part of the light that it comes from.
    """
    dark = np.zeros_like(next(iter(frames.values()))) if ambient is None else ambient
    alone = {name: np.maximum(frame - dark, np.float32(0)) for name, frame in frames.items()}
    levels = {name: _levels(picture, regions) for name, picture in alone.items()}
    rest = _levels(dark, regions)
    total = {r: rest[r] + sum(level[r] for level in levels.values()) for r in regions}
    everything = np.sum(list(alone.values()), axis=0) + dark
    material = same_material(everything, regions["subject"])
    white = _mean_colour(alone["key"], material)
    lights = []
    for name, picture in alone.items():
        power, direction = _facing_light(picture, material, normals)
        seen = _mean_colour(picture, material) / white
        lights.append(
            SingleLight(
                name=name,
                shares={r: _share(levels[name][r], total[r]) for r in regions},
                illuminance=power,
                direction=direction,
                colour=light_colour(seen),
                delta_e=colour_difference(seen, np.ones(3)),
            )
        )
    shares = {r: _share(rest[r], total[r]) for r in regions}
    return SingleLights(tuple(lights), shares, _ratio(lights, normals is not None))


def _ratio(lights: list[SingleLight], by_normals: bool) -> LightingRatio | None:
    named = {light.name: light for light in lights}
    if "fill" not in named:
        return None
    key, fill = named["key"], named["fill"]
    if not (key.illuminance > 0 and fill.illuminance >= 0):
        return None
    stops = math.log2(key.illuminance / fill.illuminance) if fill.illuminance else math.inf
    uncertainty = _BY_NORMALS_STOPS if by_normals else _BY_FACING_STOPS
    return LightingRatio(
        stops,
        key.direction,
        fill.direction,
        uncertainty if math.isfinite(stops) else 0.0,
        math.nan,
        "one light at a time",
    )


def _facing_light(
    picture: FloatImage, material: npt.NDArray[np.bool_], normals: FloatImage | None
) -> tuple[float, Direction]:
    """Return the light of a surface that faces the lamp, and the lamp's direction."""
    if material.sum() < _LEAST_PIXELS:
        return math.nan, UNKNOWN
    if normals is None:
        bright = luminance(picture[material])
        return float(np.percentile(bright, _FACING_PERCENTILE)), UNKNOWN
    usable = material & (-normals[..., 2] > _LEAST_FACING)
    if usable.sum() < _LEAST_PIXELS:
        return math.nan, UNKNOWN
    lamp = fit_lamp(normals[usable], luminance(picture[usable]))
    power = float(np.linalg.norm(lamp))
    if power == 0:
        return 0.0, UNKNOWN
    x, y, z = (float(c) / power for c in lamp)
    return power, (x, y, z)


def fit_lamp(normals: npt.NDArray[np.float32], light: npt.NDArray[np.float32]) -> Floats:
    """Fit one lamp, and light from everywhere, to what a matt surface returns of it.

    Parameters
    ----------
    normals : (N, 3) float32, unit
    light : (N,) float32, linear

    Returns
    -------
    (3,) float64
        Direction times power, times the surface's albedo; 0 without light.

    Notes
    -----
    ``light = max(0, n.v) + a`` by iteratively reweighted least squares (Cauchy's weights): cast
    shadows and gloss are outliers. Light from everywhere, a >= 0, is what the lamp throws on the
    walls and those on the subject.
    """
    n, values = normals.astype(np.float64), light.astype(np.float64)
    level = float(values.mean())
    if not level > 0:
        return np.zeros(3)
    rows = np.c_[n, np.ones(len(n))]
    lit = values > np.median(values)
    trust = np.ones(len(values))
    for _ in range(_REWEIGHTINGS):
        root = np.sqrt(trust * lit)
        solved = np.linalg.lstsq(rows * root[:, None], values * root, rcond=None)[0]
        if solved[3] < 0:
            lamp = np.linalg.lstsq(n * root[:, None], values * root, rcond=None)[0]
            solved = np.r_[lamp, 0.0]
        shade = n @ solved[:3]
        left = values - np.maximum(shade, 0.0) - solved[3]
        spread = 1.4826 * float(np.median(np.abs(left[lit]))) + 0.01 * level
        now_lit = shade > _LEAST_LIT * np.linalg.norm(solved[:3])
        if not now_lit.any():
            break
        lit = now_lit
        trust = 1.0 / (1.0 + (left / (np.where(left < 0, _DARKER, _BRIGHTER) * spread)) ** 2)
    return np.asarray(solved[:3])


def _levels(picture: FloatImage, regions: Mapping[str, npt.NDArray[np.bool_]]) -> dict[str, float]:
    bright = luminance(picture)
    return {
        name: float(bright[area].mean()) if area.any() else math.nan
        for name, area in regions.items()
    }


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0 else math.nan


def _mean_colour(picture: FloatImage, material: npt.NDArray[np.bool_]) -> Floats:
    """Return the mean light of a material, NaN where there is none of it or no light."""
    mean = picture[material].mean(axis=0, dtype=np.float64) if material.any() else np.zeros(3)
    return np.where(mean > 0, mean, np.nan)
