"""The session along the bottom: a thumbnail a shot, its number, signs and rating.

Only the cells in sight are drawn, and only their thumbnails made, one after the other in a worker,
so that ten thousand shots scroll like ten.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual import events, work
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget
from textual.worker import get_current_worker

from capture.ratings import rating_of
from matting.imaging.errors import MatteboxError
from matting.imaging.preview import read_preview
from tui.themes import rgb_of
from tui.widgets.findings_list import LEVEL_SIGNS

if TYPE_CHECKING:
    from capture.shot import Shot

#: A thumbnail in cells, and the room that a shot takes across.
_COLUMNS, _ROWS = 16, 5
_PITCH = _COLUMNS + 2
#: Thumbnails kept at once, a few kilobytes each.
_KEPT = 512
Rgb = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Palette:
    """What the theme gives the strip: its ground, what is chosen, captions and their signs."""

    plain: Style
    chosen: Style
    caption: Style
    caption_chosen: Style
    stars: Style
    rejected: Style
    ground: Rgb

    @staticmethod
    def of(colours: Mapping[str, str]) -> Palette:
        """Return the palette of a theme's variables."""
        surface, primary = colours["surface"], colours["primary"]
        return Palette(
            Style.parse(f"on {surface}"),
            Style.parse(f"on {primary}"),
            Style.parse(f"{colours['secondary']} on {surface}"),
            Style.parse(f"bold {colours['background']} on {primary}"),
            Style.parse(f"{colours['accent']} on {surface}"),
            Style.parse(f"bold {colours['error']} on {surface}"),
            rgb_of(colours, "surface"),
        )


@dataclass(frozen=True, slots=True)
class Cell:
    """What is shown of a shot: rows of a thumbnail, and a rating."""

    rows: tuple[tuple[Segment, ...], ...]
    rating: int


