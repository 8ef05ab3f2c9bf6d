"""The recipe from photograph and depth to cut-out.

Depth says what belongs to the subject, colour where it ends. Each reading of depth is weighed
between the subject's surface and the background's; near the silhouette, where a sensor's pixel is
too coarse, depth keeps silent; where it is silent or undecided, colour learned from the decided
parts speaks. What both together leave open, and a guard band in which hair may reach beyond what
the sensor sees, becomes the trimap's unknown part, and closed-form matting decides there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from capture.evidence_recipe import FusedEvidence, colour_trust, fused_evidence
from capture.guidance import guidance_of, plate_codes
from capture.nearest import distance_px
from capture.subjects import SubjectDepth
from matting.cutout import cut_out, with_band_alpha
from matting.edge_tools import EdgeTools, refined, widen_band
from matting.graph_matte import GraphMatte
from matting.guided_matte import GuidedMatte
from matting.imaging.errors import NothingToCutByError
from matting.imaging.pixels import EncodedPicture
from matting.keyers.difference import AlignedPlate
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

#: Half the width of the band about the fused silhouette, in pixels of the evidence.
_BAND_PX = 5.0
#: A network's outline is open by so many of its own pixels on both sides, and at least by this
#: share of the width. On 37 answers of three networks whose sure pixels hold a third to a half of
#: all error at 1.5, the error falls steadily up to 7 (docs/figures/networks.md).
_NETWORK_BAND_PX, _LEAST_NETWORK_BAND = 7.0, 0.006
#: Beyond the hair guard, up to this share of the width, hair may be where a network sees some;
#: more than this of it.
_SEEN_HAIR_SHARE, _LEAST_ALPHA = 0.03, 0.05


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
    network_pixel_px : float
        How many pixels of the picture one of the network's is wide.
    band_alpha : (H, W) float32 or None
        A trimap network's alpha, taken in the band in the solver's place.
    plate : AlignedPlate or None
        The empty set at the picture's size, as further evidence beside depth or a network.
    graph : GraphMatte, GuidedMatte or None
        Makes alpha in the band in the solver's place where evidence was fused, on its accelerator;
        of a trimap alone it would make a worse one (docs/figures/live_graph.md).
    hints : (H, W) uint8 or None
        Strokes: 0 is surely background, 255 surely the subject, all else says nothing.
    hair_guard_percent : float
        How far hair may reach beyond the silhouette, percent of the picture's width ...
    hair_guard_depth_px : float or None
        ... or in pixels of the depth map.
    edge : EdgeTools
        What to do to the edge; neutral by default.
    """

    trimap: npt.NDArray[np.uint8] | None = None
    subject: SubjectDepth | None = None
    network_alpha: npt.NDArray[np.float32] | None = None
    network_pixel_px: float = 1.0
    band_alpha: npt.NDArray[np.float32] | None = None
    plate: AlignedPlate | None = None
    graph: GraphMatte | GuidedMatte | None = None
    hints: npt.NDArray[np.uint8] | None = None
    hair_guard_percent: float = 1.0
    hair_guard_depth_px: float | None = None
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


def make_matte(
    picture: EncodedPicture,
    inputs: CutoutInputs,
    watch: Stopwatch,
    see: Callable[[FusedEvidence], None] | None = None,
) -> Matte:
    """Cut a photograph out.

    Parameters
    ----------
    picture : EncodedPicture
    inputs : CutoutInputs
        A subject whose depth holds no reading at all counts as none.
    watch : Stopwatch
    see : callable or None
        Given the evidence when it was fused, for those who want to know what decided.

    Raises
    ------
    NothingToCutByError
        When there is neither trimap nor depth nor network.
    MismatchError
        When a trimap or a network's matte has not the picture's size.
    """
    if inputs.subject is not None and not np.isfinite(inputs.subject.depth.depth_m).any():
        inputs = replace(inputs, subject=None)
    fused: list[FusedEvidence] = []
    with watch.stage("trimap"):
        trimap = widen_band(make_trimap(picture, inputs, fused.append), picture, inputs.edge)
    if see is not None:
        for evidence in fused:
            see(evidence)
    if inputs.band_alpha is not None:
        matte = with_band_alpha(picture, trimap, inputs.band_alpha, "network")
    elif inputs.graph is not None and fused:
        with watch.stage("alpha"):
            alpha = _alpha_by_graph(inputs.graph, picture, fused[0].probability, trimap, inputs)
        matte = with_band_alpha(picture, trimap, alpha, inputs.graph.in_words)
    else:
        trust = None if inputs.subject is None else colour_trust(inputs.subject)
        matte = cut_out(picture, trimap, colour_trust=trust)
    for stage, duration in matte.seconds.items():
        watch.seconds[stage] = watch.seconds.get(stage, 0.0) + duration
    with watch.stage("edge"):
        return refined(matte, picture, inputs.edge)


