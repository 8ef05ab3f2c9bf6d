"""Checks of how the subject stands in the frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from capture.checks.reading import Reading, not_measured

if TYPE_CHECKING:
    from capture.metering.measurement import Measurement
    from capture.wanted import Wanted


def margin(m: Measurement, wanted: Wanted) -> Reading:
    """Read the room around the subject on the side that has least."""
    if m.framing is None:
        return not_measured()
    # A portrait leaves the frame at the bottom on purpose; a product does not stand on nothing.
    free = {side: 100 * share for side, share in m.framing.margins.items()}
    if "bottom" in m.framing.cut and m.framing.box[3] > 0.5 * m.size[1]:
        del free["bottom"]
    side = min(free, key=lambda s: free[s])
    verb = "is cut" if side in m.framing.cut else "has little room"
    return Reading(
        free[side],
        f"{free[side]:.1f} % at the {side}",
        f"the subject {verb} at the {side}: step back or recompose",
        m.framing.box,
        reason="from the silhouette's box to the frame, of the frame's side: "
        + ", ".join(f"{name} {share:.1f} %" for name, share in free.items()),
    )


def bottom_margin(m: Measurement, wanted: Wanted) -> Reading:
    """Read the room below a subject that stands whole in the frame."""
    if m.framing is None:
        return not_measured()
    percent = 100 * m.framing.margins["bottom"]
    verb = "is cut" if "bottom" in m.framing.cut else "has little room"
    return Reading(
        percent,
        f"{percent:.1f} % at the bottom",
        f"the subject {verb} at the bottom: step back or tilt the camera down",
        m.framing.box,
        reason=f"from the silhouette's box to the frame, of the frame's height: {percent:.2f} %",
    )


def frame_fill(m: Measurement, wanted: Wanted) -> Reading:
    """Read how much of the frame the subject spans, along the side that it fills more."""
    if m.framing is None:
        return not_measured()
    across, down = (100 * m.framing.box[2 + k] / m.size[k] for k in (0, 1))
    percent = max(across, down)
    return Reading(
        percent,
        f"{percent:.0f} % of the {'width' if across >= down else 'height'}",
        "go nearer, or crop" if percent < wanted.low else "step back",
        m.framing.box,
        reason=f"the subject's box is {across:.0f} % wide and {down:.0f} % high",
    )


def tilt(m: Measurement, wanted: Wanted) -> Reading:
    """Read how far the camera is turned about its axis, over level ground."""
    if m.space.pose is None:
        return not_measured(_no_ground(m))
    degrees = abs(m.space.pose.roll_degrees)
    way = "anticlockwise" if m.space.pose.roll_degrees > 0 else "clockwise"
    return Reading(
        degrees,
        f"{degrees:.1f}°",
        f"turn the camera {way} by {degrees:.1f}°",
        reason="angle between the ground's normal and the camera's upright, seen from behind it",
    )


def camera_angle(m: Measurement, wanted: Wanted) -> Reading:
    """Read how steeply the camera looks up or down, over level ground."""
    if m.space.pose is None:
        return not_measured(_no_ground(m))
    degrees = abs(m.space.pose.pitch_degrees)
    down = m.space.pose.pitch_degrees > 0
    return Reading(
        degrees,
        f"{degrees:.0f}° {'down' if down else 'up'}",
        f"{'lower' if down else 'raise'} the camera and level it",
        reason="angle between the ground and the optical axis",
    )


def overlap(m: Measurement, wanted: Wanted) -> Reading:
    """Read how much of a subject's edge something nearer hides, another subject included."""
    if m.space.overlap is None:
        return not_measured("no depth sensor: what stands before the subject is not measured")
    found, order = m.space.overlap, m.space.order
    told = f"; {order.told()}" if order else ""
    percent, shown = 100 * found.share, f"nothing before the subject{told}"
    fix = f"clear what stands before the subject at the {found.place}"
    if percent:
        shown = f"{percent:.0f} % of the outline behind something {found.nearer_m:.2f} m nearer"
    if order and order.hiding and order.hiding[0].share > found.share:
        worst = order.hiding[0]
        percent = 100 * worst.share
        shown = (
            f"the {worst.front} stands {worst.nearer_m:.2f} m before the {worst.back} and hides "
            f"{percent:.0f} % of its outline"
        )
        fix = f"move the {worst.front} and the {worst.back} apart, or cut them out as layers"
    return Reading(
        percent,
        shown,
        fix,
        m.framing.box if m.framing else None,
        reason="readings 2 to 5 px outside of the edge and nearer than it by more than 3 % of the "
        f"distance and four deviations of the sensor: {percent:.1f} %{told}",
    )


def _no_ground(m: Measurement) -> str:
    if m.silhouette_source != "depth":
        return "no depth sensor: the camera's angle is not measured"
    return "not measured: depth shows no floor or table"
