"""Checks of what stands behind the subject."""

from __future__ import annotations

import math

from capture.checks.reading import Reading, not_measured
from capture.metering.measurement import Measurement
from capture.wanted import Wanted


def background_white(m: Measurement, wanted: Wanted) -> Reading:
    """Read the share of the background that is white to the last code."""
    if m.light_unseen:
        return not_measured(m.light_unseen)
    percent = 100 * m.background_white
    return Reading(
        percent,
        f"{percent:.0f} % of the background at 255",
        "add background light, or let the cut-out replace the background",
    )


def background_distance(m: Measurement, wanted: Wanted) -> Reading:
    """Read how far the backdrop stands behind the subject."""
    metres = m.background_distance_m
    if math.isnan(metres):
        return not_measured("not measured: depth shows no backdrop")
    return Reading(
        metres,
        f"{metres:.2f} m behind the subject",
        f"move the subject {wanted.low - metres:.1f} m away from the backdrop",
    )
