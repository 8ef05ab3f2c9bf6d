"""What the live screen says in words: who is connected, how it goes, whether all is ready."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from textual.content import Content

from capture.findings import is_ready

if TYPE_CHECKING:
    from capture.checks.countdown import Countdown
    from capture.live import LiveReport
    from capture.shot import Shot
    from tui.live_picture import Look

#: What a test pop is taken for, in the order in which it is told.
_LIGHT_CHECKS = ("key_to_fill", "rim_light", "subject_level", "evenness", "mixed_light")


def status_line(
    report: LiveReport, description: str, dropped: int, look: Look, depth_frames: int = 0
) -> Content:
    """Return the line at the top of the screen; 0 depth frames where there is no sensor."""
    parts: list[tuple[str, str] | str] = [
        (" MATTEBOX ", "bold $background on $primary"),
        (f"  {description}", "bold"),
        (f"   ● live {report.fps:4.1f} fps", "$success"),
        f"   frame {report.frame.sequence}",
        (f"   dropped {dropped}", "$warning" if dropped else "$quiet"),
    ]
    if look.wants_matte:
        from capture.live_cutout import LOOPS

        matte = report.matte
        parts.append((f"   cut-out by {matte.source if matte else 'nothing yet'}", "bold $primary"))
        if matte and matte.made_by != LOOPS:
            parts.append((f", {matte.made_by}", "$quiet"))
    distance = report.measurement.space.subject_distance_m
    if report.depth_note:
        parts.append((f"   {report.depth_note}", "$warning"))
    elif distance == distance:
        parts.append(f"   subject {distance:.2f} m")
    if depth_frames:
        parts.append((f"   depth of {depth_frames}", "$quiet"))
    height, width = report.frame.rgb.shape[:2]
    parts.append((f"   {width}x{height}", "$quiet"))
    return Content.assemble(*parts)


def verdict(report: LiveReport) -> Content:
    """Return whether the shot can be taken, or how much stands in its way."""
    if is_ready(report.findings):
        return Content.styled(" READY ", "bold $background on $success")
    failed = sum(finding.level == "fail" for finding in report.findings)
    return Content.styled(f" NOT READY · {failed} to fix ", "bold $background on $error")


def counted_down(report: LiveReport, followed: Countdown | None) -> Content:
    """Return how far the followed finding has come."""
    if followed is None:
        return Content("")
    now = next((f.value for f in report.findings if f.check == followed.check), math.nan)
    colour = "$success" if followed.reached(now) else "$warning"
    return Content.styled(f"◎ {followed.told(now)}", f"bold {colour}")


def distance_there(report: LiveReport, pointed: tuple[float, float] | None) -> str:
    """Return the distance at the pointer in words; nothing where there is none, or no depth."""
    if report.depth is None or pointed is None:
        return ""
    depth = report.depth.depth
    height, width = depth.depth_m.shape
    x, y = int(pointed[0] * width), int(pointed[1] * height)
    there = float(depth.depth_m[min(y, height - 1), min(x, width - 1)])
    if math.isnan(there):
        return "no depth there"
    return f"{there:.2f} m there" if depth.metric else "order only, no metres"


def light_of(shot: Shot) -> str:
    """Return in words what a shot tells of its light."""
    found = {finding.check: finding for finding in shot.findings}
    told = [
        f"{check.replace('_', ' ')} {found[check].shown}"
        for check in _LIGHT_CHECKS
        if check in found and found[check].shown
    ]
    return "; ".join(told) or "its light was not measured, r says why"
