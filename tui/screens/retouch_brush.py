"""The brush of the retouching: where it stands, what it does, and the stroke under way."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from capture.strokes import Stroke
from tui.screens.retouch_marks import draw_brush, draw_stroke
from tui.viewport import Viewport

#: In screen pixels at first, and by how much a step makes it larger.
_BRUSH_PX, _BRUSH_STEP = 4.0, 1.25
_LEAST_PX = 0.5


class Brush:
    """Draws strokes, by mouse or by keys; in pixels of the picture.

    Parameters
    ----------
    look : Viewport
        In the middle of which it stands at first.
    """

    def __init__(self, look: Viewport) -> None:
        self.keep = True
        self.radius_px = _BRUSH_PX / look.scale
        self.place = look.centre
        self.stroke: Stroke | None = None

    def begin(self, at: tuple[float, float], *, other: bool = False) -> None:
        """Put it down; with `other` it does for this stroke what it does not else."""
        self.stroke = Stroke((at,), self.radius_px, self.keep != other)

    def go_on(self, at: tuple[float, float]) -> None:
        """Draw on, if it is put down."""
        if self.stroke is not None and at != self.stroke.points[-1]:
            points = (*self.stroke.points, at)
            self.stroke = Stroke(points, self.stroke.radius_px, self.stroke.keep)

    def end(self) -> Stroke | None:
        """Lift it and return what was drawn; None when it was not put down."""
        stroke, self.stroke = self.stroke, None
        return stroke

    def move(self, right: int, down: int, size: tuple[int, int]) -> None:
        """Move it by steps of its own radius, within a picture of that size, and draw on."""
        width, height = size
        x, y = self.place[0] + right * self.radius_px, self.place[1] + down * self.radius_px
        self.place = (min(max(x, 0.0), float(width)), min(max(y, 0.0), float(height)))
        self.go_on(self.place)

    def resize(self, steps: int) -> None:
        """Make it smaller or larger."""
        self.radius_px = max(_LEAST_PX, self.radius_px * _BRUSH_STEP**steps)

    def draw(self, drawn: npt.NDArray[np.uint8], look: Viewport, *, with_ring: bool) -> None:
        """Draw the stroke under way, and a ring where keys would begin one, on what is seen."""
        offset = look.to_picture(*look.place[:2])
        if self.stroke is not None:
            draw_stroke(drawn, self.stroke.placed(*offset, look.scale))
        if with_ring:
            ring = Stroke((self.place,), self.radius_px, self.keep)
            draw_brush(drawn, ring.placed(*offset, look.scale))
