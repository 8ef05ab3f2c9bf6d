"""Checks of what the subject itself brings along."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from capture.checks.reading import NO_SILHOUETTE, Reading, not_measured

if TYPE_CHECKING:
    from capture.metering.measurement import Measurement
    from capture.wanted import Wanted


def flyaway(m: Measurement, wanted: Wanted) -> Reading:
    """Read how much of the subject is loose hair beyond its outline."""
    if math.isnan(m.flyaway_share):
        if m.silhouette_source == "none" or m.light_unseen:
            return not_measured(m.light_unseen or NO_SILHOUETTE)
        return not_measured("not measured: loose hair is seen before a plain backdrop alone")
    percent = 100 * m.flyaway_share
    return Reading(
        percent,
        f"{percent:.1f} % of the subject is loose hair",
        "tidy the hair (comb, spray), or let the profile's hair guard reach farther",
        m.framing.box if m.framing else None,
        reason="how far pixels 0.6 to 8 % of the width outside of the silhouette have gone from "
        "the backdrop's light to the hair's, summed, over the subject's area",
    )


def fine_pattern(m: Measurement, wanted: Wanted) -> Reading:
    """Read how much of the subject carries a weave or stripes near the sensor's limit."""
    if m.preview:
        return not_measured("not measured: live view is too coarse; the photograph will tell")
    if m.patterns is None:
        return not_measured()
    percent = 100 * m.patterns.share
    fine = f", period {m.patterns.period_px:.1f} px" if m.patterns.box else ""
    return Reading(
        percent,
        f"{percent:.0f} % of the subject{fine}",
        "it will turn into moiré: change the distance or the clothes, or open the lens's angle",
        m.patterns.box,
        reason="patches of 64 px with a line in their spectrum between 0.3 and 0.5 cycles a "
        "pixel, 60 times over its median",
    )


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
