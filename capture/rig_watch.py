"""Whether the rig was knocked: the first shot's outline is remembered, later ones are compared.

A knocked rig stays knocked, while a subject that has turned shifts its outline by chance, so two
shots in a row must say the same.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from capture.metering.misalignment import ALARM_PER_MILLE, Misalignment, misalignment
from capture.subjects import SubjectDepth


class RigWatch:
    """Tells when depth and picture lie on each other otherwise than at the session's first shot."""

    def __init__(self) -> None:
        self._first: Misalignment | None = None
        self._moved: Misalignment | None = None

    def look(self, rgb: npt.NDArray[np.uint8], subject: SubjectDepth) -> str | None:
        """Return in words that the rig has moved; None when it has not, or it cannot be told.

        Parameters
        ----------
        rgb : (H, W, 3) uint8, encoded
        subject : SubjectDepth
            Of the same moment.
        """
        now = misalignment(rgb, subject)
        if now is None:
            return None
        if self._first is None:
            self._first = now
        moved = now.distance(self._first)
        before, self._moved = self._moved, now if moved > ALARM_PER_MILLE else None
        if self._moved is None or before is None or now.distance(before) > ALARM_PER_MILLE:
            return None
        pixels = moved / 1000 * rgb.shape[1]
        return (
            f"depth lies {pixels:.0f} px off where it lay on the first shot: the depth sensor or "
            "the camera was knocked. Set it back, or calibrate again: mattebox calibrate depth"
        )
