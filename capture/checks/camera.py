"""Checks of the camera's settings and of what they do to the picture."""

from __future__ import annotations

import math

from capture.checks.reading import NO_SILHOUETTE, Reading, not_measured
from capture.metering.measurement import Measurement
from capture.wanted import Wanted

_NOT_STATED = "not measured: the file or camera does not state it"


def iso(m: Measurement, wanted: Wanted) -> Reading:
    """Read the ISO setting."""
    if not m.settings.iso:
        return not_measured(_NOT_STATED)
    value = float(m.settings.iso)
    stops = math.log2(value / wanted.high)
    return Reading(
        value, f"{value:.0f}", f"lower ISO to {wanted.high:.0f} and add {stops:.1f} stops of light"
    )


def shutter(m: Measurement, wanted: Wanted) -> Reading:
    """Read the shutter time."""
    if not m.settings.shutter_s:
        return not_measured(_NOT_STATED)
    seconds = m.settings.shutter_s
    return Reading(seconds, shutter_text(seconds), f"set {shutter_text(wanted.high)} or faster")


def aperture(m: Measurement, wanted: Wanted) -> Reading:
    """Read the f-number."""
    if not m.settings.aperture_f:
        return not_measured(_NOT_STATED)
    number = m.settings.aperture_f
    better = wanted.low if number < wanted.low else wanted.high
    why = "for depth of field" if number < wanted.low else "against diffraction"
    return Reading(number, f"f/{number:g}", f"set f/{better:g} {why}")


def focus(m: Measurement, wanted: Wanted) -> Reading:
    """Read the width of the picture's edges along the silhouette."""
    if math.isnan(m.edge_width_px):
        seen = m.silhouette_source != "none"
        no_edge = "not measured: the outline has no edge of enough contrast"
        return not_measured(no_edge if seen else NO_SILHOUETTE)
    return Reading(
        m.edge_width_px,
        f"edges {m.edge_width_px:.1f} {'preview px' if m.preview else 'px'} wide",
        "focus on the outline (hair, shoulder), or close the aperture",
        m.framing.box if m.framing else None,
    )


def resolution(m: Measurement, wanted: Wanted) -> Reading:
    """Read the picture's short side."""
    if m.preview:
        return not_measured("not measured: live view is a preview; the photograph will tell")
    short = min(m.size)
    return Reading(
        float(short),
        f"{m.size[0]} x {m.size[1]} px",
        f"set a larger image size: the short side lacks {wanted.low - short:.0f} px",
    )


def shutter_text(seconds: float) -> str:
    """Return a shutter time as cameras show it.

    Examples
    --------
    >>> shutter_text(0.008), shutter_text(2.0)
    ('1/125 s', '2 s')
    """
    if math.isnan(seconds):
        return ""
    return f"1/{1 / seconds:.0f} s" if seconds < 0.4 else f"{seconds:g} s"
