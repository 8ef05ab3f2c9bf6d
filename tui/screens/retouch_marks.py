"""What the retouching draws upon the picture, and says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from textual.content import Content

from capture.counted import counted

if TYPE_CHECKING:
    from capture.review import Box
    from capture.strokes import Stroke
    from tui.viewport import Viewport

#: On the picture, whatever the theme: those of `tui.themes.DIM`.
_KEEP, _REMOVE = (79, 195, 181), (255, 107, 94)
RETOUCH_VIEWS = {
    "p": "photo",
    "a": "alpha",
    "b": "black",
    "w": "white",
    "c": "colour",
    "o": "overlay",
}
RETOUCH_HELP = """\
drag      stroke (right: the other)
shift+click, .  cut this out instead,
          by depth; more add to it
x         keep ⇄ remove
\\[ ]       brush smaller, larger
tab       arrows: sliders ⇄ brush
space     put brush down, lift it
u U       undo, redo    n  none of all
y         before and after
p a b w c o  views
z + - hjkl   zoom and pan
enter     apply as a new version
escape    stop, or leave as it was
"""
_CHOSEN = "bold $background on $foreground"


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
) -> Content:
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
    told: list[Content] = []
    told.append(Content.styled(" RETOUCH ", "bold $background on $accent"))
    told.append(Content.styled(f"  shot {shot_id:04d}", "bold"))
    if percent is not None:
        told.append(Content(f"  {percent:.0f} %"))
    name, colour = ("keep", "$success") if keep else ("remove", "$error")
    told.append(Content.styled(f"  ● {name}", f"bold {colour}"))
    told.append(Content.styled(f" brush {brush_px:.0f} px", "$foreground"))
    told.append(Content.styled(f"  {counted(strokes, 'stroke')}", "$quiet"))
    told.append(Content.styled("  before " if shows_before else "  after ", "bold"))
    for key, each in view_keys.items():
        told.append(Content.styled(f" {key} ", _CHOSEN if each == view else "$primary"))
        told.append(Content.styled(f"{each} ", _CHOSEN if each == view else "$quiet"))
    return Content("").join(told)


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
