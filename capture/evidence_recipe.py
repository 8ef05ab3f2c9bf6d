"""All that is known of where the subject is, gathered on one grid and fused.

Depth is weighed between the subject's surface and the background's, and keeps silent near the
silhouette, where a sensor's pixel is too coarse. The empty set, photographed before, tells what
has changed. A network's matte counts as far as it agrees with both nearby. The user's strokes are
taken as they are. Colour, learned where these are decided, speaks where they are not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from capture.nearest import distance_px
from capture.subjects import SubjectDepth
from capture.surfaces import surfaces_of
from matting.colour_evidence import colour_log_odds
from matting.evidence import (
    DEPTH_LIMIT,
    Evidence,
    agreement,
    depth_evidence,
    hint_evidence,
    missing_depth_evidence,
    network_evidence,
    overall_agreement,
    plate_evidence,
)
from matting.fusion import decided_by, disagreement, fuse
from matting.imaging.pixels import EncodedPicture
from matting.keyers.difference import AlignedPlate, distance_in_deviations

FloatImage = npt.NDArray[np.float32]

#: This near to the other side the sensor's silhouette is not believed: pixels of the grid, or of
#: the sensor where those are wider. A LiDAR's is six times as wide as the grid's, and its edge as
#: uncertain (docs/figures/depth_calibration.md).
_GUARD_INSIDE_PX, _GUARD_OUTSIDE_PX = 2, 3
_GUARD_INSIDE_SHARE, _GUARD_OUTSIDE_SHARE = 0.75, 1.1
#: Log-odds at which a pixel is decided. Colour learns from it, and need not speak there, when it
#: is also clear: weighed by no confidence, this much. Readings smeared between two things that
#: stand nearly alike are confident and not clear.
_DECIDED, _CLEAR = 3.0, 4.0
#: A network is trusted as far as it agrees with depth this near, share of the width.
_AGREEMENT_SHARE = 0.015
#: So far around a piece beside the subject, as a share of the width, lies its own smeared rim.
_RIM_BESIDE_SHARE = 0.025
#: Further than this share of the width from any reading of the subject, nothing is the subject.
_REACH_SHARE = 0.03
#: Nearer in depth than this, as a share of the distance, two surfaces touch; farther, they do not.
_TOUCHING_SHARE, _APART_SHARE = 0.1, 0.2
#: The longer side of the grid when there is no depth map to set it.
_GRID_SIDE_PX = 960


@dataclass(frozen=True, slots=True, eq=False)
class FusedEvidence:
    """What all evidence says together, on its grid.

    Parameters
    ----------
    probability : (h, w) float32, 0 to 1, of belonging to the subject
    decided_by : (h, w) uint8, 0 = nothing did, else 1 + the place in `names`
    disagreement : (h, w) float32, 0 (all agree) to 1 (as much for as against)
    names : tuple of str, of the evidence
    """

    probability: FloatImage
    decided_by: npt.NDArray[np.uint8]
    disagreement: FloatImage
    names: tuple[str, ...]


def fused_evidence(
    picture: EncodedPicture,
    subject: SubjectDepth | None,
    network_alpha: FloatImage | None = None,
    plate: AlignedPlate | None = None,
    hints: npt.NDArray[np.uint8] | None = None,
) -> FusedEvidence:
    """Gather and fuse.

    Parameters
    ----------
    picture : EncodedPicture
    subject : SubjectDepth or None
        Its grid is the result's.
    network_alpha : (H, W) float32 or None
        At the picture's size.
    plate : AlignedPlate or None
        The empty set, at the picture's size.
    hints : (H, W) uint8 or None
        0 is surely background, 255 surely the subject, all else says nothing.
    """
    height, width = _grid(picture) if subject is None else subject.subject.shape
    evidence: list[Evidence] = []
    likely = np.zeros((height, width), bool)
    to_network = np.zeros((height, width), bool)
    if subject is not None:
        likely |= subject.subject | subject.glass
        if network_alpha is not None:
            to_network = _left_to_network(subject)
        evidence += _evidence_of_depth(_silent_in(subject, to_network), likely | to_network)
    if plate is not None:
        distance = distance_in_deviations(picture.linear(), plate.linear)
        evidence.append(plate_evidence(_shrunk(distance, width, height)))
    if network_alpha is not None:
        alpha = _shrunk(network_alpha, width, height)
        sigma_px = _AGREEMENT_SHARE * width
        others = _sum(evidence, likely.shape)
        trust = agreement(alpha, others, _DECIDED, sigma_px)
        trust[to_network] = overall_agreement(alpha, others, _DECIDED)
        evidence.append(network_evidence(alpha, trust))
    if hints is not None:
        keep, remove = (
            _shrunk((hints == value).astype(np.float32), width, height) > 0 for value in (255, 0)
        )
        evidence.append(hint_evidence(keep, remove))
    if subject is not None or plate is not None:
        # A network that errs must not teach colour its error.
        teachers = [each for each in evidence if each.name != "network"]
        colour = _colour_evidence(picture, teachers, likely)
        heard = np.where(to_network, np.float32(0.0), colour.confidence)
        evidence.append(replace(colour, confidence=heard))
    return FusedEvidence(
        fuse(evidence),
        decided_by(evidence),
        disagreement(evidence),
        tuple(each.name for each in evidence),
    )


def _evidence_of_depth(subject: SubjectDepth, possible: npt.NDArray[np.bool_]) -> list[Evidence]:
    """Return what depth says; far from where the subject is possible, place speaks against it.

    What is hidden from the sensor may be the subject all the same: of it place says nothing.
    """
    surfaces = surfaces_of(subject)
    footprint = subject.depth.footprint_px[subject.subject]
    sensor_px = float(np.median(footprint)) if footprint.size else 1.0
    depth = depth_evidence(
        subject.depth.depth_m,
        surfaces.sigma_m,
        foreground_m=surfaces.foreground_m,
        background_m=surfaces.background_m,
        confidence=subject.depth.confidence,
        guard_inside_px=max(_GUARD_INSIDE_PX, round(_GUARD_INSIDE_SHARE * sensor_px)),
        guard_outside_px=max(_GUARD_OUTSIDE_PX, round(_GUARD_OUTSIDE_SHARE * sensor_px)),
    )
    reach = _REACH_SHARE * subject.subject.shape[1]
    far = (distance_px(possible) > reach) & ~subject.depth.hidden
    place = Evidence(
        np.where(far, np.float32(-DEPTH_LIMIT), np.float32(0.0)), far.astype(np.float32), "place"
    )
    return [depth, place, missing_depth_evidence(subject.glass, reach / 4)]


def _left_to_network(subject: SubjectDepth) -> npt.NDArray[np.bool_]:
    """Return what stands beside the subject at its own distance, with its rim.

    It may be a part of the subject that a gap cuts off, or another thing: a network, which knows
    what things look like, tells the two apart better than depth and colour.
    """
    reach = _RIM_BESIDE_SHARE * subject.subject.shape[1]
    return np.asarray((distance_px(subject.beside) <= reach) & ~subject.subject)


def _silent_in(subject: SubjectDepth, where: npt.NDArray[np.bool_]) -> SubjectDepth:
    """Let depth say nothing there."""
    confidence = np.where(where, np.float32(0.0), subject.depth.confidence)
    return replace(
        subject,
        background=subject.background & ~where,
        depth=replace(subject.depth, confidence=confidence),
    )


def colour_trust(subject: SubjectDepth) -> FloatImage:
    """Return how far colours from elsewhere tell the subject from what is behind it.

    Where the subject stands on something, its own shadow lies beside it, as dark as its foot:
    there is trust only where the two surfaces are apart in depth.

    Returns
    -------
    (h, w) float32, 0 to 1, on the depth grid
    """
    surfaces = surfaces_of(subject)
    with np.errstate(invalid="ignore"):  # infinite when a side was never seen
        apart = (surfaces.background_m - surfaces.foreground_m) / surfaces.foreground_m
    ramp = (apart - _TOUCHING_SHARE) / (_APART_SHARE - _TOUCHING_SHARE)
    return np.asarray(np.clip(np.nan_to_num(ramp, nan=0.0, posinf=1.0), 0.0, 1.0), np.float32)


def _colour_evidence(
    picture: EncodedPicture, teachers: list[Evidence], likely: npt.NDArray[np.bool_]
) -> Evidence:
    """Let colour learn where the others are sure, and speak where they are not."""
    decided = _sum(teachers, likely.shape)
    said = [replace(each, confidence=np.sign(each.confidence)) for each in teachers]
    sure = (np.abs(decided) >= _DECIDED) & (np.abs(_sum(said, likely.shape)) >= _CLEAR)
    log_odds = colour_log_odds(
        _shrunk(picture.encoded_8bit(), likely.shape[1], likely.shape[0]),
        sure & (decided > 0),
        sure & (decided < 0),
        likely | (decided > 0),
    )
    return Evidence(log_odds, (~sure).astype(np.float32), "colour")


def _sum(evidence: list[Evidence], shape: tuple[int, ...]) -> FloatImage:
    total = np.zeros(shape, np.float32)
    for each in evidence:
        total += each.log_odds * each.confidence
    return total


def _grid(picture: EncodedPicture) -> tuple[int, int]:
    scale = min(1.0, _GRID_SIDE_PX / max(picture.height, picture.width))
    return max(1, round(picture.height * scale)), max(1, round(picture.width * scale))


def _shrunk(image: npt.NDArray[Any], width: int, height: int) -> npt.NDArray[Any]:
    import cv2

    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA))
