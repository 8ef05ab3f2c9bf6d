"""Whether the rig was knocked, watched in live view and told as a finding."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from capture.findings import Finding
from capture.metering.misalignment import ALARM_PER_MILLE, Misalignment, misalignment
from capture.pace import Pace
from capture.rig_watch import (
    LIVE_LOOKS_IN_A_ROW,
    LOST_IN_WORDS,
    RigAlignment,
    after_look,
)
from capture.subjects import SubjectDepth

#: A knock is told some ten seconds after it, since several looks in a row must agree.
_LOOK_INTERVAL_S = 2.0

_LOST = Finding(
    "rig",
    "warn",
    math.nan,
    "thousandths of the width",
    f"at most {ALARM_PER_MILLE:g}",
    LOST_IN_WORDS,
    None,
    "depth off the picture's edges",
    "depth's outline of the subject meets far fewer of the picture's edges than when live view "
    f"began, {LIVE_LOOKS_IN_A_ROW} looks in a row",
)

Measure = Callable[[npt.NDArray[np.uint8], SubjectDepth], Misalignment | None]


class LiveRigWatch:
    """Holds how depth lies on live frames against how it lay when that could first be told.

    Live view has an alignment of its own beside that of the shots: its picture may be a crop.
    """

    def __init__(self) -> None:
        self.alignment = RigAlignment()
        self._pace = Pace(_LOOK_INTERVAL_S)
        self._width = 1

    def look(
        self,
        rgb: npt.NDArray[np.uint8],
        subject: SubjectDepth,
        measure: Measure = misalignment,
    ) -> None:
        """Look at a frame and its depth, when a look is due.

        Parameters
        ----------
        rgb : (H, W, 3) uint8, encoded
        subject : SubjectDepth
            Of that frame.
        measure : callable
            `capture.metering.misalignment.misalignment`, wherever it is to run.
        """
        if not self._pace.due:
            return
        self._pace.keep()
        self._width = rgb.shape[1]
        self.alignment = after_look(self.alignment, measure(rgb, subject), LIVE_LOOKS_IN_A_ROW)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """A failed finding once the rig was knocked, until it is set back; else none.

        A warning where depth's outline is lost, which a far knock does, and another subject.
        """
        off = self.alignment.knocked_per_mille
        if off is None:
            return (_LOST,) if self.alignment.lost else ()
        pixels = off / 1000 * self._width
        return (
            Finding(
                "rig",
                "fail",
                off,
                "thousandths of the width",
                f"at most {ALARM_PER_MILLE:g}",
                "the rig was knocked: set sensor and camera back, or calibrate again",
                None,
                f"depth lies {pixels:.0f} px off the silhouette",
                "depth's outline of the subject held against the picture's edges, now and when "
                f"live view began; {LIVE_LOOKS_IN_A_ROW} looks in a row agreed",
            ),
        )
