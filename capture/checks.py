"""From measurements and a profile to findings: what, where, how far off, and the fix.

One small function a check; each takes the measurement and what is wanted and returns a finding.
The table at the end says which checks exist; a profile says which are made.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from capture.findings import Finding, worst_first
from capture.measurement import Measurement
from capture.separation import EdgePiece
from capture.settings import CHECK_UNITS, Profile, Wanted

_NO_SILHOUETTE = "not measured: no silhouette is known; connect a depth sensor or give --depth"


def findings(measurement: Measurement, profile: Profile) -> tuple[Finding, ...]:
    """Judge a measurement by a profile.

    Returns
    -------
    tuple of Finding
        One for every check that the profile asks for, worst first.
    """
    made = [_CHECKS[name](name, measurement, wanted) for name, wanted in profile.checks.items()]
    return worst_first(tuple(made))


def _judged(
    name: str,
    wanted: Wanted,
    value: float,
    shown: str,
    fix: str,
    region: tuple[int, int, int, int] | None = None,
    missing: str = _NO_SILHOUETTE,
) -> Finding:
    unit = CHECK_UNITS[name]
    if math.isnan(value):
        return Finding(name, "not measured", value, unit, wanted.describe(unit), missing, None, "")
    level = wanted.level(value)
    return Finding(
        check=name,
        level=level,  # type: ignore[arg-type]
        value=value,
        unit=unit,
        wanted=wanted.describe(unit),
        fix="" if level == "ok" else fix,
        region=None if level == "ok" else region,
        shown=shown,
    )


def _highlights(name: str, m: Measurement, wanted: Wanted) -> Finding:
    percent = 100 * m.clipping.highlights
    where = "of the subject" if m.silhouette_source != "none" else "of the picture"
    return _judged(
        name,
        wanted,
        percent,
        f"{percent:.1f} % {where} clipped",
        "close the aperture or lower the light by 1/3 stop and look again",
        m.framing.box if m.framing else None,
    )


def _shadows(name: str, m: Measurement, wanted: Wanted) -> Finding:
    percent = 100 * m.clipping.shadows
    return _judged(
        name,
        wanted,
        percent,
        f"{percent:.1f} % black",
        "open the aperture or add fill",
        m.framing.box if m.framing else None,
    )


def _key_to_fill(name: str, m: Measurement, wanted: Wanted) -> Finding:
    if m.lighting is None:
        missing = (
            "not measured: needs metric depth of a subject with one matt material that faces "
            "many directions"
        )
        return _judged(name, wanted, math.nan, "", "", missing=missing)
    stops = m.lighting.key_to_fill_stops
    if math.isinf(stops):
        shown, fix = "one light, no fill", "add a fill light, or a reflector opposite the key"
        return _judged(name, wanted, stops, shown, fix)
    off = stops - wanted.high if stops > wanted.high else wanted.low - stops
    verb = "raise the fill" if stops > wanted.high else "lower the fill"
    shown = (
        f"{2**stops:.1f}:1 incident ({stops:.1f} ± {m.lighting.uncertainty_stops:.1f} stops), "
        f"{2**stops + 1:.1f}:1 reflected"
    )
    return _judged(name, wanted, stops, shown, f"{verb} by {off:.1f} stop")


def _separation(name: str, m: Measurement, wanted: Wanted) -> Finding:
    if not m.edge:
        return _judged(name, wanted, math.nan, "", "")
    weakest = min(m.edge, key=lambda piece: piece.delta_e)
    weak = sum(piece.delta_e < wanted.low for piece in m.edge)
    return _judged(
        name,
        wanted,
        weakest.delta_e,
        f"ΔE {weakest.delta_e:.0f} at the {weakest.place} edge",
        f"the {weakest.place} edge merges with the backdrop ({weak} of {len(m.edge)} pieces of "
        f"the outline do): {_light_advice(weakest)}",
        weakest.box,
    )


def _separation_stops(name: str, m: Measurement, wanted: Wanted) -> Finding:
    if not m.edge:
        return _judged(name, wanted, math.nan, "", "")
    weakest = min(m.edge, key=lambda piece: abs(piece.stops))
    return _judged(
        name,
        wanted,
        abs(weakest.stops),
        f"{weakest.stops:+.1f} stops at the {weakest.place} edge",
        f"colour alone separates the {weakest.place} edge: {_light_advice(weakest)}",
        weakest.box,
    )


def _light_advice(piece: EdgePiece) -> str:
    """Say how to bring one stop between the two sides, the way that is nearer."""
    missing = max(0.0, 1.0 - abs(piece.stops))
    if piece.stops >= 0:
        return f"add {missing:.1f} stop of rim light there, or take as much off the backdrop"
    return f"add {missing:.1f} stop of background light, or flag the light off that edge"


def _background_white(name: str, m: Measurement, wanted: Wanted) -> Finding:
    percent = 100 * m.background_white
    return _judged(
        name,
        wanted,
        percent,
        f"{percent:.0f} % of the background at 255",
        "add background light, or let the cut-out replace the background",
    )


def _background_distance(name: str, m: Measurement, wanted: Wanted) -> Finding:
    metres = m.background_distance_m
    return _judged(
        name,
        wanted,
        metres,
        f"{metres:.2f} m behind the subject",
        f"move the subject {wanted.low - metres:.1f} m away from the backdrop",
        missing="not measured: depth shows no backdrop",
    )


def _iso(name: str, m: Measurement, wanted: Wanted) -> Finding:
    iso = float(m.settings.iso) if m.settings.iso else math.nan
    stops = math.log2(iso / wanted.high) if iso > 0 else 0.0
    return _judged(
        name,
        wanted,
        iso,
        f"{iso:.0f}",
        f"lower ISO to {wanted.high:.0f} and add {stops:.1f} stops of light",
        missing="not measured: the file or camera does not state it",
    )


def _shutter(name: str, m: Measurement, wanted: Wanted) -> Finding:
    seconds = m.settings.shutter_s or math.nan
    return _judged(
        name,
        wanted,
        seconds,
        shutter_text(seconds),
        f"set {shutter_text(wanted.high)} or faster",
        missing="not measured: the file or camera does not state it",
    )


def _aperture(name: str, m: Measurement, wanted: Wanted) -> Finding:
    number = m.settings.aperture_f or math.nan
    better = wanted.low if number < wanted.low else wanted.high
    why = "for depth of field" if number < wanted.low else "against diffraction"
    return _judged(
        name,
        wanted,
        number,
        f"f/{number:g}",
        f"set f/{better:g} {why}",
        missing="not measured: the file or camera does not state it",
    )


def _focus(name: str, m: Measurement, wanted: Wanted) -> Finding:
    return _judged(
        name,
        wanted,
        m.edge_width_px,
        f"edges {m.edge_width_px:.1f} {'preview px' if m.preview else 'px'} wide",
        "focus on the outline (hair, shoulder), or close the aperture",
        m.framing.box if m.framing else None,
        missing=_NO_SILHOUETTE
        if m.silhouette_source == "none"
        else "not measured: the outline has no edge of enough contrast",
    )


def _margin(name: str, m: Measurement, wanted: Wanted) -> Finding:
    if m.framing is None:
        return _judged(name, wanted, math.nan, "", "")
    # A portrait leaves the frame at the bottom on purpose; a product does not stand on nothing.
    free = {side: 100 * share for side, share in m.framing.margins.items()}
    if "bottom" in m.framing.cut and m.framing.box[3] > 0.5 * m.size[1]:
        del free["bottom"]
    side = min(free, key=lambda s: free[s])
    verb = "is cut" if side in m.framing.cut else "has little room"
    return _judged(
        name,
        wanted,
        free[side],
        f"{free[side]:.1f} % at the {side}",
        f"the subject {verb} at the {side}: step back or recompose",
        m.framing.box,
    )


def _resolution(name: str, m: Measurement, wanted: Wanted) -> Finding:
    if m.preview:
        missing = "not measured: live view is a preview; the photograph will tell"
        return _judged(name, wanted, math.nan, "", "", missing=missing)
    short = min(m.size)
    return _judged(
        name,
        wanted,
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


_CHECKS: dict[str, Callable[[str, Measurement, Wanted], Finding]] = {
    "highlights": _highlights,
    "shadows": _shadows,
    "key_to_fill": _key_to_fill,
    "separation": _separation,
    "separation_stops": _separation_stops,
    "background_white": _background_white,
    "background_distance": _background_distance,
    "iso": _iso,
    "shutter": _shutter,
    "aperture": _aperture,
    "focus": _focus,
    "margin": _margin,
    "resolution": _resolution,
}
