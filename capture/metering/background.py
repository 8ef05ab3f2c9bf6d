"""The background: how white it is, and how far behind the subject."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from capture.subjects import SubjectDepth


def white_share(codes: npt.NDArray[Any], background: npt.NDArray[np.bool_]) -> float:
    """Return the share of the background at the top code in all channels, NaN when it is empty.

    Parameters
    ----------
    codes : (H, W, 3) uint8 or uint16, encoded
    background : (H, W) bool
    """
    top = np.iinfo(codes.dtype).max
    red, green, blue = (channel[background] == top for channel in np.moveaxis(codes, -1, 0))
    return float((red & green & blue).mean()) if len(red) else math.nan


def distance_behind_m(depth: SubjectDepth) -> float:
    """Return how far the backdrop stands behind the subject, metres, NaN when not measured.

    The backdrop is the plane that faces the camera most; the subject's distance from it is that
    of the median of its readings, along the plane's normal. A floor or a table, which the subject
    touches, is no backdrop.
    """
    facing = [plane for plane in depth.planes if abs(plane.normal[2]) > math.cos(math.radians(40))]
    if not facing or not depth.depth.metric:
        return math.nan
    backdrop = max(facing, key=lambda plane: plane.offset_m)
    return float(np.median(backdrop.height_m(depth.depth.points()[depth.subject])))
