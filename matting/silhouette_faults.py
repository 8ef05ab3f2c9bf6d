"""Parts of an alpha that do not belong to one solid body: islands and holes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatImage = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
Box = tuple[int, int, int, int]

#: From this alpha on a fleck is seen; below this one the subject is seen through.
_SEEN = 0.1
_SOLID = 0.9
#: A separate part of at least this share of the largest is a subject of its own.
_BODY_SHARE = 0.02
#: Nearer to the body than this share of the width a fleck may be the end of a hair.
_REACH_SHARE, _LEAST_REACH_PX = 0.01, 6.0


@dataclass(frozen=True, slots=True)
class Flaws:
    """Connected parts at fault.

    Parameters
    ----------
    count : int
    area_px : float
        All parts together, each pixel by how far it is from what it ought to be.
    share : float
        `area_px` over the subject's own area.
    largest : (x, y, width, height) or None, pixels
    """

    count: int
    area_px: float
    share: float
    largest: Box | None


def islands(alpha: FloatImage) -> Flaws:
    """Find what is left over apart from the subject.

    Parameters
    ----------
    alpha : (H, W) float32, 0 to 1

    Notes
    -----
    A leftover that touches the subject, or is as large as one, is not told from it.
    """
    import cv2

    _, labels, statistics, _ = cv2.connectedComponentsWithStats(
        (alpha > _SEEN).view(np.uint8), connectivity=8
    )
    areas = statistics[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    bodies = areas >= max(1.0, _BODY_SHARE * areas.max())
    body = bodies[labels]
    if not body.any():
        return Flaws(0, 0.0, 0.0, None)
    reach = max(_LEAST_REACH_PX, _REACH_SHARE * alpha.shape[1])
    away = cv2.distanceTransform((~body).view(np.uint8), cv2.DIST_L2, 5)
    nearest = np.full(len(areas), np.inf, np.float32)
    np.minimum.at(nearest, labels.ravel(), away.ravel())
    apart = (areas > 0) & ~bodies & (nearest > reach)
    return _flaws(apart, labels, statistics, alpha, float(alpha.sum()))


def enclosed_holes(alpha: FloatImage) -> Flaws:
    """Find where a subject is seen through, deep inside its outline.

    Parameters
    ----------
    alpha : (H, W) float32, 0 to 1

    Notes
    -----
    Cannot tell a fault from a gap that is really there (under an arm, through a handle): depth
    can, see `holes_against_depth`.
    """
    import cv2

    open_ = alpha < _SOLID
    padded = np.pad(open_, 1, constant_values=True)
    _, labels, statistics, _ = cv2.connectedComponentsWithStats(
        padded.view(np.uint8), connectivity=4
    )
    outside = labels == labels[0, 0]
    reach = max(_LEAST_REACH_PX, _REACH_SHARE * alpha.shape[1])
    away = cv2.distanceTransform((~outside).view(np.uint8), cv2.DIST_L2, 5)
    deepest = np.zeros(len(statistics), np.float32)
    np.maximum.at(deepest, labels.ravel(), away.ravel())
    deep = (deepest > reach) & (np.arange(len(statistics)) > 0)
    deep[labels[0, 0]] = False
    # The background of the components is label 0: the solid part, which is no hole.
    inner = labels[1:-1, 1:-1]
    boxes = statistics - np.array([1, 1, 0, 0, 0], statistics.dtype)
    return _flaws(deep, inner, boxes, 1 - alpha, float(alpha.sum()))


def holes_against_depth(alpha: FloatImage, sure_subject: Mask) -> Flaws:
    """Find where alpha lacks what depth surely sees as the subject.

    Parameters
    ----------
    alpha : (H, W) float32, 0 to 1
    sure_subject : (H, W) bool
        True where depth sees the subject, away from its silhouette.
    """
    import cv2

    lacking = (alpha < _SOLID) & sure_subject
    _, labels, statistics, _ = cv2.connectedComponentsWithStats(
        lacking.view(np.uint8), connectivity=8
    )
    every = np.arange(len(statistics)) > 0
    return _flaws(every, labels, statistics, 1 - alpha, float(sure_subject.sum()))


def _flaws(
    chosen: Mask,
    labels: npt.NDArray[np.int32],
    statistics: npt.NDArray[np.int32],
    fault: FloatImage,
    subject_px: float,
) -> Flaws:
    import cv2

    if not chosen.any():
        return Flaws(0, 0.0, 0.0, None)
    area = float(fault[chosen[labels]].sum())
    largest = int(np.argmax(np.where(chosen, statistics[:, cv2.CC_STAT_AREA], -1)))
    x, y, width, height = (int(value) for value in statistics[largest, :4])
    return Flaws(int(chosen.sum()), area, area / max(subject_px, 1.0), (x, y, width, height))
