"""What a network that takes evidence is told of a scene."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from capture.subjects import SubjectDepth
from capture.surfaces import surfaces_of
from matting.guided_inputs import Guidance, between_surfaces
from matting.imaging.curves import SRGB
from matting.keyers.difference import AlignedPlate


def guidance_of(
    probability: npt.NDArray[np.float32],
    subject: SubjectDepth | None,
    plate: npt.NDArray[np.uint8] | None,
) -> Guidance:
    """Return what evidence, depth and the empty set tell, in the network's terms.

    Parameters
    ----------
    probability : (h, w) float32, 0 to 1
        What all evidence together says of the subject.
    subject : SubjectDepth or None
    plate : (H, W, 3) uint8, encoded, or None
        The empty set, laid onto the picture.
    """
    relative = confidence = None
    if subject is not None:
        surfaces = surfaces_of(subject)
        relative, confidence = between_surfaces(
            subject.depth.depth_m,
            surfaces.sigma_m,
            subject.depth.confidence,
            surfaces.foreground_m,
            surfaces.background_m,
        )
    return Guidance(probability, relative, confidence, plate)


def plate_codes(plate: AlignedPlate | None) -> npt.NDArray[np.uint8] | None:
    """Return the empty set's codes, (H, W, 3); black where it did not see."""
    return None if plate is None else np.asarray(SRGB.encode(np.nan_to_num(plate.linear), 8))