def _alpha_by_graph(
    graph: GraphMatte | GuidedMatte,
    picture: EncodedPicture,
    probability: npt.NDArray[np.float32],
    trimap: Trimap,
    inputs: CutoutInputs,
) -> npt.NDArray[np.float32]:
    rgb = picture.encoded_8bit()
    if isinstance(graph, GuidedMatte):
        guidance = guidance_of(probability, inputs.subject, plate_codes(inputs.plate))
        return graph.alpha(rgb, guidance)
    return graph.still_alpha(rgb, probability, trimap == UNKNOWN)


def make_trimap(
    picture: EncodedPicture,
    inputs: CutoutInputs,
    see: Callable[[FusedEvidence], None] | None = None,
) -> Trimap:
    """Return the trimap that the inputs give; see `make_matte`."""
    shape = (picture.height, picture.width)
    if inputs.trimap is not None:
        return with_hints(validate_trimap(inputs.trimap, shape), inputs.hints)
    if inputs.subject is not None or inputs.plate is not None:
        fused = fused_evidence(
            picture, inputs.subject, inputs.network_alpha, inputs.plate, inputs.hints
        )
        if see is not None:
            see(fused)
        return with_hints(trimap_by_evidence(picture, fused.probability, inputs), inputs.hints)
    if inputs.network_alpha is not None:
        band_px = max(
            _LEAST_NETWORK_BAND * picture.width, _NETWORK_BAND_PX * inputs.network_pixel_px
        )
        by_network = trimap_from_probability(inputs.network_alpha, dilate_px=max(3, round(band_px)))
        return with_hints(by_network, inputs.hints)
    raise NothingToCutByError(
        picture.path,
        "nothing says what the subject is",
        "give --trimap, --depth or --model",
    )


def trimap_by_evidence(
    picture: EncodedPicture, probability: npt.NDArray[np.float32], inputs: CutoutInputs
) -> Trimap:
    """Return the trimap that a fused probability gives: a band about its silhouette is open.

    Parameters
    ----------
    picture : EncodedPicture
        Of which the size is taken.
    probability : (h, w) float32, 0 to 1, of belonging to the subject
    inputs : CutoutInputs
        Of which the hair guard is taken, and what a network sees beyond it.
    """
    silhouette = probability > 0.5
    trimap = np.where(silhouette, FOREGROUND, BACKGROUND).astype(np.uint8)
    trimap[(probability > 0.05) & (probability < 0.95)] = UNKNOWN
    trimap = widen_unknown(trimap, round(_BAND_PX * max(1.0, probability.shape[1] / 1280)))
    size = (picture.width, picture.height)
    guard_px = _hair_guard_px(inputs, picture.width, probability.shape[1])
    inside = _enlarged(np.where(silhouette, 255, 0).astype(np.uint8), *size) > UNKNOWN
    away_px = distance_px(inside)
    near = away_px <= guard_px
    if inputs.network_alpha is not None:
        within_reach = away_px <= max(guard_px, _SEEN_HAIR_SHARE * picture.width)
        near |= within_reach & (inputs.network_alpha > _LEAST_ALPHA)
    return _with_hair_guard(_enlarged(trimap, *size), near)


def _hair_guard_px(inputs: CutoutInputs, width: int, evidence_width: int) -> float:
    if inputs.hair_guard_depth_px is not None:
        return inputs.hair_guard_depth_px * width / evidence_width
    return inputs.hair_guard_percent / 100 * width


def with_hints(trimap: Trimap, hints: npt.NDArray[np.uint8] | None) -> Trimap:
    """Return the trimap with the user's strokes in it, to the pixel.

    Parameters
    ----------
    trimap : (H, W) uint8
    hints : (H, W) uint8 or None
        0 is surely background, 255 surely the subject, all else says nothing.
    """
    if hints is None:
        return trimap
    marked = trimap.copy()
    marked[hints == BACKGROUND] = BACKGROUND
    marked[hints == FOREGROUND] = FOREGROUND
    return marked


def _enlarged(trimap: npt.NDArray[np.uint8], width: int, height: int) -> npt.NDArray[np.uint8]:
    """Bring a trimap to the picture's size; between two sure pixels that differ lies doubt."""
    import cv2

    if trimap.shape == (height, width):
        return trimap
    return np.asarray(cv2.resize(trimap, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def _with_hair_guard(trimap: npt.NDArray[np.uint8], near: npt.NDArray[np.bool_]) -> Trimap:
    """Leave background open where hair may be."""
    opened = np.full(trimap.shape, UNKNOWN, np.uint8)
    opened[trimap == FOREGROUND] = FOREGROUND
    opened[(trimap == BACKGROUND) & ~near] = BACKGROUND
    return opened
