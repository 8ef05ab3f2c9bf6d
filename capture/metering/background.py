"""The background: how white it is, and how far behind the subject."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from capture.planes import Plane, PlaneParameters, tolerance_m
from capture.subjects import SubjectDepth

_FACING = math.cos(math.radians(40))


def white_share(codes: npt.NDArray[Any], background: npt.NDArray[np.bool_]) -> float:
    """Return the share of the background at the top code in all channels, NaN when it is empty.

    Parameters
    ----------
    codes : (H, W, 3) uint8 or uint16, encoded
    background : (H, W) bool
    """
    import cv2

    area = np.count_nonzero(background)
    if not area:
        return math.nan
    top = (float(np.iinfo(codes.dtype).max),) * 3
    white = cv2.inRange(codes, top, top) > 0
    return float(np.count_nonzero(white & background) / area)


def distance_behind_m(depth: SubjectDepth) -> float:
    """Return how far the backdrop stands behind the subject, metres, NaN when not measured.

    The backdrop is the plane that faces the camera most; the subject's distance from it is that
    of the median of its readings, along the plane's normal. A floor or a table, which the subject
    touches, is no backdrop.
    """
    backdrop = _backdrop_plane(depth)
    if backdrop is None:
        return math.nan
    return float(np.median(backdrop.height_m(depth.depth.points()[depth.subject])))


def on_backdrop(depth: SubjectDepth) -> npt.NDArray[np.bool_]:
    """Return (h, w) bool: the background's readings on the backdrop, without table and floor.

    All of the background where no plane faces the camera.
    """
    backdrop = _backdrop_plane(depth)
    if backdrop is None:
        return depth.background
    height = np.abs(backdrop.height_m(depth.depth.points()))
    with np.errstate(invalid="ignore"):
        return depth.background & (height < tolerance_m(depth.depth, PlaneParameters()))


def _backdrop_plane(depth: SubjectDepth) -> Plane | None:
    facing = [plane for plane in depth.planes if abs(plane.normal[2]) > _FACING]
    return max(facing, key=lambda plane: plane.offset_m) if facing and depth.depth.metric else None
