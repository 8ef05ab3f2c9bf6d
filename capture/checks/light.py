"""Checks of the light on the subject."""

from __future__ import annotations

import math

from capture.checks.reading import Reading, not_measured
from capture.metering.measurement import Measurement
from capture.wanted import Wanted


def key_to_fill(m: Measurement, wanted: Wanted) -> Reading:
    """Read the incident lighting ratio; the reflected one is printed beside it."""
    if m.lighting is None:
        return not_measured(
            "not measured: needs metric depth of a subject with one matt material that faces "
            "many directions"
        )
    stops = m.lighting.key_to_fill_stops
    if math.isinf(stops):
        return Reading(stops, "one light, no fill", "add a fill light, or a reflector opposite it")
    off = stops - wanted.high if stops > wanted.high else wanted.low - stops
    verb = "raise the fill" if stops > wanted.high else "lower the fill"
    return Reading(
        stops,
        f"{2**stops:.1f}:1 incident ({stops:.1f} ± {m.lighting.uncertainty_stops:.1f} stops), "
        f"{2**stops + 1:.1f}:1 reflected",
        f"{verb} by {off:.1f} stop",
    )
