"""A picture in half-block characters that redraws only what changed.

Two pixels to a character cell. Live view is noisy, so nearly every pixel differs a little in every
frame; a cell is redrawn when its colour moved by more than the eye notices in a cell, which leaves
a still set almost free.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

#: A cell is drawn anew when any channel of its two pixels moved by more than this, of 255.
_NOTICEABLE = 7
_UPPER_HALF = "▀"


@lru_cache(maxsize=65536)
def _style(upper: int, lower: int) -> Style:
    return Style(color=_colour(upper), bgcolor=_colour(lower))


def _colour(packed: int) -> Color:
    return Color.from_rgb(packed >> 16, packed >> 8 & 255, packed & 255)


class HalfBlocks(Widget):
    """Shows an RGB picture, fitted into the widget and centred."""

    DEFAULT_CSS = "HalfBlocks { width: 1fr; height: 1fr; }"

    def __init__(self, *, exact: bool = False, id: str | None = None) -> None:
        """Make the widget; with `exact` every change is drawn, as a still deserves."""
        super().__init__(id=id)
        self._noticeable = 0 if exact else _NOTICEABLE
        self._cells: npt.NDArray[np.uint8] = np.zeros((0, 0, 2, 3), np.uint8)
        self._offset = (0, 0)

    def fitted_size(self, width: int, height: int) -> tuple[int, int]:
        """Return the (columns, rows) of cells that a picture of that size would take here."""
        columns, rows = self.size.width, self.size.height
        if not columns or not rows:
            return 0, 0
        # A cell is about twice as high as wide, so its two pixels are square.
        scale = min(columns / width, 2 * rows / height)
        return max(1, round(width * scale)), max(1, round(height * scale / 2))

    def place_of(self, x: int, y: int) -> tuple[float, float] | None:
        """Return where a cell lies in the picture, in shares of its sides; None beside it."""
        rows, columns = self._cells.shape[:2]
        across, down = x - self._offset[0], y - self._offset[1]
        if not (0 <= across < columns and 0 <= down < rows):
            return None
        return (across + 0.5) / columns, (down + 0.5) / rows

    def show(self, rgb: npt.NDArray[np.uint8]) -> None:
        """Show a picture, (H, W, 3) uint8, encoded."""
        import cv2

        columns, rows = self.fitted_size(rgb.shape[1], rgb.shape[0])
        if not columns:
            return
        pixels = cv2.resize(rgb, (columns, 2 * rows), interpolation=cv2.INTER_AREA)
        cells = np.ascontiguousarray(
            pixels.reshape(rows, 2, columns, 3).transpose(0, 2, 1, 3), np.uint8
        )
        if cells.shape != self._cells.shape:
            self._cells = cells
            self._offset = ((self.size.width - columns) // 2, (self.size.height - rows) // 2)
            self.refresh()
            return
        moved = np.abs(cells.astype(np.int16) - self._cells).max(axis=(2, 3)) > self._noticeable
        if not moved.any():
            return
        self._cells = np.where(moved[:, :, None, None], cells, self._cells)
        self.refresh(*self._regions(moved))

    def _regions(self, moved: npt.NDArray[np.bool_]) -> list[Region]:
        """Return for each row with changes the span that holds them."""
        left, top = self._offset
        regions = []
        for row in np.flatnonzero(moved.any(axis=1)):
            columns = np.flatnonzero(moved[row])
            first, last = int(columns[0]), int(columns[-1])
            regions.append(Region(left + first, top + int(row), last - first + 1, 1))
        return regions

    def render_line(self, y: int) -> Strip:
        """Return one row of cells."""
        width = self.size.width
        left, top = self._offset
        row = y - top
        if not 0 <= row < len(self._cells):
            return Strip.blank(width, self.rich_style)
        packed = _packed(self._cells[row])
        segments = [Segment(" " * left, self.rich_style)]
        start = 0
        for end in (*np.flatnonzero((packed[1:] != packed[:-1]).any(axis=1)) + 1, len(packed)):
            upper, lower = packed[start]
            segments.append(Segment(_UPPER_HALF * int(end - start), _style(int(upper), int(lower))))
            start = end
        right = width - left - len(packed)
        segments.append(Segment(" " * right, self.rich_style))
        return Strip(segments, width)


def _packed(cells: npt.NDArray[np.uint8]) -> npt.NDArray[Any]:
    """Return (columns, 2) colours as one number each, in steps of 4 so that neighbours merge."""
    steps = (cells & 0xFC).astype(np.uint32)
    return np.asarray(steps[..., 0] << 16 | steps[..., 1] << 8 | steps[..., 2])
