"""The recipe from photograph and depth to cut-out.

Depth says what belongs to the subject, colour where it ends. Each reading of depth is weighed
between the subject's surface and the background's; near the silhouette, where a sensor's pixel is
too coarse, depth keeps silent; where it is silent or undecided, colour learned from the decided
parts speaks. What both together leave open, and a guard band in which hair may reach beyond what
the sensor sees, becomes the trimap's unknown part, and closed-form matting decides there.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from capture.subjects import SubjectDepth
from capture.surfaces import surfaces_of
from matting.colour_evidence import colour_log_odds
from matting.cutout import cut_out
from matting.edge_tools import EdgeTools, refined, widen_band
from matting.evidence import DEPTH_LIMIT, Evidence, depth_evidence, network_evidence
from matting.fusion import fuse
from matting.imaging.errors import NothingToCutByError
from matting.imaging.pixels import EncodedPicture
from matting.matte import Matte
from matting.trimap import (
    BACKGROUND,
    FOREGROUND,
    UNKNOWN,
    Trimap,
    trimap_from_probability,
    validate_trimap,
    widen_unknown,
)

#: This near to the other side the sensor's silhouette is not believed, pixels of depth.
_GUARD_INSIDE_PX = 2
_GUARD_OUTSIDE_PX = 3
#: Log-odds at which depth alone decides, so that colour may learn from it.
_DECIDED = 3.0
#: Further than this share of the width from any reading of the subject, nothing is the subject.
_REACH_SHARE = 0.03
#: Half the width of the band about the fused silhouette, in pixels of the evidence.
_BAND_PX = 5.0
#: Nearer in depth than this, as a share of the distance, two surfaces touch; farther, they do not.
_TOUCHING_SHARE, _APART_SHARE = 0.1, 0.2


@dataclass(frozen=True, slots=True, eq=False)
class CutoutInputs:
    """What says what the subject is; a trimap needs nothing else.

    Parameters
    ----------
    trimap : (H, W) uint8 or None
        At the picture's size.
    subject : SubjectDepth or None
    network_alpha : (H, W) float32 or None
        A network's matte at the picture's size, 0 to 1.
    hair_guard_percent : float
        How far hair may reach beyond the silhouette, percent of the picture's width.
    edge : EdgeTools
        What to do to the edge; neutral by default.
    """

    trimap: npt.NDArray[np.uint8] | None = None
    subject: SubjectDepth | None = None
    network_alpha: npt.NDArray[np.float32] | None = None
    hair_guard_percent: float = 1.0
    edge: EdgeTools = field(default_factory=EdgeTools)


@dataclass(slots=True)
class Stopwatch:
    """Seconds of each stage, in the order in which they ran."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add what runs within to the stage's time."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start


def make_matte(picture: EncodedPicture, inputs: CutoutInputs, watch: Stopwatch) -> Matte:
    """Cut a photograph out.

    Raises
    ------
    NothingToCutByError
        When there is neither trimap nor depth nor network.
    MismatchError
        When a trimap or a network's matte has not the picture's size.
    """
    with watch.stage("trimap"):
        trimap = widen_band(make_trimap(picture, inputs), picture, inputs.edge)
    trust = None if inputs.subject is None else colour_trust(inputs.subject)
    matte = cut_out(picture, trimap, colour_trust=trust)
    for stage, duration in matte.seconds.items():
        watch.seconds[stage] = watch.seconds.get(stage, 0.0) + duration
    with watch.stage("edge"):
        return refined(matte, picture, inputs.edge)


def make_trimap(picture: EncodedPicture, inputs: CutoutInputs) -> Trimap:
    """Return the trimap that the inputs give; see `make_matte`."""
    shape = (picture.height, picture.width)
    if inputs.trimap is not None:
        return validate_trimap(inputs.trimap, shape)
    if inputs.subject is not None:
        return _trimap_by_depth(picture, inputs, inputs.subject)
    if inputs.network_alpha is not None:
        return trimap_from_probability(
            inputs.network_alpha, dilate_px=max(3, round(0.006 * picture.width))
        )
    raise NothingToCutByError(
        picture.path,
        "nothing says what the subject is",
        "give --trimap, --depth or --model",
    )


