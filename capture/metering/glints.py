"""Glints: small spots on the subject that mirror a lamp (jewellery, glasses, wet skin)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

#: A mirrored lamp is near the top code, and this far over what surrounds it (encoded, of 255).
_BRIGHT, _OVER = 235, 70
_AROUND_PX = 31
#: What covers more of the subject than this is a bright thing, not a glint.
_LARGEST_SHARE = 0.01


@dataclass(frozen=True, slots=True)
class Glints:
    """The glints on a subject.

    Parameters
    ----------
    count : int
    share : float, of the subject's area, 0 to 1
    box : (x, y, width, height) or None, pixels, of the largest
    """

    count: int
    share: float
    box: tuple[int, int, int, int] | None


def glints(codes: npt.NDArray[np.uint8], inside: npt.NDArray[np.bool_]) -> Glints | None:
    """Find glints, or return None without a subject.

    Parameters
    ----------
    codes : (H, W, 3) uint8, encoded
    inside : (H, W) bool, True on the subject

    Notes
    -----
    Told by brightness alone: a white button on black cloth counts, a glint on white cloth does
    not. Spots under a pixel of the measured picture are averaged away.
    """
    import cv2

    area = int(inside.sum())
    if not area:
        return None
    luma = cv2.cvtColor(codes, cv2.COLOR_RGB2GRAY)
    around = cv2.blur(luma, (_AROUND_PX, _AROUND_PX))
    spots = (luma >= _BRIGHT) & (cv2.subtract(luma, around) >= _OVER) & inside
    _, _, statistics, _ = cv2.connectedComponentsWithStats(spots.astype(np.uint8), connectivity=8)
    small = [row for row in statistics[1:] if row[cv2.CC_STAT_AREA] <= _LARGEST_SHARE * area]
    if not small:
        return Glints(0, 0.0, None)
    total = sum(int(row[cv2.CC_STAT_AREA]) for row in small)
    x, y, width, height = (int(side) for side in max(small, key=lambda row: row[-1])[:4])
    return Glints(len(small), total / area, (x, y, width, height))
