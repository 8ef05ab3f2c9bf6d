"""Checks of exposure: what is clipped at either end."""

from __future__ import annotations

from capture.checks.reading import Reading
from capture.metering.measurement import Measurement
from capture.wanted import Wanted


def highlights(m: Measurement, wanted: Wanted) -> Reading:
    """Read the share of clipped highlights."""
    percent = 100 * m.clipping.highlights
    where = "of the subject" if m.silhouette_source != "none" else "of the picture"
    return Reading(
        percent,
        f"{percent:.1f} % {where} clipped",
        "close the aperture or lower the light by 1/3 stop and look again",
        m.framing.box if m.framing else None,
    )


def shadows(m: Measurement, wanted: Wanted) -> Reading:
    """Read the share of shadows without any light."""
    percent = 100 * m.clipping.shadows
    return Reading(
        percent,
        f"{percent:.1f} % black",
        "open the aperture or add fill",
        m.framing.box if m.framing else None,
    )
