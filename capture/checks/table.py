"""Which checks there are. A profile says which of them are made, and what it accepts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from capture.checks import backdrop, camera, composition, edge, exposure, light, subject
from capture.checks.reading import Check
from capture.findings import Finding, Level, worst_first

if TYPE_CHECKING:
    from capture.metering.measurement import Measurement
    from capture.wanted import Wanted

#: Every check by its name in a profile.
CHECKS: dict[str, Check] = {
    "highlights": Check("% of the area", exposure.highlights),
    "shadows": Check("% of the area", exposure.shadows),
    "edge_highlights": Check("% of the edge", exposure.edge_highlights),
    "subject_level": Check("stops over grey", exposure.subject_level),
    "key_to_fill": Check("stops, incident", light.key_to_fill),
    "rim_light": Check("stops", light.rim_light),
    "hot_spots": Check("% of the subject", light.hot_spots),
    "hard_shadow": Check("stops", light.hard_shadow),
    "mixed_light": Check("ΔE2000", light.mixed_light),
    "white_balance": Check("ΔE(a*b*)", light.white_balance),
    "separation": Check("ΔE2000", edge.separation),
    "separation_stops": Check("stops", edge.separation_stops),
    "forecast": Check("thousandths of the width", edge.forecast),
    "busy_background": Check("% of the outline", edge.busy_background),
    "spill": Check("% of the backdrop's colour", edge.spill),
    "wrap": Check("stops", edge.wrap),
    "background_white": Check("% at 255", backdrop.background_white),
    "background_distance": Check("m", backdrop.background_distance),
    "texture": Check("stops", backdrop.texture),
    "evenness": Check("stops, either way", backdrop.evenness),
    "shadow": Check("stops", backdrop.shadow),
    "hot_spot": Check("stops", backdrop.hot_spot),
    "screen_hue": Check("degrees, CIE h_ab", backdrop.screen_hue),
    "screen_level": Check("stops about 18 % grey", backdrop.screen_level),
    "clothing_hue": Check("% of the subject", backdrop.clothing_hue),
    "backdrop_choice": Check("ΔE2000 more", backdrop.backdrop_choice),
    "iso": Check("ISO", camera.iso),
    "shutter": Check("s", camera.shutter),
    "aperture": Check("f-number", camera.aperture),
    "focus": Check("px", camera.focus),
    "focus_plane": Check("cm off the subject", camera.focus_plane),
    "resolution": Check("px", camera.resolution),
    "flash_sync": Check("s", camera.flash_sync),
    "motion_blur": Check("thousandths of the width", camera.motion_blur),
    "depth_of_field": Check("stops of aperture lacking", camera.depth_of_field),
    "diffraction": Check("stops past the limit", camera.diffraction),
    "file_quality": Check("of 100", camera.file_quality),
    "noise": Check("signal to noise", camera.noise),
    "print_size": Check("cm", camera.print_size),
    "longest_side": Check("px", camera.longest_side),
    "flyaway": Check("% of the subject", subject.flyaway),
    "fine_pattern": Check("% of the subject", subject.fine_pattern),
    "glints": Check("% of the subject", subject.glints),
    "margin": Check("% of the frame", composition.margin),
    "bottom_margin": Check("% of the frame", composition.bottom_margin),
    "frame_fill": Check("% of a side", composition.frame_fill),
    "tilt": Check("degrees", composition.tilt),
    "camera_angle": Check("degrees", composition.camera_angle),
    "overlap": Check("% of the outline", composition.overlap),
}


def findings(
    measurement: Measurement,
    wanted: Mapping[str, Wanted],
    before: Sequence[Finding] = (),
) -> tuple[Finding, ...]:
    """Judge a measurement by what a profile wants.

    Parameters
    ----------
    measurement : Measurement
    wanted : mapping of check names to Wanted
        `capture.settings.Profile.checks`.
    before : sequence of Finding
        Those of the frame before, so that a level does not flicker about its limit.

    Returns
    -------
    tuple of Finding
        One for every check asked for, worst first.
    """
    levels = {finding.check: finding.level for finding in before}
    return worst_first(
        tuple(
            _finding(name, measurement, accepted, levels.get(name))
            for name, accepted in wanted.items()
        )
    )


def _finding(name: str, measurement: Measurement, wanted: Wanted, before: Level | None) -> Finding:
    unit = CHECKS[name].unit
    reading = CHECKS[name].read(measurement, wanted)
    accepted = wanted.describe(unit)
    if math.isnan(reading.value):
        return Finding(
            name, "not measured", math.nan, unit, accepted, reading.missing, source=wanted.source
        )
    level = wanted.level(reading.value, before)
    return Finding(
        check=name,
        level=level,
        value=reading.value,
        unit=unit,
        wanted=accepted,
        fix="" if level == "ok" else reading.fix,
        region=None if level == "ok" else reading.region,
        shown=reading.shown,
        reason=reading.reason,
        source=wanted.source,
    )
