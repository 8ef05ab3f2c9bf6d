"""The cut-out's own recipe tried on the frame before the shot: where it stays open, doubt is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from capture.evidence_recipe import colour_trust, fused_evidence
from capture.pipeline import CutoutInputs, trimap_by_evidence
from capture.subjects import SubjectDepth
from matting.cutout import estimate_alpha, perceptual_values
from matting.imaging.curves import SRGB
from matting.imaging.pixels import EncodedPicture
from matting.trimap import validate_trimap

FloatImage = npt.NDArray[np.float32]

#: A trial is made at this width: a third of a second on one core.
TRIAL_WIDTH = 640


@dataclass(frozen=True, slots=True, eq=False)
class Silhouetted:
    """A reduced frame, and what is known of the subject in it before matting.

    Parameters
    ----------
    rgb : (h, w, 3) uint8, sRGB
    probability : (h', w') float32, 0 to 1, of belonging to the subject, covering the same view
    colour_trust : (h', w') float32 or None
        As `capture.evidence_recipe.colour_trust` gives it.
    hair_guard_percent : float
        As the cut-out will take it.
    """

    rgb: npt.NDArray[np.uint8]
    probability: FloatImage
    colour_trust: FloatImage | None = None
    hair_guard_percent: float = 1.0

    def silhouette(self) -> npt.NDArray[np.bool_]:
        """Return (h, w) bool, True on the subject, at the frame's size."""
        import cv2

        size = (self.rgb.shape[1], self.rgb.shape[0])
        enlarged = cv2.resize(self.probability, size, interpolation=cv2.INTER_LINEAR)
        return np.asarray(enlarged > 0.5)


def seen_by_depth(
    codes: npt.NDArray[np.uint8], subject: SubjectDepth, hair_guard_percent: float = 1.0
) -> Silhouetted:
    """Reduce an sRGB picture, and fuse what depth and colour say of the subject in it.

    Parameters
    ----------
    codes : (H, W, 3) uint8, sRGB
    subject : SubjectDepth
        Covering the picture's field of view.
    hair_guard_percent : float
    """
    rgb = reduced(codes)
    fused = fused_evidence(EncodedPicture(rgb, SRGB, Path("live view")), subject)
    return Silhouetted(rgb, fused.probability, colour_trust(subject), hair_guard_percent)


def reduced(codes: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return an (H, W, 3) picture at the trial's size, or as it is when it is smaller."""
    import cv2

    height, width = codes.shape[:2]
    if width <= TRIAL_WIDTH:
        return codes
    size = (TRIAL_WIDTH, max(1, round(height * TRIAL_WIDTH / width)))
    return np.asarray(cv2.resize(codes, size, interpolation=cv2.INTER_AREA), np.uint8)


def trial_alpha(frame: Silhouetted) -> FloatImage:
    """Return the reduced frame's alpha, (h, w) float32, as the photograph will be cut out.

    Raises
    ------
    MismatchError
        When no pixel is surely the subject, or none the background.
    """
    picture = EncodedPicture(frame.rgb, SRGB, Path("live view"))
    inputs = CutoutInputs(hair_guard_percent=frame.hair_guard_percent)
    trimap = trimap_by_evidence(picture, frame.probability, inputs)
    known = validate_trimap(trimap, (picture.height, picture.width))
    return estimate_alpha(perceptual_values(picture), known, frame.colour_trust)