class Filmstrip(Widget):
    """Shows the shots of a session in a row and has one chosen."""

    DEFAULT_CSS = f"""
    Filmstrip {{ height: {_ROWS + 2}; background: $surface; border-top: hkey $primary 30%; }}
    """

    class Chosen(Message):
        """A shot was clicked on."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    class Made(Message):
        """A thumbnail has been made."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._shots: Sequence[Shot] = ()
        self._index = -1
        self._first = 0
        self._cells: OrderedDict[int, Cell] = OrderedDict()
        self._ratings: dict[int, int] = {}
        self._marked: frozenset[int] = frozenset()
        self._filling = False

    def on_mount(self) -> None:
        """Follow the theme, in whose colours thumbnails are set too."""
        self.app.theme_changed_signal.subscribe(self, lambda _theme: self._repaint())
        self._palette = Palette.of(self.app.theme_variables)

    def _repaint(self) -> None:
        self._palette = Palette.of(self.app.theme_variables)
        self._cells.clear()
        self.refresh()
        self._fill_what_lacks()

    @property
    def in_sight(self) -> range:
        """The places of the shots in sight."""
        across = max(1, -(-self.size.width // _PITCH))
        return range(self._first, min(self._first + across, len(self._shots)))

    @property
    def page(self) -> int:
        """How many shots are wholly in sight."""
        return max(1, self.size.width // _PITCH)

    @property
    def thumbnails(self) -> int:
        """How many thumbnails are kept."""
        return len(self._cells)

    def show(self, shots: Sequence[Shot], index: int, marked: frozenset[int]) -> None:
        """Show these shots, one of them chosen, some of them marked for a reshoot by number."""
        self._shots, self._index, self._marked = shots, index, marked
        if index < self._first:
            self._begin_at(index)
        elif index >= self._first + self.page:
            self._begin_at(index - self.page + 1)
        else:
            self._begin_at(self._first)

    def set_rating(self, shot_id: int, rating: int) -> None:
        """Show another rating of a shot."""
        self._ratings[shot_id] = rating
        self.refresh()

    def mark(self, marked: frozenset[int]) -> None:
        """Mark these shots, by number, for a reshoot."""
        self._marked = marked
        self.refresh()

    def rating(self, shot_id: int) -> int | None:
        """Return a shot's rating as far as it is known here."""
        if shot_id in self._ratings:
            return self._ratings[shot_id]
        cell = self._cells.get(shot_id)
        return None if cell is None else cell.rating

    def _begin_at(self, first: int) -> None:
        self._first = max(0, min(first, len(self._shots) - self.page))
        self.refresh()
        self._fill_what_lacks()

    # --- thumbnails -----------------------------------------------------------------------------

    def _next_without(self) -> Shot | None:
        shots = self._shots
        lacking = (shots[k] for k in self.in_sight if k < len(shots))
        return next((shot for shot in lacking if shot.shot_id not in self._cells), None)

    def _fill_what_lacks(self) -> None:
        if not self._filling and self._next_without() is not None:
            self._filling = True
            self._fill()

    @work(thread=True, group="thumbnails")
    def _fill(self) -> None:
        """Make what lacks in sight, whatever is in sight by then."""
        worker = get_current_worker()
        while not worker.is_cancelled and (shot := self._next_without()) is not None:
            self._cells[shot.shot_id] = _cell(shot, self._palette.ground)
            while len(self._cells) > _KEPT:
                self._cells.popitem(last=False)
            self.post_message(self.Made())
        self._filling = False
        self.post_message(self.Made())

    def on_filmstrip_made(self) -> None:
        """Show it."""
        self.refresh()
        self._fill_what_lacks()

    def on_resize(self) -> None:
        """Keep the chosen shot in sight."""
        self.show(self._shots, self._index, self._marked)

    # --- drawing and the mouse ------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """Return one row of the cells in sight."""
        segments: list[Segment] = []
        palette = self._palette
        for place in self.in_sight:
            shot = self._shots[place]
            chosen = place == self._index
            edge = Segment(" ", palette.chosen if chosen else palette.plain)
            segments.append(edge)
            if y < _ROWS:
                cell = self._cells.get(shot.shot_id)
                blank = Segment(" " * _COLUMNS, palette.plain)
                segments.extend(cell.rows[y] if cell else (blank,))
            else:
                segments.extend(self._caption(shot, chosen))
            segments.append(edge)
        width = self.size.width
        return Strip(segments).extend_cell_length(width, palette.plain).crop(0, width)

    def _caption(self, shot: Shot, chosen: bool) -> list[Segment]:
        rating, palette = self.rating(shot.shot_id) or 0, self._palette
        sign, colour = worst_sign(shot)
        told = Style.parse(f"bold {self.app.theme_variables[colour.removeprefix('$')]}")
        parts = [
            (f"{shot.shot_id:04d} ", palette.caption),
            (sign + " ", told + palette.plain),
            ("✗ ", palette.rejected) if rating < 0 else ("★" * rating, palette.stars),
            (" ↻" if shot.shot_id in self._marked else "", palette.rejected),
        ]
        parts.append((" " * (_COLUMNS - sum(len(text) for text, _ in parts)), palette.plain))
        return [Segment(text, palette.caption_chosen if chosen else style) for text, style in parts]

    def on_click(self, event: events.Click) -> None:
        """Choose the shot under the pointer."""
        place = self._first + event.x // _PITCH
        if place < len(self._shots):
            self.post_message(self.Chosen(place))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Go towards the newest; what is chosen stays."""
        event.stop()
        self._begin_at(self._first + 2)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Go towards the oldest."""
        event.stop()
        self._begin_at(self._first - 2)


def worst_sign(shot: Shot) -> tuple[str, str]:
    """Return the sign of the worst finding in a shot, and the theme's colour for it."""
    levels = {finding.level for finding in shot.findings}
    return next(
        (LEVEL_SIGNS[level] for level in ("fail", "warn") if level in levels), LEVEL_SIGNS["ok"]
    )


def _cell(shot: Shot, ground: Rgb) -> Cell:
    """Return what is shown of a shot; what cannot be read is left grey, and told when opened."""
    try:
        rating = rating_of(shot)
    except MatteboxError:
        rating = 0
    try:
        picture = read_preview(shot.folder / shot.photo.path, 8 * _COLUMNS)
    except MatteboxError:
        picture = np.full((2 * _ROWS, _COLUMNS, 3), 60, np.uint8)
    return Cell(_thumbnail(picture, ground), rating)


def _thumbnail(picture: npt.NDArray[np.uint8], ground: Rgb) -> tuple[tuple[Segment, ...], ...]:
    """Return a picture in half blocks, fitted into a thumbnail's cells."""
    import cv2

    height, width = picture.shape[:2]
    scale = min(_COLUMNS / width, 2 * _ROWS / height)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    pixels = np.full((2 * _ROWS, _COLUMNS, 3), ground, np.uint8)
    top, left = (2 * _ROWS - size[1]) // 2, (_COLUMNS - size[0]) // 2
    pixels[top : top + size[1], left : left + size[0]] = small
    return tuple(
        tuple(
            Segment("▀", _style(tuple(pixels[2 * row, column]), tuple(pixels[2 * row + 1, column])))
            for column in range(_COLUMNS)
        )
        for row in range(_ROWS)
    )


@lru_cache(maxsize=16384)
def _style(upper: Rgb, lower: Rgb) -> Style:
    return Style(color=Color.from_rgb(*upper), bgcolor=Color.from_rgb(*lower))
