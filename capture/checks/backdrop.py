"""Checks of what stands behind the subject."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from capture.checks.reading import NO_SILHOUETTE, Reading, not_measured
from capture.metering.backdrop_surface import NEUTRAL_CHROMA, Backdrop

if TYPE_CHECKING:
    from capture.metering.measurement import Measurement
    from capture.wanted import Wanted

#: One and a half times the ΔE2000 below which an edge merges: a backdrop may hang where it does.
_SERVES = 15.0


def background_white(m: Measurement, wanted: Wanted) -> Reading:
    """Read the share of the background that is white to the last code."""
    if m.light_unseen:
        return not_measured(m.light_unseen)
    percent = 100 * m.background_white
    return Reading(
        percent,
        f"{percent:.0f} % of the background at 255",
        "add background light, or let the cut-out replace the background",
        reason=f"pixels outside of the silhouette with all channels at the last code: "
        f"{percent:.2f} %",
    )


def texture(m: Measurement, wanted: Wanted) -> Reading:
    """Read how much folds, seams and things change the backdrop's brightness."""
    if math.isnan(m.texture_stops):
        return not_measured(
            m.light_unseen or "not measured: too little of a lit backdrop is in the picture"
        )
    return Reading(
        m.texture_stops,
        f"{m.texture_stops:.2f} stop from place to place",
        "iron or stretch the backdrop, or move it back until it is out of focus",
        reason="standard deviation of log2 of luminance, finer than a fiftieth of the width, "
        "coarser than noise",
    )


def background_distance(m: Measurement, wanted: Wanted) -> Reading:
    """Read how far the backdrop stands behind the subject."""
    metres = m.space.background_distance_m
    if math.isnan(metres):
        if m.silhouette_source == "depth":
            return not_measured("not measured: depth shows no backdrop")
        return not_measured("no depth sensor: distance not measured")
    return Reading(
        metres,
        f"{metres:.2f} m behind the subject",
        f"move the subject {wanted.low - metres:.1f} m away from the backdrop",
        reason="median of the subject's readings, along the normal of the farthest plane that "
        f"faces the camera: {metres:.3f} m",
    )


def evenness(m: Measurement, wanted: Wanted) -> Reading:
    """Read how unevenly the backdrop is lit."""
    if m.backdrop is None or math.isnan(m.backdrop.uneven_stops):
        return _no_surface(m)
    stops = m.backdrop.uneven_stops
    return Reading(
        stops,
        f"± {stops:.2f} stop",
        "move the background light back, or feather it so that it crosses the backdrop",
        reason=f"half of the backdrop's 2nd to 98th percentile of log2 luminance = {stops:.2f}",
    )


def shadow(m: Measurement, wanted: Wanted) -> Reading:
    """Read the deepest shadow on the backdrop."""
    if m.backdrop is None or math.isnan(m.backdrop.shadow_stops):
        return _no_surface(m)
    stops = m.backdrop.shadow_stops
    return Reading(
        stops,
        f"{stops:.2f} stop under its surroundings" if stops else "none",
        "move the subject away from the backdrop, or raise the key so that its shadow falls lower",
        m.backdrop.shadow_box,
        reason="median of the darkest patch under a quadratic fitted to the backdrop's log2 "
        f"luminance = {stops:.2f}",
    )


def hot_spot(m: Measurement, wanted: Wanted) -> Reading:
    """Read the brightest reflection on the backdrop, which a matt one has not."""
    if m.backdrop is None or math.isnan(m.backdrop.hot_stops):
        return _no_surface(m)
    stops = m.backdrop.hot_stops
    return Reading(
        stops,
        f"{stops:.2f} stop over its surroundings" if stops else "none",
        "the backdrop shines: turn it or the light, or take matt paper",
        m.backdrop.hot_box,
        reason="median of the brightest patch over a quadratic fitted to the backdrop's log2 "
        f"luminance = {stops:.2f}",
    )


def screen_hue(m: Measurement, wanted: Wanted) -> Reading:
    """Read the screen's hue."""
    if m.backdrop is None:
        return _no_surface(m)
    surface = m.backdrop
    if surface.chroma < NEUTRAL_CHROMA:
        # No angle lies outside of every range, so a grey wall stands as far off as can be.
        return Reading(
            wanted.low - 180.0,
            f"no screen: the backdrop is neutral (C*ab {surface.chroma:.0f})",
            "hang the screen, or light it",
            reason=f"C*ab = hypot(a* {surface.lab[1]:.1f}, b* {surface.lab[2]:.1f}), neutral under "
            f"{NEUTRAL_CHROMA:g}",
        )
    return Reading(
        surface.hue_degrees,
        f"{surface.hue_degrees:.0f}° at C*ab {surface.chroma:.0f}",
        "the backdrop has not the screen's colour: check paint, lamps and white balance",
        reason=f"h_ab = atan2(b* {surface.lab[2]:.1f}, a* {surface.lab[1]:.1f})",
    )


def screen_level(m: Measurement, wanted: Wanted) -> Reading:
    """Read how brightly the screen is exposed."""
    if m.backdrop is None:
        return _no_surface(m)
    stops = m.backdrop.level_stops
    off = wanted.low - stops if stops < wanted.low else stops - wanted.high
    verb = "raise" if stops < wanted.low else "lower"
    return Reading(
        stops,
        f"{stops:+.1f} stops about 18 % grey",
        f"{verb} the screen's light by {off:.1f} stop",
        reason=f"log2 of the backdrop's mean luminance over 0.18 = {stops:.2f}",
    )


def clothing_hue(m: Measurement, wanted: Wanted) -> Reading:
    """Read how much of the subject has the backdrop's hue."""
    if m.backdrop is None:
        return _no_surface(m)
    if math.isnan(m.backdrop.same_hue):
        return Reading(
            0.0,
            "the backdrop is neutral",
            reason=f"C*ab {m.backdrop.chroma:.1f}, neutral under {NEUTRAL_CHROMA:g}",
        )
    percent = 100 * m.backdrop.same_hue
    return Reading(
        percent,
        f"{percent:.1f} % of the subject",
        "change those clothes, or the backdrop: what has its hue goes with it",
        m.backdrop.same_hue_box,
        reason=f"subject's cells within 28° of h_ab {m.backdrop.hue_degrees:.0f}° "
        f"and over 0.35 of C*ab {m.backdrop.chroma:.0f}",
    )


def backdrop_choice(m: Measurement, wanted: Wanted) -> Reading:
    """Read how much more another backdrop would give than the one that hangs."""
    if m.choice is None:
        return not_measured()
    best = m.choice.best
    # A backdrop that serves need not be changed for one that would serve better still.
    serves = m.choice.present >= _SERVES
    more = 0.0 if serves else max(0.0, m.choice.delta_e[best] - m.choice.present)
    others = ", ".join(f"{name} {value:.0f}" for name, value in m.choice.delta_e.items())
    return Reading(
        more,
        f"{best} would give ΔE {m.choice.delta_e[best]:.0f}, this one {m.choice.present:.0f}",
        f"a {best} backdrop would serve this subject better",
        reason=f"ΔE2000 at the weakest tenth of the edge: {others}; now {m.choice.present:.0f}",
    )


def _no_surface(m: Measurement) -> Reading:
    if m.silhouette_source == "none":
        return not_measured(NO_SILHOUETTE)
    surface: Backdrop | None = m.backdrop
    return not_measured(
        "not measured: too little of the backdrop is seen"
        if surface is None
        else "not measured: the backdrop is black"
    )
