"""What the retouching draws upon the picture, and says of itself."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from rich.text import Text

from capture.review import Box
from capture.strokes import Stroke
from tui.viewport import Viewport

_KEEP, _REMOVE = (95, 191, 119), (255, 107, 94)
_CHOSEN = "bold #0d1117 on #c9d1d9"


def retouch_status(
    *,
    shot_id: int,
    percent: float | None,
    keep: bool,
    brush_px: float,
    strokes: int,
    shows_before: bool,
    view: str,
    view_keys: Mapping[str, str],
) -> Text:
    """Return the line at the top.

    Parameters
    ----------
    shot_id : int
    percent : float or None
        Zoom, 100 when a pixel of the picture is one of the screen.
    keep : bool
        Whether the brush keeps what it covers, or removes it.
    brush_px : float
        Its width, pixels of the picture.
    strokes : int
    shows_before : bool
    view : str
        That is shown.
    view_keys : mapping of key to view
    """
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(" RETOUCH ", style="bold #0d1117 on #f2b84b")
    text.append(f"  shot {shot_id:04d}", style="bold")
    if percent is not None:
        text.append(f"  {percent:.0f} %")
    name, colour = ("keep", "#5fbf77") if keep else ("remove", "#ff6b5e")
    text.append(f"  ● {name}", style=f"bold {colour}")
    text.append(f" brush {brush_px:.0f} px", style="#c9d1d9")
    text.append(f"  {counted(strokes, 'stroke')}", style="#7d8590")
    text.append("  before " if shows_before else "  after ", style="bold")
    for key, each in view_keys.items():
        text.append(f" {key} ", style=_CHOSEN if each == view else "#58a6ff")
        text.append(f"{each} ", style=_CHOSEN if each == view else "#7d8590")
    return text


def counted(count: int, thing: str) -> str:
    """Return a number of things in words."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def holds(box: Box, look: Viewport) -> bool:
    """Tell whether a box holds what is seen, but for a pixel of the screen at the rim."""
    left, top, right, bottom = look.seen
    slack = 1 / look.scale
    return (
        box[0] - slack <= left
        and box[1] - slack <= top
        and right <= box[2] + slack
        and bottom <= box[3] + slack
    )


def draw_stroke(drawn: npt.NDArray[np.uint8], stroke: Stroke) -> None:
    """Draw a stroke that is under way."""
    import cv2

    points = np.round(np.array(stroke.points)).astype(np.int32)
    colour = _KEEP if stroke.keep else _REMOVE
    cv2.polylines(drawn, [points], False, colour, max(1, round(2 * stroke.radius_px)))


def draw_brush(drawn: npt.NDArray[np.uint8], brush: Stroke) -> None:
    """Draw the brush that keys move: a ring and its middle."""
    import cv2

    x, y = (round(value) for value in brush.points[0])
    colour = _KEEP if brush.keep else _REMOVE
    cv2.circle(drawn, (x, y), max(1, round(brush.radius_px)), colour, 1)
    cv2.circle(drawn, (x, y), 0, (255, 255, 255), -1)
