"""Checks of the camera's settings and of what they do to the picture."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from capture.checks.reading import NO_SILHOUETTE, Reading, not_measured
from capture.metering.depth_of_field import depth_of_field as metered_field
from capture.metering.depth_of_field import diffraction_limit_f

if TYPE_CHECKING:
    from capture.metering.measurement import Measurement
    from capture.wanted import Wanted

_NOT_STATED = "not measured: the file or camera does not state it"
_STATED = "as the file or camera states it"


def iso(m: Measurement, wanted: Wanted) -> Reading:
    """Read the ISO setting."""
    if not m.settings.iso:
        return not_measured(_NOT_STATED)
    value = float(m.settings.iso)
    stops = math.log2(value / wanted.high)
    return Reading(
        value,
        f"{value:.0f}",
        f"lower ISO to {wanted.high:.0f} and add {stops:.1f} stops of light",
        reason=f"{_STATED}; log2({value:.0f} / {wanted.high:.0f}) = {stops:+.1f} stops",
    )


def shutter(m: Measurement, wanted: Wanted) -> Reading:
    """Read the shutter time."""
    if not m.settings.shutter_s:
        return not_measured(_NOT_STATED)
    seconds = m.settings.shutter_s
    return Reading(
        seconds,
        shutter_text(seconds),
        f"set {shutter_text(wanted.high)} or faster",
        reason=f"{_STATED}; {1000 * seconds:.3g} ms",
    )


def aperture(m: Measurement, wanted: Wanted) -> Reading:
    """Read the f-number."""
    if not m.settings.aperture_f:
        return not_measured(_NOT_STATED)
    number = m.settings.aperture_f
    better = wanted.low if number < wanted.low else wanted.high
    why = "for depth of field" if number < wanted.low else "against diffraction"
    return Reading(
        number, f"f/{number:g}", f"set f/{better:g} {why}", reason=f"{_STATED}: f/{number:g}"
    )


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
        reason="0.8 of contrast over steepest slope of the edges along the outline, which is their "
        f"10 to 90 % width; their sharper quarter begins at {m.edge_width_px:.2f} px",
    )


def focus_plane(m: Measurement, wanted: Wanted) -> Reading:
    """Read how far the plane of focus lies before or behind the subject."""
    extent, found = m.space.extent, m.plane_of_focus
    if extent is None:
        return not_measured("no depth sensor: where in depth the focus lies is not measured")
    if found is None:
        if not m.settings.aperture_f or not m.settings.focal_length_mm:
            return not_measured("not measured: f-number or focal length is not stated")
        return not_measured(
            "not measured: the outline's edges are too few, too blurred or too much at one "
            "distance to tell where the focus lies"
        )
    held = " or ".join(f"{low:.2f} to {high:.2f}" for low, high in found.intervals_m)
    surely_off = found.least_off_m(extent.near_m, extent.far_m)
    behind = found.distance_m - extent.near_m
    side = "behind" if behind >= 0 else "before"
    middle = 2.0 / (1.0 / extent.near_m + 1.0 / extent.far_m)
    way = "nearer" if found.distance_m > middle else "farther away"
    if found.interval_m[0] < middle < found.interval_m[1]:
        way = "nearer or farther away, which the blur does not tell"
    return Reading(
        100 * surely_off,
        f"focus lies at {found.distance_m:.2f} m ({held}), "
        f"{100 * abs(behind):.0f} cm {side} the subject's nearest part",
        f"focus {100 * abs(found.distance_m - middle):.0f} cm {way}, on the middle of the subject "
        f"at {middle:.2f} m",
        m.framing.box if m.framing else None,
        reason="squared blur of the outline's edges = own + b² (1/z - 1/s)², fitted over their "
        f"distances z: s = {found.distance_m:.3f} m, nine in ten {held} m; "
        f"the subject reaches from {extent.near_m:.2f} to {extent.far_m:.2f} m",
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
        reason=f"the shorter of {m.size[0]} and {m.size[1]} px",
    )


def flash_sync(m: Measurement, wanted: Wanted) -> Reading:
    """Read the shutter time against what a flash in sync needs."""
    if not m.settings.shutter_s or m.settings.flash_fired is None:
        return not_measured("not measured: the file or camera does not say whether a flash fired")
    if not m.settings.flash_fired:
        return Reading(math.inf, "no flash fired", reason=f"{_STATED}: no flash fired")
    seconds = m.settings.shutter_s
    return Reading(
        seconds,
        shutter_text(seconds),
        f"the shutter is never wholly open: set {shutter_text(wanted.low)} or slower",
        reason=f"{_STATED}: a flash fired, {1000 * seconds:.3g} ms; the curtains are both open "
        f"from {1000 * wanted.low:.3g} ms",
    )


def motion_blur(m: Measurement, wanted: Wanted) -> Reading:
    """Read the blur that the subject's motion makes in the exposure."""
    if math.isnan(m.motion_widths_per_s):
        return not_measured("not measured: motion is seen between live frames alone")
    if not m.settings.shutter_s:
        return not_measured(_NOT_STATED)
    share = 1000 * m.motion_widths_per_s * m.settings.shutter_s
    return Reading(
        share,
        f"{share * 6:.1f} px on a picture of 6000",
        f"set {shutter_text(m.settings.shutter_s * wanted.high / max(share, 1e-9))} or faster",
        m.framing.box if m.framing else None,
        reason=f"{m.motion_widths_per_s:.3f} picture widths a second for "
        f"{shutter_text(m.settings.shutter_s)}",
    )


