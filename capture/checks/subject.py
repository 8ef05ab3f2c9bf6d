"""Checks of what the subject itself brings along."""

from __future__ import annotations

from capture.checks.reading import Reading, not_measured
from capture.metering.measurement import Measurement
from capture.wanted import Wanted


def glints(m: Measurement, wanted: Wanted) -> Reading:
    """Read how much of the subject mirrors a lamp."""
    if m.glints is None:
        return not_measured()
    percent = 100 * m.glints.share
    return Reading(
        percent,
        f"{m.glints.count} spots, {percent:.2f} % of the subject" if m.glints.count else "none",
        "turn the reflecting thing or the lamp, use a polariser or matting spray, or take it off",
        m.glints.box,
        reason="spots at code 235 and over, 70 codes over their surroundings, each less than 1 % "
        "of the subject",
    )
