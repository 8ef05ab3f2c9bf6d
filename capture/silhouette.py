"""The subject's silhouette on the camera's picture: all geometry that one depth map settles.

It is worked out once a depth map and serves every live frame until the next one. Without depth
a silhouette from elsewhere serves as well, but tells no distances.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from capture.metering.background import distance_behind_m
from capture.metering.framing import Framing, framing
from capture.metering.separation import EdgeRings, edge_rings
from capture.subjects import SubjectDepth
from devices.frames import read_only

#: Light and colour are measured on a picture of about this width; focus on all of its pixels.
ANALYSIS_WIDTH = 640


@dataclass(frozen=True, slots=True, eq=False)
class Silhouette:
    """A subject on a picture of `picture_size`, measured at `size`.

    Parameters
    ----------
    mask : (h, w) bool, the subject on its source's own grid
    source : str
        What the silhouette is known by, such as "depth".
    picture_size, size : (width, height)
    inside : (H, W) bool, True on the subject, at `size`
    background : (H, W) bool, True on what is known to lie behind, at `size`
    rings : EdgeRings, at `size`
    framing : Framing or None, at `size`
    subject_distance_m, background_distance_m : float, NaN when not measured
    """

    mask: npt.NDArray[np.bool_]
    source: str
    picture_size: tuple[int, int]
    size: tuple[int, int]
    inside: npt.NDArray[np.bool_]
    background: npt.NDArray[np.bool_]
    rings: EdgeRings
    framing: Framing | None
    subject_distance_m: float
    background_distance_m: float


def analysis_size(picture_size: tuple[int, int]) -> tuple[int, int]:
    """Return the (width, height) at which a picture of that size is measured."""
    width, height = picture_size
    scale = min(1.0, ANALYSIS_WIDTH / width)
    return max(1, round(width * scale)), max(1, round(height * scale))


def silhouette_of(subject: SubjectDepth, picture_size: tuple[int, int]) -> Silhouette:
    """Lay a subject's depth on pictures of a size.

    Parameters
    ----------
    subject : SubjectDepth
        Covering the picture's field of view.
    picture_size : (width, height)
    """
    size = analysis_size(picture_size)
    return _laid_on(
        subject.subject,
        "depth",
        picture_size,
        background=mask_at(subject.background, size),
        subject_distance_m=subject.distance_m if subject.depth.metric else math.nan,
        background_distance_m=distance_behind_m(subject),
    )


def silhouette_of_mask(
    mask: npt.NDArray[np.bool_], source: str, picture_size: tuple[int, int]
) -> Silhouette:
    """Lay a subject known without depth on pictures of a size; its distances are not measured.

    Parameters
    ----------
    mask : (h, w) bool, True on the subject, covering the picture's field of view
    source : str
        What it is known by.
    picture_size : (width, height)
    """
    background = mask_at(~mask, analysis_size(picture_size))
    return _laid_on(mask, source, picture_size, background, math.nan, math.nan)


def _laid_on(
    mask: npt.NDArray[np.bool_],
    source: str,
    picture_size: tuple[int, int],
    background: npt.NDArray[np.bool_],
    subject_distance_m: float,
    background_distance_m: float,
) -> Silhouette:
    size = analysis_size(picture_size)
    inside = mask_at(mask, size)
    return Silhouette(
        mask=read_only(mask),
        source=source,
        picture_size=picture_size,
        size=size,
        inside=read_only(inside),
        background=read_only(background),
        rings=edge_rings(inside),
        framing=framing(inside),
        subject_distance_m=subject_distance_m,
        background_distance_m=background_distance_m,
    )


def mask_at(mask: npt.NDArray[np.bool_], size: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """Return a mask at another (width, height), small holes and a rim of unknown pixels closed."""
    import cv2

    closed = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    return np.asarray(cv2.resize(closed * 255, size, interpolation=cv2.INTER_LINEAR) > 127)
