"""Whether the rig was knocked: how depth lay on the picture at first is held against later looks.

A knocked rig stays knocked, while a subject that has turned shifts its outline by chance, so
several looks in a row must say the same: two shots, or more of live view's frames, of which many
are of one moment. A rig that was knocked far lies beyond what is searched, and the outline then
meets far fewer edges than it did: that, too, is told when it stays so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from capture.metering.misalignment import ALARM_PER_MILLE, Misalignment, misalignment
from capture.subjects import SubjectDepth

#: Looks in a row that must agree before a knock is told.
SHOTS_IN_A_ROW, LIVE_LOOKS_IN_A_ROW = 2, 5
#: The outline is lost when its support falls below this share of what it was at first: at rest it
#: keeps 0.84 of it and more; knocked by half a degree 0.53 to 0.76, by one 0.65 and less.
_LOST_SHARE = 0.75


LOST_IN_WORDS = (
    "depth's outline no longer meets the picture's edges as it did at first: if the subject is the "
    "same, the depth sensor or the camera was knocked far. Set it back, or calibrate it: "
    "mattebox calibrate depth"
)


@dataclass(frozen=True, slots=True)
class RigAlignment:
    """What is remembered from look to look.

    Parameters
    ----------
    first : Misalignment or None
        How depth lay on the picture when it could first be told.
    moved : Misalignment or None
        Where it lay at the last look, when that was elsewhere.
    looks : int
        So many looks in a row it has lain there.
    knocked_per_mille : float or None
        By how much it lies off, thousandths of the picture's width, once enough looks agree.
    lost_looks : int
        So many looks in a row depth's outline has met too few edges.
    lost : bool
        Whether those were enough: the rig was knocked far, or another thing is seen.
    """

    first: Misalignment | None = None
    moved: Misalignment | None = None
    looks: int = 0
    knocked_per_mille: float | None = None
    lost_looks: int = 0
    lost: bool = False


def after_look(
    before: RigAlignment, now: Misalignment | None, in_a_row: int = SHOTS_IN_A_ROW
) -> RigAlignment:
    """Return what is known of the rig after another look.

    Parameters
    ----------
    before : RigAlignment
        `RigAlignment()` at the start.
    now : Misalignment or None
        As `capture.metering.misalignment.misalignment` measures it on a photograph, or on a live
        frame and its depth; None leaves all as it was, and so does one that is not clear, unless
        it has lost most of what the first had.
    in_a_row : int
        So many looks must agree.
    """
    if now is None:
        return before
    if before.first is None:
        return RigAlignment(first=now) if now.clear else before
    if not now.clear:
        if not lost(now, before.first):
            return before
        lost_looks = before.lost_looks + 1
        return replace(before, lost_looks=lost_looks, lost=lost_looks >= in_a_row)
    off = now.distance(before.first)
    if off <= ALARM_PER_MILLE:
        return RigAlignment(first=before.first)
    alike = before.moved is not None and now.distance(before.moved) <= ALARM_PER_MILLE
    looks = before.looks + 1 if alike else 1
    told = off if looks >= in_a_row else None
    return RigAlignment(before.first, now, looks, told)


def lost(now: Misalignment, first: Misalignment) -> bool:
    """Return whether depth's outline meets far fewer edges than it did at first."""
    return not now.clear and now.support < _LOST_SHARE * first.support


def knock_in_words(alignment: RigAlignment, width: int) -> str | None:
    """Return in words, in pixels of a picture of that width, that the rig has moved; else None.

    Of one whose outline is lost, that it may have.
    """
    if alignment.knocked_per_mille is None:
        return LOST_IN_WORDS if alignment.lost else None
    pixels = alignment.knocked_per_mille / 1000 * width
    return (
        f"depth lies {pixels:.0f} px off where it lay at first: the depth sensor or the camera was "
        "knocked. Set it back, or measure it: mattebox calibrate refine"
    )


class RigWatch:
    """Tells when depth and picture lie on each other otherwise than at the session's first shot."""

    def __init__(self) -> None:
        self._alignment = RigAlignment()

    def look(self, rgb: npt.NDArray[np.uint8], subject: SubjectDepth) -> str | None:
        """Return in words that the rig has moved; None when it has not, or it cannot be told.

        Parameters
        ----------
        rgb : (H, W, 3) uint8, encoded
        subject : SubjectDepth
            Of the same moment.
        """
        now = misalignment(rgb, subject)
        self._alignment = after_look(self._alignment, now)
        return None if now is None else knock_in_words(self._alignment, rgb.shape[1])
