"""Checks of exposure: what is clipped at either end, and how bright the subject is."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from capture.checks.reading import NO_SILHOUETTE, Reading, not_measured
from capture.metering.exposure import exposure_value

if TYPE_CHECKING:
    from capture.metering.measurement import Measurement
    from capture.wanted import Wanted

_CHANNELS = ("red", "green", "blue")


def highlights(m: Measurement, wanted: Wanted) -> Reading:
    """Read the share of clipped highlights."""
    if m.light_unseen:
        return not_measured(m.light_unseen)
    percent = 100 * m.clipping.highlights
    where = "of the subject" if m.silhouette_source != "none" else "of the picture"
    return Reading(
        percent,
        f"{percent:.1f} % {where} clipped",
        "close the aperture or lower the light by 1/3 stop and look again",
        m.framing.box if m.framing else None,
        reason=f"pixels with any channel within 1/255 of the top: {percent:.2f} %"
        + _by_channel(m, "subject"),
    )


def shadows(m: Measurement, wanted: Wanted) -> Reading:
    """Read the share of shadows without any light."""
    if m.light_unseen:
        return not_measured(m.light_unseen)
    percent = 100 * m.clipping.shadows
    return Reading(
        percent,
        f"{percent:.1f} % black",
        "open the aperture or add fill",
        m.framing.box if m.framing else None,
        reason=f"pixels with all channels within 1/255 of the bottom: {percent:.2f} %",
    )


def edge_highlights(m: Measurement, wanted: Wanted) -> Reading:
    """Read at how much of the silhouette's edge, both sides, the worst channel is clipped."""
    edge = m.exposure.get("edge")
    if edge is None or math.isnan(edge.clipped[0]):
        return not_measured(m.light_unseen or NO_SILHOUETTE)
    percent = 100 * max(edge.clipped)
    channel = _CHANNELS[edge.clipped.index(max(edge.clipped))]
    return Reading(
        percent,
        f"{channel} clipped along {percent:.1f} % of the edge",
        "lower the light on the edge or on the backdrop until its colour shows",
        m.framing.box if m.framing else None,
        reason="pixels beside the outline within 1/255 of the top" + _by_channel(m, "edge"),
    )


def subject_level(m: Measurement, wanted: Wanted) -> Reading:
    """Read how bright the bright tones of the subject are, in stops over middle grey."""
    subject = m.exposure.get("subject")
    if subject is None or math.isnan(subject.bright_stops):
        return not_measured(m.light_unseen or NO_SILHOUETTE)
    stops = subject.bright_stops
    off = wanted.low - stops if stops < wanted.low else stops - wanted.high
    verb = "open up" if stops < wanted.low else "close down"
    return Reading(
        stops,
        f"bright tones {stops:+.1f} stops over middle grey",
        f"{verb} by {off:.1f} stop, or change the light by as much",
        m.framing.box if m.framing else None,
        reason=f"log2(90th percentile / 0.18) = {stops:+.2f}; of the median "
        f"{subject.level_stops:+.2f}" + _exposure_value(m),
    )


def _exposure_value(m: Measurement) -> str:
    """Return the settings' exposure value in words; empty when the file does not state them."""
    said = m.settings
    if not (said.aperture_f and said.shutter_s and said.iso):
        return ""
    value = exposure_value(said.aperture_f, said.shutter_s, said.iso)
    return f"; exposed for EV {value:.1f} at ISO 100"


def _by_channel(m: Measurement, region: str) -> str:
    exposure = m.exposure.get(region)
    if exposure is None:
        return ""
    shares = zip(_CHANNELS, exposure.clipped, strict=True)
    return "; " + ", ".join(f"{name} {100 * share:.2f} %" for name, share in shares)
