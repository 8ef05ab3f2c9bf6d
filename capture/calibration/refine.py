"""A knocked calibration set right without a board: depth's outline is turned onto the picture's.

The drift watch measures how far the subject's outline in depth lies from the picture's edge; here
the sensor is turned across the view until it lies on it. A knocked bracket turns, while a shift of
a millimetre is a fraction of a pixel at two metres: so the shift is left as it was, and so is a
turn about the optical axis, which hardly moves a subject in the middle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from capture.metering.misalignment import Misalignment, misalignment
from capture.registration import register
from capture.subjects import SubjectChoice, find_subject
from devices.frames import Calibration, DepthFrame, Extrinsics
from matting.imaging.errors import MismatchError

#: So far from depth's outline the picture's is looked for, share of the width: half a degree
#: through a long lens.
_FARTHEST_SHARE = 0.02
#: A step that is smaller than this, in thousandths of the width, is the last.
_MOST_STEPS, _AT_REST = 6, 0.5
#: What is off by more is no knock but another place.
_MOST_TURN_DEG = 1.0
#: A good refinement leaves less than this, and its pictures agree to it, thousandths of the width.
_LEAST_LEFT = 1.5
#: A knocked outline meets fewer edges at first, and is told with less support than in the end.
_LEAST_SUPPORT = 0.36
#: With less support the outline is too coarse to be set right by: a portrait before a LiDAR had
#: 0.43 and 0.11 degrees left, what came below 0.1 had 0.50 and more (chosen on these sets).
_GOOD_SUPPORT = 0.45


@dataclass(frozen=True, slots=True, eq=False)
class Refinement:
    """A calibration set right, and how far it can be believed.

    Parameters
    ----------
    calibration : Calibration
    turned_deg : float
        By how much the sensor was turned.
    before, left : float
        Median distance of depth's outline from the picture's, thousandths of the picture's width.
    spread : float
        Largest distance of one picture's outline from the median of all, in the same unit.
    support : float
        Median support of the outlines; see `capture.metering.misalignment.Misalignment`.
    views : int
        Pictures that could tell.
    """

    calibration: Calibration
    turned_deg: float
    before: float
    left: float
    spread: float
    support: float
    views: int

    def faults(self) -> tuple[str, ...]:
        """Return in words why this is not to be used; empty when it is."""
        found = []
        if self.left > _LEAST_LEFT:
            found.append(
                f"depth's outline still lies {self.left:.1f} thousandths of the width off: "
                "take the subject before a plain background of another brightness"
            )
        if self.support < _GOOD_SUPPORT:
            found.append(
                f"depth's outline meets the pictures' edges with a support of {self.support:.2f}: "
                "come nearer, so that the sensor sees a finer outline"
            )
        if self.spread > _LEAST_LEFT:
            found.append(
                f"the pictures disagree by {self.spread:.1f} thousandths of the width: "
                "leave out those with a busy background, or where something moved"
            )
        if self.turned_deg > _MOST_TURN_DEG:
            found.append(
                f"the sensor was turned by {self.turned_deg:.1f} degrees: calibrate with the board"
            )
        return tuple(found)


def refine(
    calibration: Calibration,
    views: Sequence[tuple[npt.NDArray[np.uint8], DepthFrame]],
    wanted: SubjectChoice = "central",
) -> Refinement:
    """Turn the sensor so that the subject's outline in depth lies on the picture's.

    Parameters
    ----------
    calibration : Calibration
        Off by less than about half a degree.
    views : sequence of (rgb, frame)
        Photographs ((H, W, 3) uint8, encoded) and depth of the same moment, in the sensor's pixels.
    wanted : as `capture.subjects.find_subject` takes it

    Raises
    ------
    MismatchError
        When no picture's edges suffice: the outline is too short, runs one way only, or meets no
        clear edge; or when depth shows no subject.

    Notes
    -----
    Fails where the set shows stronger edges than the subject's along most of its outline. Stereo
    fattens one side more than the other, and a LiDAR's pixels are coarse: several hundredths of a
    degree remain (docs/figures/depth_calibration.md).
    """
    turned, steps = calibration, []
    for _ in range(_MOST_STEPS):
        told = [seen for rgb, frame in views if (seen := _off(rgb, frame, turned, wanted))]
        if not told:
            raise MismatchError(
                "refinement",
                f"the edges of {len(views)} pictures do not tell how depth lies on them",
                "take the subject whole, free before a plain background of another brightness",
            )
        steps.append(told)
        shift = _middle(told)
        if np.hypot(*shift) < _AT_REST:
            break
        turned = _turned(turned, shift)
    total = turned.depth_to_camera.rotation @ calibration.depth_to_camera.rotation.T
    return Refinement(
        turned,
        turned_deg=float(np.degrees(np.arccos(np.clip((np.trace(total) - 1) / 2, -1, 1)))),
        before=float(np.hypot(*_middle(steps[0]))),
        left=float(np.hypot(*shift)),
        spread=max(float(np.hypot(*(shift - (one.right, one.down)))) for one in told),
        support=float(np.median([one.support for one in told])),
        views=len(told),
    )


def _off(
    rgb: npt.NDArray[np.uint8], frame: DepthFrame, calibration: Calibration, wanted: SubjectChoice
) -> Misalignment | None:
    subject = find_subject(register(frame, calibration), wanted)
    farthest_px = _FARTHEST_SHARE * subject.subject.shape[1]
    seen = misalignment(rgb, subject, farthest_px)
    return seen if seen is not None and seen.support >= _LEAST_SUPPORT else None


def _middle(told: Sequence[Misalignment]) -> npt.NDArray[np.float64]:
    """Return the median shift (right, down), thousandths of the width."""
    return np.median([(one.right, one.down) for one in told], axis=0)


def _turned(calibration: Calibration, shift: npt.NDArray[np.float64]) -> Calibration:
    """Turn the sensor about itself so that what it sees moves by that in the picture."""
    import cv2

    lens, motion = calibration.camera, calibration.depth_to_camera
    right, down = shift / 1000 * lens.width / (lens.fx, lens.fy)
    turn = np.asarray(cv2.Rodrigues(np.array([-np.arctan(down), np.arctan(right), 0.0]))[0])
    return replace(
        calibration, depth_to_camera=Extrinsics(turn @ motion.rotation, motion.translation_m)
    )
