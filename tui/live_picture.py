"""How live view is looked at: one view, and the marks drawn over it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tui import live_marks, live_views
from tui.live_marks import CUT_OUT_MARKS, EDGE_MARKS, MARKS, Aids
from tui.live_views import (
    CUT_OUT_VIEWS,
    NEW_BACKGROUND,
    PLAIN_VIEWS,
    VIEWS,
    Legend,
    cut_out_before,
)

if TYPE_CHECKING:
    from capture.live import LiveReport


@dataclass(frozen=True, slots=True)
class Look:
    """One of `VIEWS`, and which of `MARKS` are drawn where the view is a plain picture."""

    view: str = "picture"
    marks: frozenset[str] = frozenset({"silhouette"})

    @property
    def wants_matte(self) -> bool:
        """Whether live view must make a matte for it."""
        return self.view in CUT_OUT_VIEWS

    @property
    def drawn_marks(self) -> frozenset[str]:
        """The marks that have a meaning where one looks, an edge's in place of the outline."""
        if self.wants_matte:
            return self.marks & CUT_OUT_MARKS
        if self.view not in PLAIN_VIEWS:
            return frozenset()
        return self.marks - ({"silhouette"} if self.marks & set(EDGE_MARKS) else set())

    def next_of(self, views: tuple[str, ...]) -> Look:
        """Look at the next of some views, and after the last at the picture itself."""
        ring = ("picture", *views)
        place = ring.index(self.view) + 1 if self.view in ring else 1
        return replace(self, view=ring[place % len(ring)])

    def with_mark(self, mark: str) -> Look:
        """Draw a mark or no more; of those along the edge one takes the other's place."""
        kept = self.marks - set(EDGE_MARKS) if mark in EDGE_MARKS else self.marks - {mark}
        return replace(self, marks=kept if mark in self.marks else kept | {mark})

    def with_next_edge_mark(self) -> Look:
        """Draw the next mark along the edge, and after the last none."""
        now = next((mark for mark in EDGE_MARKS if mark in self.marks), None)
        if now is None:
            return self.with_mark(EDGE_MARKS[0])
        place = EDGE_MARKS.index(now) + 1
        last = place == len(EDGE_MARKS)
        return self.with_mark(now if last else EDGE_MARKS[place])


def drawn(report: LiveReport, look: Look, width: int, aids: Aids) -> npt.NDArray[np.uint8]:
    """Return a report as it is looked at, about `width` pixels wide.

    Returns
    -------
    (h, w, 3) uint8, encoded
    """
    background = aids.pictures.background
    if look.view == NEW_BACKGROUND and background is not None:
        picture = cut_out_before(report, width, background)
    else:
        picture = np.array(VIEWS.get(look.view, VIEWS["picture"])(report, width))
    for mark, draw in MARKS.items():
        if mark in look.drawn_marks:
            picture = draw(picture, report, aids)
    return picture


def legend(report: LiveReport, look: Look) -> Legend:
    """Return what the colours mean, for the line below the picture."""
    told = live_views.legend(look.view, report)
    for mark in EDGE_MARKS:
        if not told and mark in look.marks and look.view in PLAIN_VIEWS:
            told = live_marks.legend(mark)
    return told
