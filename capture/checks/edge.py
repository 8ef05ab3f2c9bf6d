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
