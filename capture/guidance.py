"""What a network that takes depth is told of the subject, from evidence, depth and empty set."""

from __future__ import annotations

import numpy as np

from capture.evidence_recipe import FusedEvidence
from capture.subjects import SubjectDepth
from capture.surfaces import surfaces_of
from matting.imaging.curves import SRGB
from matting.keyers.difference import AlignedPlate
from matting.runners.guided import Guidance, between_surfaces


def guidance_of(
    fused: FusedEvidence, subject: SubjectDepth | None, plate: AlignedPlate | None
) -> Guidance:
    """Return what there is, in the network's terms.

    Parameters
    ----------
    fused : FusedEvidence
        Of all evidence but the network's own.
    subject : SubjectDepth or None
    plate : AlignedPlate or None
    """
    relative = confidence = empty = None
    if subject is not None:
        surfaces = surfaces_of(subject)
        relative, confidence = between_surfaces(
            subject.depth.depth_m,
            surfaces.sigma_m,
            subject.depth.confidence,
            surfaces.foreground_m,
            surfaces.background_m,
        )
    if plate is not None:
        empty = np.asarray(SRGB.encode(np.nan_to_num(plate.linear), 8), np.uint8)
    return Guidance(fused.probability, relative, confidence, empty)
