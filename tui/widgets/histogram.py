"""The live frame's histogram in eighth-block characters, three rows high."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from textual.content import Content
from textual.widgets import Static

_EIGHTHS = " ▁▂▃▄▅▆▇█"
_ROWS = 3


def histogram_content(rgb: npt.NDArray[np.uint8], columns: int) -> Content:
    """Return the histogram of green codes, its last column red when anything is clipped.

    Parameters
    ----------
    rgb : (H, W, 3) uint8, encoded
    columns : int, at least 1
    """
    seen = np.ascontiguousarray(rgb[::4, ::4])
    codes = np.bincount(seen[..., 1].ravel(), minlength=256)
    counts = np.bincount(np.arange(256) * columns // 256, codes, minlength=columns)
    # The square root keeps small heaps (a clipped edge, a dark cloth) in sight.
    heights = np.sqrt(counts / max(1, counts.max())) * _ROWS * 8
    clipped = bool(seen.max() >= 254)
    lines = []
    for row in reversed(range(_ROWS)):
        blocks = [
            _EIGHTHS[level] for level in np.clip(np.ceil(heights - row * 8), 0, 8).astype(int)
        ]
        last = (blocks[-1], "bold $error" if clipped else "$quiet")
        lines.append(Content.assemble(("".join(blocks[:-1]), "$quiet"), last))
    return Content("\n").join(lines)


class Histogram(Static):
    """Shows the histogram of the newest live frame."""

    DEFAULT_CSS = "Histogram { height: 3; }"

    def show(self, rgb: npt.NDArray[np.uint8]) -> None:
        """Show the histogram of a picture, (H, W, 3) uint8, encoded."""
        if self.size.width:
            self.update(histogram_content(rgb, self.size.width), layout=False)
