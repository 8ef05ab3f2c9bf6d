"""Checks along the silhouette: whether the subject's edge stands apart from what lies behind."""

from __future__ import annotations

from capture.checks.reading import NO_SILHOUETTE, Reading, not_measured
from capture.metering.measurement import Measurement
from capture.metering.separation import EdgePiece
from capture.wanted import Wanted


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
    )


def _light_advice(piece: EdgePiece) -> str:
    """Say how to bring one stop between the two sides, the way that is nearer."""
    missing = max(0.0, 1.0 - abs(piece.stops))
    if piece.stops >= 0:
        return f"add {missing:.1f} stop of rim light there, or take as much off the backdrop"
    return f"add {missing:.1f} stop of background light, or flag the light off that edge"
