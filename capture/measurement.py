"""Everything that is measured on one picture, live or after the shot, before any judgement."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from capture.background import distance_behind_m, white_share
from capture.exposure import Clipping, clipping
from capture.framing import Framing, framing
from capture.lighting import LightingRatio
from capture.separation import EdgePiece, separation
from capture.sharpness import edge_width_px
from capture.subjects import SubjectDepth
from devices.frames import ExposureSettings
from matting.imaging.curves import SRGB, Transfer

#: Light and colour are measured on a picture of about this width; focus on all of its pixels.
ANALYSIS_WIDTH = 640


@dataclass(frozen=True, slots=True)
class Measurement:
    """What was measured; None or NaN says that it was not.

    Parameters
    ----------
    size : (width, height) of the picture
    preview : bool, whether the photograph itself will be larger
    settings : ExposureSettings
    clipping : Clipping
        On the subject where a silhouette is known, else on the whole picture.
    silhouette_source : str
        "depth", or "none" when no silhouette is known.
    framing : Framing or None
        In pixels of the picture.
    edge : tuple of EdgePiece
        In pixels of the picture.
    edge_width_px : float
    background_white : float, share
    background_distance_m : float
    subject_distance_m : float
    lighting : LightingRatio or None
    """

    size: tuple[int, int]
    preview: bool
    settings: ExposureSettings
    clipping: Clipping
    silhouette_source: str
    framing: Framing | None
    edge: tuple[EdgePiece, ...]
    edge_width_px: float
    background_white: float
    background_distance_m: float
    subject_distance_m: float
    lighting: LightingRatio | None


def measure(
    codes: npt.NDArray[Any],
    settings: ExposureSettings,
    subject: SubjectDepth | None,
    lighting: LightingRatio | None = None,
    transfer: Transfer = SRGB,
    with_focus: bool = True,
    preview: bool = False,
) -> Measurement:
    """Measure one picture.

    Parameters
    ----------
    codes : (H, W, 3) uint8 or uint16, encoded, upright
    settings : ExposureSettings
    subject : SubjectDepth or None
        Depth told apart, covering the picture's field of view.
    lighting : LightingRatio or None
        Measured apart (`capture.lighting`), since it wants several depth frames.
    transfer : Transfer
        How the codes become light.
    with_focus : bool
        Focus looks at every pixel near the silhouette, which live view has no time for on every
        frame.
    preview : bool
        The picture is a live view's, smaller than the photograph will be.
    """
    import cv2

    height, width = codes.shape[:2]
    scale = min(1.0, ANALYSIS_WIDTH / width)
    small_size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = codes if scale == 1.0 else cv2.resize(codes, small_size, interpolation=cv2.INTER_AREA)
    if subject is None:
        return Measurement(
            size=(width, height),
            preview=preview,
            settings=settings,
            clipping=clipping(small),
            silhouette_source="none",
            framing=None,
            edge=(),
            edge_width_px=math.nan,
            background_white=math.nan,
            background_distance_m=math.nan,
            subject_distance_m=math.nan,
            lighting=lighting,
        )
    silhouette = _mask_at(subject.subject, small_size)
    edge = separation(transfer.decode(small), silhouette)
    whole = framing(silhouette)
    return Measurement(
        size=(width, height),
        preview=preview,
        settings=settings,
        clipping=clipping(small, silhouette),
        silhouette_source="depth",
        framing=_scaled_framing(whole, 1 / scale) if whole else None,
        edge=tuple(_scaled_piece(piece, 1 / scale) for piece in edge),
        edge_width_px=_focus(codes, subject) if with_focus else math.nan,
        background_white=white_share(small, _mask_at(subject.background, small_size)),
        background_distance_m=distance_behind_m(subject),
        subject_distance_m=subject.distance_m if subject.depth.metric else math.nan,
        lighting=lighting,
    )


def _mask_at(mask: npt.NDArray[np.bool_], size: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """Return the mask at another size, its small holes and rim of unknown pixels closed."""
    import cv2

    closed = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    return np.asarray(cv2.resize(closed * 255, size, interpolation=cv2.INTER_LINEAR) > 127)


def _focus(codes: npt.NDArray[Any], subject: SubjectDepth) -> float:
    """Judge the edges at full resolution, along the silhouette as depth sees it."""
    height, width = codes.shape[:2]
    green = codes[..., 1].astype(np.float32) / np.float32(np.iinfo(codes.dtype).max)
    reach = max(8, round(1.5 * width / subject.subject.shape[1]))
    return edge_width_px(green, _mask_at(subject.subject, (width, height)), reach)


def _scaled_box(box: tuple[int, int, int, int], factor: float) -> tuple[int, int, int, int]:
    x, y, width, height = (round(side * factor) for side in box)
    return x, y, width, height


def _scaled_piece(piece: EdgePiece, factor: float) -> EdgePiece:
    return EdgePiece(piece.stops, piece.delta_e, _scaled_box(piece.box, factor), piece.place)


def _scaled_framing(framing_: Framing, factor: float) -> Framing:
    return Framing(
        framing_.margins, framing_.cut, framing_.share, _scaled_box(framing_.box, factor)
    )