def _trimap_by_depth(
    picture: EncodedPicture, inputs: CutoutInputs, subject: SubjectDepth
) -> Trimap:
    width = subject.subject.shape[1]
    probability = subject_probability(picture, subject, inputs.network_alpha)
    silhouette = probability > 0.5
    trimap = np.where(silhouette, FOREGROUND, BACKGROUND).astype(np.uint8)
    trimap[(probability > 0.05) & (probability < 0.95)] = UNKNOWN
    trimap = widen_unknown(trimap, round(_BAND_PX * max(1.0, width / 1280)))
    return _with_hair_guard(
        _enlarged(trimap, picture.width, picture.height),
        _enlarged(np.where(silhouette, 255, 0).astype(np.uint8), picture.width, picture.height)
        > UNKNOWN,
        inputs.hair_guard_percent / 100 * picture.width,
    )


def colour_trust(subject: SubjectDepth) -> npt.NDArray[np.float32]:
    """Return how far colours from elsewhere tell the subject from what is behind it.

    Where the subject stands on something, its own shadow lies beside it, as dark as its foot:
    there is trust only where the two surfaces are apart in depth.

    Returns
    -------
    (h, w) float32, 0 to 1, on the depth grid
    """
    surfaces = surfaces_of(subject)
    apart = (surfaces.background_m - surfaces.foreground_m) / surfaces.foreground_m
    ramp = (apart - _TOUCHING_SHARE) / (_APART_SHARE - _TOUCHING_SHARE)
    return np.asarray(np.clip(np.nan_to_num(ramp, nan=0.0, posinf=1.0), 0.0, 1.0), np.float32)


def subject_probability(
    picture: EncodedPicture,
    subject: SubjectDepth,
    network_alpha: npt.NDArray[np.float32] | None = None,
) -> npt.NDArray[np.float32]:
    """Return how likely each pixel of the depth grid shows the subject.

    Parameters
    ----------
    picture : EncodedPicture
    subject : SubjectDepth
    network_alpha : (H, W) float32 or None
        At the picture's size.

    Returns
    -------
    (h, w) float32, 0 to 1
    """
    height, width = subject.subject.shape
    surfaces = surfaces_of(subject)
    depth = depth_evidence(
        subject.depth.depth_m,
        surfaces.sigma_m,
        foreground_m=surfaces.foreground_m,
        background_m=surfaces.background_m,
        confidence=subject.depth.confidence,
        guard_inside_px=_GUARD_INSIDE_PX,
        guard_outside_px=_GUARD_OUTSIDE_PX,
    )
    far = (surfaces.from_subject_px > _REACH_SHARE * width) & ~subject.subject
    place = Evidence(
        np.where(far, np.float32(-DEPTH_LIMIT), np.float32(0.0)), far.astype(np.float32), "place"
    )
    decided = depth.log_odds * depth.confidence + place.log_odds
    evidence = [depth, place, _colour_evidence(picture, decided, subject.subject)]
    if network_alpha is not None:
        evidence.append(network_evidence(_shrunk(network_alpha, width, height)))
    return fuse(evidence)


def _colour_evidence(
    picture: EncodedPicture,
    decided: npt.NDArray[np.float32],
    silhouette: npt.NDArray[np.bool_],
) -> Evidence:
    """Let colour learn where log-odds are decided, and speak where they are not."""
    height, width = decided.shape
    log_odds = colour_log_odds(
        _shrunk(picture.encoded_8bit(), width, height),
        decided > _DECIDED,
        decided < -_DECIDED,
        silhouette,
    )
    return Evidence(log_odds, (np.abs(decided) < _DECIDED).astype(np.float32), "colour")


def _shrunk(image: npt.NDArray[Any], width: int, height: int) -> npt.NDArray[Any]:
    import cv2

    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA))


def _enlarged(trimap: npt.NDArray[np.uint8], width: int, height: int) -> npt.NDArray[np.uint8]:
    """Bring a trimap to the picture's size; between two sure pixels that differ lies doubt."""
    import cv2

    if trimap.shape == (height, width):
        return trimap
    return np.asarray(cv2.resize(trimap, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def _with_hair_guard(
    trimap: npt.NDArray[np.uint8], silhouette: npt.NDArray[np.bool_], guard_px: float
) -> Trimap:
    """Leave background open within reach of the silhouette."""
    import cv2

    away = cv2.distanceTransform((~silhouette).astype(np.uint8), cv2.DIST_L2, 5)
    opened = np.full(trimap.shape, UNKNOWN, np.uint8)
    opened[trimap == FOREGROUND] = FOREGROUND
    opened[(trimap == BACKGROUND) & (away > guard_px)] = BACKGROUND
    return opened
