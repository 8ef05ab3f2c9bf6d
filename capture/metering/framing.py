"""Framing: how much room there is around the subject, and where the frame cuts it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

SIDES = ("left", "top", "right", "bottom")


@dataclass(frozen=True, slots=True)
class Framing:
    """Room around the subject.

    `margins` are shares of the frame's width (left, right) or height (top, bottom) by side, 0
    where the frame cuts the subject; `cut` names those sides; `share` is the subject's part of
    the frame's area; `box` is (x, y, width, height) in pixels.
    """

    margins: dict[str, float]
    cut: tuple[str, ...]
    share: float
    box: tuple[int, int, int, int]


def framing(silhouette: npt.NDArray[np.bool_]) -> Framing | None:
    """Measure the framing of a subject, or return None when there is none.

    Parameters
    ----------
    silhouette : (H, W) bool, True on the subject
    """
    height, width = silhouette.shape
    columns = np.flatnonzero(silhouette.any(axis=0))
    rows = np.flatnonzero(silhouette.any(axis=1))
    if len(columns) == 0:
        return None
    left, right, top, bottom = columns[0], columns[-1], rows[0], rows[-1]
    margins = {
        "left": left / width,
        "top": top / height,
        "right": (width - 1 - right) / width,
        "bottom": (height - 1 - bottom) / height,
    }
    # A registered depth map loses about a pixel at its rim; a subject that near to it is cut.
    rim_x, rim_y = 1.5 / width, 1.5 / height
    cut = tuple(s for s in SIDES if margins[s] <= (rim_x if s in ("left", "right") else rim_y))
    return Framing(
        margins={side: float(margin) for side, margin in margins.items()},
        cut=cut,
        share=float(silhouette.mean()),
        box=(int(left), int(top), int(right - left + 1), int(bottom - top + 1)),
    )
