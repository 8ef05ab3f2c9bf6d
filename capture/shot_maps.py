"""Which evidence decided a shot's cut-out, and where it conflicts, worked out for the review."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from capture.evidence_maps import PALETTE, disagreement_picture, provenance_picture, shares
from capture.evidence_recipe import fused_evidence
from capture.recut import subject_in

if TYPE_CHECKING:
    from capture.review import Rgb8
    from capture.shot import Shot
    from matting.imaging.pixels import EncodedPicture


@dataclass(frozen=True, slots=True, eq=False)
class ShotMaps:
    """Maps of a shot's evidence, and what their colours mean.

    Parameters
    ----------
    views : dict of view to (h, w, 3) uint8
        On the grid of the evidence.
    legend : tuple of (name, colour, share)
        Of each evidence that decided something: the colour in "origin", and how much of the
        picture it decided, 0 to 1.
    """

    views: dict[str, Rgb8]
    legend: tuple[tuple[str, tuple[int, int, int], float], ...]


def shot_maps(shot: Shot, photo: EncodedPicture) -> ShotMaps:
    """Fuse the evidence of a shot's own depth and colour again, and return it as pictures.

    Raises
    ------
    NothingToCutByError
        When the shot has no depth.
    MatteboxError
        When its depth cannot be read, or shows no subject.

    Notes
    -----
    A network that took part in the cut-out, and strokes made since, are not in the maps.
    """
    fused = fused_evidence(photo, subject_in(shot, photo))
    grey = disagreement_picture(fused)
    views = {
        "disagreement": np.repeat(grey[..., None], 3, axis=2),
        "origin": provenance_picture(fused),
    }
    decided = sorted(shares(fused).items(), key=lambda item: -item[1])
    legend = tuple((name, PALETTE[name], share) for name, share in decided if share)
    return ShotMaps(views, legend)
