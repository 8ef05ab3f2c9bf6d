"""What stands in front of the subject, from depth beside its edge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from capture.metering.separation import place_in_words
from capture.nearest import nearest_depth

#: Readings this far outside of the edge, pixels of the map, are compared with the subject.
_BESIDE_PX = (2.0, 5.0)
#: Nearer than the subject by more than this share of its distance is in front of it ...
_IN_FRONT_SHARE = 0.03
#: ... and more than so many deviations of the sensor.
_SIGMAS = 4.0


@dataclass(frozen=True, slots=True)
class Overlap:
    """The part of the subject's edge that something nearer cuts off.

    Parameters
    ----------
    share : float, 0 to 1, of the edge beside which there are readings
    nearer_m : float, metres by which it stands before the subject; 0 when nothing does
    place : str, in words; empty when nothing does
    """

    share: float
    nearer_m: float
    place: str


def overlap(
    depth_m: npt.NDArray[np.float32],
    sigma_m: npt.NDArray[np.float32],
    subject: npt.NDArray[np.bool_],
    background: npt.NDArray[np.bool_],
) -> Overlap | None:
    """Find where something nearer overlaps the subject, or return None without readings beside it.

    Parameters
    ----------
    depth_m, sigma_m : (h, w) float32, metres, NaN = unknown
    subject, background : (h, w) bool

    Notes
    -----
    A table's near edge, in front of what stands on it, touches it at one distance and does not
    count. What touches the subject and lies at its distance cannot be told apart by depth.
    """
    import cv2

    if not subject.any():
        return None
    own_m, away = nearest_depth(depth_m, subject)
    beside = beside_edge(away, background)
    if not beside.any():
        return None
    nearer = nearer_by(depth_m, sigma_m, own_m)
    front = beside & np.isfinite(nearer)
    # Single readings at an edge hang between two surfaces.
    front &= cv2.boxFilter(front.astype(np.float32), -1, (5, 5), normalize=False) >= 5
    if not front.any():
        return Overlap(0.0, 0.0, "")
    middle = np.argwhere(subject).mean(axis=0)[::-1]
    offset = np.argwhere(front).mean(axis=0)[::-1] - middle
    return Overlap(
        float(front.sum() / beside.sum()), float(np.median(nearer[front])), place_in_words(offset)
    )


def beside_edge(
    away_px: npt.NDArray[np.float32], around: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """Return (h, w) bool: the readings of `around` that lie just outside of a subject's edge.

    Parameters
    ----------
    away_px : (h, w) float32, pixels from the subject
    around : (h, w) bool
    """
    return np.asarray(around & (away_px > _BESIDE_PX[0]) & (away_px <= _BESIDE_PX[1]))


def nearer_by(
    depth_m: npt.NDArray[np.float32],
    sigma_m: npt.NDArray[np.float32],
    own_m: npt.NDArray[np.float32],
) -> npt.NDArray[np.float32]:
    """Return (h, w) float32, metres by which readings are clearly nearer; NaN elsewhere.

    Parameters
    ----------
    depth_m, sigma_m : (h, w) float32, metres, NaN = unknown
    own_m : (h, w) float32, metres, the subject's nearest distance
    """
    nearer = own_m - depth_m
    least = np.maximum(_IN_FRONT_SHARE * own_m, _SIGMAS * sigma_m)
    with np.errstate(invalid="ignore"):
        return np.where(nearer > least, nearer, np.float32(np.nan))
