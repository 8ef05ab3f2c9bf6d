"""How live view is looked at: one view, and the marks drawn over it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from capture.live import LiveReport
from tui import live_marks, live_views
from tui.live_marks import EDGE_MARKS, MARKS, Aids
from tui.live_views import CUT_OUT_VIEWS, PLAIN_VIEWS, VIEWS, Legend


@dataclass(frozen=True, slots=True)
class Look:
    """One of `VIEWS`, and which of `MARKS` are drawn where the view is a plain picture."""

    view: str = "picture"
    marks: frozenset[str] = frozenset({"silhouette"})

    @property
    def wants_matte(self) -> bool:
        """Whether live view must make a matte for it."""
        return self.view in CUT_OUT_VIEWS

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
    picture = np.array(VIEWS[look.view](report, width))
    if look.view in PLAIN_VIEWS:
        hidden = {"silhouette"} if look.marks & set(EDGE_MARKS) else set()
        for mark, draw in MARKS.items():
            if mark in look.marks - hidden:
                picture = draw(picture, report, aids)
    return picture


def legend(report: LiveReport, look: Look) -> Legend:
    """Return what the colours mean, for the line below the picture."""
    told = live_views.legend(look.view, report)
    for mark in EDGE_MARKS:
        if not told and mark in look.marks and look.view in PLAIN_VIEWS:
            told = live_marks.legend(mark)
    return told