def depth_of_field(m: Measurement, wanted: Wanted) -> Reading:
    """Read the aperture against the subject's own depth."""
    extent, settings = m.space.extent, m.settings
    if extent is None:
        return not_measured("no depth sensor: depth of field needed is not measured")
    if not settings.aperture_f or not settings.focal_length_mm:
        return not_measured("not measured: f-number or focal length is not stated")
    field = metered_field(extent, settings.focal_length_mm / 1000, settings.aperture_f)
    lacking = 2 * math.log2(field.needed_f / settings.aperture_f)
    return Reading(
        lacking,
        f"needs f/{field.needed_f:.1f} for {100 * field.needed_m:.0f} cm of depth",
        f"set f/{field.needed_f:.1f} and focus at {field.focus_m:.2f} m, or step back",
        reason=f"2 log2 of f/{field.needed_f:.2f} over f/{settings.aperture_f:g}; given "
        f"{100 * field.given_m:.0f} cm; circle of confusion {1e6 * field.circle_m:.0f} um",
    )


def diffraction(m: Measurement, wanted: Wanted) -> Reading:
    """Read the f-number against the one whose Airy disc fills the pixels."""
    extent, settings = m.space.extent, m.settings
    if m.preview:
        return not_measured("not measured: live view is a preview; the photograph will tell")
    if extent is None or not settings.aperture_f or not settings.focal_length_mm:
        return not_measured("not measured: needs f-number, focal length and a depth map's lens")
    pixel_m = settings.focal_length_mm / 1000 / extent.focal_widths / m.size[0]
    limit = diffraction_limit_f(pixel_m)
    return Reading(
        2 * math.log2(settings.aperture_f / limit),
        f"f/{settings.aperture_f:g} with pixels of {1e6 * pixel_m:.1f} um",
        f"open to f/{limit:.1f}, if depth of field allows",
        reason=f"2 log2 of f/{settings.aperture_f:g} over f/{limit:.1f}, where the Airy disc's "
        "radius is one pixel",
    )


def file_quality(m: Measurement, wanted: Wanted) -> Reading:
    """Read how the photograph is stored."""
    if m.stored is None:
        return not_measured("not measured: live view is no file; the photograph will tell")
    if math.isnan(m.stored.quality):
        return not_measured(f"not measured: {m.stored.kind} does not state its quality")
    shown = f"{m.stored.kind} quality {m.stored.quality:.0f}"
    return Reading(
        m.stored.quality,
        shown if m.stored.quality < 100 else f"{m.stored.kind}, nothing thrown away",
        "set the camera to RAW, or JPEG to its finest",
        reason="the standard luminance table whose steps are as coarse on the whole",
    )


def noise(m: Measurement, wanted: Wanted) -> Reading:
    """Read the signal-to-noise ratio at mid grey."""
    if m.noise is None:
        if m.stored is not None and m.stored.lossless:
            return not_measured("not measured: no flat areas to measure noise on")
        return not_measured("not measured: compression hides noise; give a raw file, TIFF or PNG")
    ratio = m.noise.signal_to_noise
    blocks = "of two photographs' difference" if m.noise.frames == 2 else "of the flat blocks"
    return Reading(
        ratio,
        f"S/N {ratio:.0f} at mid grey",
        f"lower ISO: S/N {wanted.low:.0f} wants {2 * math.log2(wanted.low / ratio):.1f} stops "
        "more light",
        reason=f"0.18 / sqrt({m.noise.read:.2g} + {m.noise.shot:.2g} x 0.18 + "
        f"({m.noise.pattern:.2g} x 0.18)^2), the curve of variance "
        f"against mean {blocks}; {m.noise.electrons_at_white:.0f} electrons at white",
    )


def print_size(m: Measurement, wanted: Wanted) -> Reading:
    """Read the print's short side at 300 dots an inch."""
    if m.preview:
        return not_measured("not measured: live view is a preview; the photograph will tell")
    long, short = (side / 300 * 2.54 for side in (max(m.size), min(m.size)))
    return Reading(
        short,
        f"{long:.1f} x {short:.1f} cm at 300 dpi",
        "set a larger image size, or print smaller",
        reason=f"{min(m.size)} px / 300 px an inch x 2.54 cm",
    )


def longest_side(m: Measurement, wanted: Wanted) -> Reading:
    """Read the picture's long side, which marketplaces limit both ways."""
    if m.preview:
        return not_measured("not measured: live view is a preview; the photograph will tell")
    longest = max(m.size)
    small = longest < wanted.low
    return Reading(
        float(longest),
        f"{m.size[0]} x {m.size[1]} px",
        "set a larger image size" if small else "scale the result down",
        reason=f"the longer of {m.size[0]} and {m.size[1]} px",
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
