"""Checks of the light on the subject."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from capture.checks.reading import NO_SILHOUETTE, Reading, not_measured

if TYPE_CHECKING:
    from capture.metering.lighting_ratio import LightingRatio
    from capture.metering.measurement import Measurement
    from capture.metering.single_lights import SingleLights
    from capture.wanted import Wanted

_NO_RATIO = (
    "not measured: needs frames of single lights (--light), or metric depth of a subject with one "
    "matt material that faces many directions, or two patches (--patch lit=, shadow=)"
)


def key_to_fill(m: Measurement, wanted: Wanted) -> Reading:
    """Read the incident lighting ratio; the reflected one is printed beside it."""
    if m.lighting is None:
        return not_measured(m.light_unseen or _NO_RATIO)
    ratio = m.lighting
    stops = ratio.key_to_fill_stops
    if math.isinf(stops):
        return Reading(
            stops,
            f"one light, no fill (by {ratio.way})",
            "add a fill light, or a reflector opposite it",
            reason=f"by {ratio.way}: no light before the subject beside the key",
        )
    off = stops - wanted.high if stops > wanted.high else wanted.low - stops
    verb = "raise the fill" if stops > wanted.high else "lower the fill"
    return Reading(
        stops,
        f"{ratio.incident:.1f}:1 incident ({stops:.1f} ± {ratio.uncertainty_stops:.1f} stops), "
        f"{ratio.reflected:.1f}:1 reflected",
        f"{verb} by {off:.1f} stop",
        reason=_ratio_reason(ratio) + _shares(m.single_lights),
    )


def _ratio_reason(ratio: LightingRatio) -> str:
    low, high = ratio.interval_stops
    return (
        f"by {ratio.way}: incident = K/F = 2^{ratio.key_to_fill_stops:.2f} = {ratio.incident:.2f}, "
        f"reflected = (K+F)/F = {ratio.reflected:.2f}; nine in ten lie between {low:.1f} and "
        f"{high:.1f} stops"
    )


def _shares(single: SingleLights | None) -> str:
    """Return each light's share of the light on subject and background, in words."""
    if single is None:
        return ""
    every = [(light.name, light.shares) for light in single.lights] + [("ambient", single.ambient)]
    told = (
        f"{name} {100 * shares['subject']:.0f} % and {100 * shares['background']:.0f} %"
        for name, shares in every
    )
    return "; shares of subject and background: " + ", ".join(told)


def rim_light(m: Measurement, wanted: Wanted) -> Reading:
    """Read how much the upper outline is brighter than the surface just inside."""
    if m.light is None or math.isnan(m.light.rim_stops):
        return not_measured(m.light_unseen or NO_SILHOUETTE)
    stops = m.light.rim_stops
    return Reading(
        stops,
        f"{stops:+.1f} stops along the upper outline",
        f"{wanted.low - stops:.1f} stop is wanting: raise the rim or hair light, or move it "
        "farther behind the subject",
        m.framing.box if m.framing else None,
        reason=f"log2(outline / just inside) = {stops:+.2f} on the second brightest of twelve "
        "stretches of the upper outline",
    )


def hot_spots(m: Measurement, wanted: Wanted) -> Reading:
    """Read the share of the subject that shines."""
    if m.light is None or m.light.hot_spots is None:
        return not_measured(m.light_unseen or NO_SILHOUETTE)
    percent = 100 * m.light.hot_spots.share
    return Reading(
        percent,
        f"{percent:.1f} % of the subject shines",
        "powder the skin, turn the shiny thing, or use a larger or polarised light",
        m.light.hot_spots.box,
        reason=f"{percent:.2f} % of the subject's pixels are over half of white and 1.6 times "
        "their surroundings",
    )


def hard_shadow(m: Measurement, wanted: Wanted) -> Reading:
    """Read how deep the longest hard-edged shadow on the subject is."""
    if m.light is None or m.light.hard_shadow is None:
        missing = "not measured: needs metric depth and a large enough patch of one material"
        return not_measured(m.light_unseen or (missing if m.light else NO_SILHOUETTE))
    shadow = m.light.hard_shadow
    return Reading(
        shadow.stops,
        f"a hard edge, {shadow.stops:.1f} stops deep" if shadow.box else "none",
        "use a larger or nearer source, lower the key, or raise the fill",
        shadow.box,
        reason="in one material and one surface, at least half a stop, of which 70 % lies within "
        "1.2 % of the subject's width, for 6 % of it and more",
    )


def mixed_light(m: Measurement, wanted: Wanted) -> Reading:
    """Read how far lights differ in colour: single ones, else lit and shadow side."""
    if m.single_lights is not None and len(m.single_lights.lights) > 1:
        return _single_colours(m.single_lights)
    if m.light is None or m.light.mixed is None:
        missing = "not measured: no patch of one material is large enough"
        return not_measured(m.light_unseen or (missing if m.light else NO_SILHOUETTE))
    mixed = m.light.mixed
    warmer = "warmer" if mixed.mired > 0 else "cooler"
    shown = f"ΔE {mixed.delta_e:.1f} between lit and shadow side"
    return Reading(
        mixed.delta_e,
        shown,
        f"the shadow side is {warmer} by {abs(mixed.mired):.0f} mired: gel its light, or switch "
        "off what is not yours",
        m.framing.box if m.framing else None,
        reason=f"CIEDE2000 of the brightest and the darkest quarter of one material, brought to "
        f"one level: {mixed.delta_e:.2f}; {mixed.mired:+.0f} mired",
    )


def _single_colours(single: SingleLights) -> Reading:
    told = [light for light in single.lights if not math.isnan(light.delta_e)]
    if not told:
        return not_measured("not measured: no patch of one material is large enough")
    worst = max(told, key=lambda light: light.delta_e)
    lights = "; ".join(
        f"{light.name} ΔE {light.delta_e:.1f}, {light.colour.kelvin:.0f} K" for light in told
    )
    return Reading(
        worst.delta_e,
        f"ΔE {worst.delta_e:.1f} between {worst.name} and key",
        f"gel the {worst.name}, or use lights of one make at one power",
        reason=f"one light at a time, where the key is taken for 6504 K: {lights}",
    )


def white_balance(m: Measurement, wanted: Wanted) -> Reading:
    """Read how far the grey card is from neutral."""
    if m.neutral is None:
        return not_measured(
            m.light_unseen or "not measured: no grey card (--patch neutral=X,Y,W,H)"
        )
    if m.neutral.clipped:
        return not_measured("not measured: the grey card is clipped; expose it darker")
    error, colour = m.neutral.delta_e, m.neutral.colour
    light = "" if math.isnan(colour.kelvin) else f", {colour.kelvin:.0f} K where 6504 is neutral"
    return Reading(
        error,
        f"ΔE(a*b*) {error:.1f} on the grey card",
        "set the white balance on the grey card",
        reason=f"hypot(a*, b*) = {error:.2f} at a light grey's level{light}, Duv {colour.duv:+.4f}",
    )
