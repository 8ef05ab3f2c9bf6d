"""The live frame's histogram in eighth-block characters, three rows high."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from rich.text import Text
from textual.widgets import Static

_EIGHTHS = " ▁▂▃▄▅▆▇█"
_ROWS = 3


def histogram_text(rgb: npt.NDArray[np.uint8], columns: int) -> Text:
    """Return the histogram of green codes, its last column red when anything is clipped.

    Parameters
    ----------
    rgb : (H, W, 3) uint8, encoded
    columns : int, at least 1
    """
    codes = rgb[::4, ::4, 1].ravel().astype(np.int64)
    counts = np.bincount(codes * columns // 256, minlength=columns)
    # The square root keeps small heaps (a clipped edge, a dark cloth) in sight.
    heights = np.sqrt(counts / max(1, counts.max())) * _ROWS * 8
    text = Text()
    for row in reversed(range(_ROWS)):
        levels = np.clip(np.ceil(heights - row * 8), 0, 8).astype(int)
        for column, level in enumerate(levels):
            clipped = column == columns - 1 and bool((rgb[::4, ::4] >= 254).any())
            text.append(_EIGHTHS[level], style="bold red" if clipped else "#8a9199")
        text.append("\n" if row else "")
    return text


class Histogram(Static):
    """Shows the histogram of the newest live frame."""

    DEFAULT_CSS = "Histogram { height: 3; }"

    def show(self, rgb: npt.NDArray[np.uint8]) -> None:
        """Show the histogram of a picture, (H, W, 3) uint8, encoded."""
        if self.size.width:
            self.update(histogram_text(rgb, self.size.width), layout=False)
