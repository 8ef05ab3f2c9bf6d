"""Checks along the silhouette: whether the subject's edge stands apart from what lies behind."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from capture.checks.reading import NO_SILHOUETTE, Reading, not_measured
from capture.metering.backdrop_surface import NEUTRAL_CHROMA

if TYPE_CHECKING:
    from capture.metering.measurement import Measurement
    from capture.metering.separation import EdgePiece
    from capture.wanted import Wanted

#: Below this ΔE2000 the two sides of an edge merge (see the profiles' source).
_MERGES = 10.0


def separation(m: Measurement, wanted: Wanted) -> Reading:
    """Read the weakest difference of colour along the silhouette."""
    if not m.edge:
        return not_measured(m.light_unseen or NO_SILHOUETTE)
    weakest = min(m.edge, key=lambda piece: piece.delta_e)
    weak = sum(piece.delta_e < wanted.low for piece in m.edge)
    return Reading(
        weakest.delta_e,
        f"ΔE {weakest.delta_e:.0f} at the {weakest.place} edge",
        f"the {weakest.place} edge merges with the backdrop ({weak} of {len(m.edge)} pieces of "
        f"the outline do): {_light_advice(weakest)}",
        weakest.box,
        reason=f"least of {len(m.edge)} pieces: ΔE2000 between the means 2 to 7 px inside and "
        f"outside = {weakest.delta_e:.1f}; silhouette by {m.silhouette_source}",
    )


def separation_stops(m: Measurement, wanted: Wanted) -> Reading:
    """Read the weakest difference of brightness along the silhouette."""
    if not m.edge:
        return not_measured(m.light_unseen or NO_SILHOUETTE)
    weakest = min(m.edge, key=lambda piece: abs(piece.stops))
    return Reading(
        abs(weakest.stops),
        f"{weakest.stops:+.1f} stops at the {weakest.place} edge",
        f"colour alone separates the {weakest.place} edge: {_light_advice(weakest)}",
        weakest.box,
        reason=f"log2 of luminance inside over outside = {weakest.stops:+.2f}; silhouette by "
        f"{m.silhouette_source}",
    )


def busy_background(m: Measurement, wanted: Wanted) -> Reading:
    """Read how much of the outline merges in places though its pieces stand apart on average."""
    apart = [piece for piece in m.edge if piece.delta_e >= _MERGES and piece.along]
    if not m.edge:
        return not_measured()
    if not apart:
        return not_measured("not measured: the whole outline merges, see separation")
    stretches = [value for piece in apart for value in piece.along]
    percent = 100 * sum(value < _MERGES for value in stretches) / len(stretches)
    worst = min(apart, key=lambda piece: min(piece.along))
    return Reading(
        percent,
        f"{percent:.0f} % of the outline merges in places",
        f"what lies behind the {worst.place} edge changes along it: take a plain backdrop, or "
        "open the aperture",
        worst.box,
        reason=f"short stretches under ΔE2000 {_MERGES:.0f} in pieces over it, of "
        f"{len(stretches)}; silhouette by {m.silhouette_source}",
    )


def spill(m: Measurement, wanted: Wanted) -> Reading:
    """Read how much of the backdrop's colour lies on the subject's rim."""
    if m.rim is None:
        return not_measured()
    if m.backdrop is None or m.backdrop.chroma < NEUTRAL_CHROMA:
        return not_measured("not measured: the backdrop has no colour to spill")
    if math.isnan(m.rim.spill):
        return not_measured("not measured: the subject has the backdrop's own colour")
    percent = 100 * m.rim.spill
    return Reading(
        percent,
        f"{percent:.0f} % of the backdrop's colour on the {m.rim.place or 'whole'} rim",
        "move the subject away from the screen, or take light off the screen",
        m.rim.box,
        reason="share of the way from the inside's chromaticity to the backdrop's that the rim "
        f"has gone, worst quarter of the pieces = {m.rim.spill:.2f}",
    )


def wrap(m: Measurement, wanted: Wanted) -> Reading:
    """Read how far a bright backdrop lifts the subject's rim."""
    if m.rim is None:
        return not_measured()
    if math.isnan(m.rim.wrap_stops):
        return Reading(
            0.0,
            "none: the backdrop is nowhere brighter",
            reason="the backdrop beside the rim is brighter than the inside at no piece of the "
            "outline",
        )
    stops = m.rim.wrap_stops
    return Reading(
        stops,
        f"rim {stops:.1f} stop over the inside",
        "lower the background light, flag it off the subject, or move the subject forward",
        m.rim.box,
        reason="log2 of the rim's luminance over the inside's where the backdrop is brighter, "
        f"exceeded by half of the pieces: {stops:.2f}",
    )


def forecast(m: Measurement, wanted: Wanted) -> Reading:
    """Read how far the cut-out's edge is expected to be off."""
    if m.forecast is None:
        if m.silhouette_source == "none":
            return not_measured()
        return not_measured("not measured: no cut-out could be tried on this frame yet")
    error, worst = m.forecast.error, m.forecast.worst()
    scale = m.size[0] / m.forecast.frame.rgb.shape[1]
    x, y, width, height = (round(scale * side) for side in worst.box)
    return Reading(
        error,
        f"the cut-out's edge will be off by {_lengths(error, m)}",
        f"worst at the {worst.place} edge, {_lengths(worst.error, m)}; "
        "`mattebox forecast` names the changes that lower it most",
        (x, y, width, height),
        reason="log(error + 0.1) falls with the distance of the colours on both sides of the edge "
        "and grows with what a trial matte leaves open; mean over "
        f"{len(m.forecast.pieces)} pieces of the edge",
    )


def _lengths(permille: float, m: Measurement) -> str:
    """Return a share of the width in words; in pixels where the photograph's size is known."""
    share = f"{permille:.1f} thousandths of the width"
    return share if m.preview else f"{share} ({permille / 1000 * m.size[0]:.1f} px)"


def _light_advice(piece: EdgePiece) -> str:
    """Say how to bring one stop between the two sides, the way that is nearer."""
    missing = max(0.0, 1.0 - abs(piece.stops))
    if piece.stops >= 0:
        return f"add {missing:.1f} stop of rim light there, or take as much off the backdrop"
    return f"add {missing:.1f} stop of background light, or flag the light off that edge"
