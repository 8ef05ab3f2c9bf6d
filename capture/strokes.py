"""A retoucher's strokes on a picture: surely the subject, surely not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matting.trimap import BACKGROUND, FOREGROUND, UNKNOWN

#: So many times as wide as a stroke is what it opens anew.
_REACH = 3.0
#: OpenCV draws to a sixteenth of a pixel.
_SHIFT = 4


@dataclass(frozen=True, slots=True)
class Stroke:
    """One stroke of a round brush.

    Parameters
    ----------
    points : tuple of (x, y), pixels of the picture, at least one
    radius_px : float
    keep : bool
        Whether what it covers is the subject; else it is not.
    """

    points: tuple[tuple[float, float], ...]
    radius_px: float
    keep: bool

    def placed(self, left: float, top: float, scale: float) -> Stroke:
        """Return the stroke in the pixels of a part that begins there and was scaled."""
        points = tuple(((x - left) * scale, (y - top) * scale) for x, y in self.points)
        return Stroke(points, max(0.5, self.radius_px * scale), self.keep)


def drawn_hints(strokes: Sequence[Stroke], shape: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """Return (H, W) uint8: 0 removed, 255 kept, 128 where no stroke is; later ones lie on top."""
    hints = np.full(shape, UNKNOWN, np.uint8)
    for stroke in strokes:
        _draw(hints, stroke, stroke.radius_px, FOREGROUND if stroke.keep else BACKGROUND)
    return hints


def opened_by(strokes: Sequence[Stroke], shape: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """Return (H, W) bool: what lies near enough to a stroke to be decided anew."""
    near = np.zeros(shape, np.uint8)
    for stroke in strokes:
        _draw(near, stroke, _REACH * stroke.radius_px, 1)
    return near.astype(bool)


def _draw(image: npt.NDArray[np.uint8], stroke: Stroke, radius_px: float, value: int) -> None:
    import cv2

    fine = 1 << _SHIFT
    # OpenCV has a pixel's middle at whole numbers, the picture at halves.
    points = np.round((np.array(stroke.points) - 0.5) * fine).astype(np.int32)
    width = max(1, round(2 * radius_px))
    cv2.polylines(image, [points], False, value, width, cv2.LINE_8, _SHIFT)
    for x, y in (points[0], points[-1]):
        cv2.circle(image, (int(x), int(y)), round(radius_px * fine), value, -1, cv2.LINE_8, _SHIFT)
