"""Checks of how the subject stands in the frame."""

from __future__ import annotations

from capture.checks.reading import Reading, not_measured
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
    )
