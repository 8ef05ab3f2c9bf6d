"""A picture that is looked at closely: zoom by the wheel, pan by dragging, a line that parts it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from textual import events
from textual.app import ComposeResult
from textual.containers import Container
from textual.message import Message

from tui.themes import rgb_of
from tui.viewport import Viewport
from tui.widgets.picture import Picture

Rgb8 = npt.NDArray[np.uint8]
#: Given a look, draws the part of it that the picture covers: (h, w, 3) uint8, encoded.
Painter = Callable[[Viewport], Rgb8]

_LINE = (88, 166, 255)
#: A terminal that shows real pixels has about so many of them to a cell.
_CELL_PIXELS = (8, 16)
#: The line is taken hold of from this far, in cells.
_GRIP = 1.5
#: Arrow keys move the look by this share of the canvas.
_PAN_SHARE = 0.2


class Canvas(Container):
    """Shows what a painter draws, through a `Viewport` that keys and mouse move."""

    DEFAULT_CSS = "Canvas { width: 1fr; height: 1fr; }"

    class Looked(Message):
        """The look has changed, by whatever means."""

    class Pressed(Message):
        """The mouse went down on, or was dragged over, a point of the picture, in its pixels.

        Parameters
        ----------
        x, y : float
        button : int
            1 left, 3 right.
        phase : "down", "move" or "up"
        with_shift : bool
        """

        def __init__(
            self, x: float, y: float, button: int, phase: str, *, with_shift: bool
        ) -> None:
            super().__init__()
            self.x, self.y = x, y
            self.button = button
            self.phase = phase
            self.with_shift = with_shift

    def __init__(self, *, graphics: bool, paints: bool = False, id: str | None = None) -> None:
        """Make a canvas; with `paints` dragging posts `Pressed` and the middle button pans."""
        super().__init__(id=id)
        self._graphics = graphics
        self._paints = paints
        self._painter: Painter | None = None
        self._stale = False
        self._held: int | None = None
        self._last = (0.0, 0.0)
        self._moves_line = False
        self.look: Viewport | None = None
        #: Where the line stands, as a share of the canvas's width; None without one.
        self.split: float | None = None

    def compose(self) -> ComposeResult:
        """Make the picture."""
        yield Picture(graphics=self._graphics, exact=True, id="picture")

    def on_mount(self) -> None:
        """Follow the theme."""
        self.app.theme_changed_signal.subscribe(self, lambda _theme: self.redraw())

    @property
    def pixels(self) -> tuple[int, int]:
        """Width and height in screen pixels."""
        across, down = self._cell
        return max(1, self.size.width * across), max(1, self.size.height * down)

    @property
    def _cell(self) -> tuple[int, int]:
        return _CELL_PIXELS if self._graphics else (1, 2)

    def show(self, size: tuple[int, int], painter: Painter) -> None:
        """Show a picture of that size; one of the same size is looked at as the last one was."""
        self._painter = painter
        if self.look is None or self.look.picture != size:
            self.look = Viewport.whole(size, self.pixels)
        self.redraw()

    def hold(self) -> None:
        """Leave what is shown as it is, until the next `show`."""
        self._painter = None

    def show_still(self, rgb: Rgb8) -> None:
        """Show a picture as it is, until the next `show`."""
        self.hold()
        self.query_one("#picture", Picture).show(rgb)

    def look_by(self, look: Viewport) -> None:
        """Look at the picture in another way."""
        if look != self.look:
            self.look = look
            self.redraw()
            self.post_message(self.Looked())

    def zoom(self, steps: int, about: tuple[float, float] | None = None) -> None:
        """Go to the next larger or smaller scale."""
        if self.look is not None:
            self.look_by(self.look.stepped(steps, about))

    def toggle_100_percent(self) -> None:
        """Change between the whole picture and its own pixels."""
        if self.look is not None:
            whole = Viewport.whole(self.look.picture, self.pixels)
            self.look_by(self.look.at(1.0) if self.look.is_whole else whole)

    def pan(self, right: int, down: int) -> None:
        """Move over the picture by steps of a fifth of the canvas."""
        if self.look is not None:
            width, height = self.look.canvas
            self.look_by(self.look.panned(right * _PAN_SHARE * width, down * _PAN_SHARE * height))

    def move_split(self, share: float) -> None:
        """Move the line to a share of the canvas's width."""
        self.split = min(max(share, 0.02), 0.98)
        self.redraw()

    def redraw(self) -> None:
        """Draw once, however often it is asked for before the screen gets to it."""
        if not self._stale:
            self._stale = True
            self.call_later(self._draw)

    def _draw(self) -> None:
        self._stale = False
        if self._painter is None or self.look is None or not self.is_mounted:
            return
        width, height = self.look.canvas
        left, top, right, bottom = self.look.place
        ground = rgb_of(self.app.theme_variables, "background")
        shown = np.full((height, width, 3), ground, np.uint8)
        shown[top:bottom, left:right] = self._painter(self.look)
        if self.split is not None:
            column = round(self.split * width)
            shown[top:bottom, column : column + self._cell[0]] = _LINE
        self.query_one("#picture", Picture).show(shown)

    def on_resize(self) -> None:
        """Look at the same place on the new size."""
        if self.look is not None:
            self.look = self.look.on(self.pixels)
            self.redraw()
            self.post_message(self.Looked())

    # --- mouse --------------------------------------------------------------------------------

    def _at(self, event: events.MouseEvent) -> tuple[float, float]:
        """Return where the mouse is on the canvas, in screen pixels: the middle of its cell."""
        across, down = self._cell
        x, y = event.screen_x - self.region.x, event.screen_y - self.region.y
        return (x + 0.5) * across, (y + 0.5) * down

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Look closer at what is under the pointer."""
        event.stop()
        self.zoom(1, self._at(event))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """See more."""
        event.stop()
        self.zoom(-1, self._at(event))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Take hold of the line, the picture, or the brush."""
        event.stop()
        self._held = event.button
        self._last = x, _ = self._at(event)
        line = None if self.split is None else self.split * self.pixels[0]
        self._moves_line = line is not None and abs(x - line) <= _GRIP * self._cell[0]
        self.capture_mouse()
        if self._brushes:
            self._post(event, "down")

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Drag what was taken hold of."""
        if self._held is None or self.look is None:
            return
        event.stop()
        x, y = self._at(event)
        if self._moves_line:
            self.move_split(x / self.pixels[0])
        elif self._brushes:
            self._post(event, "move")
        else:
            self.look_by(self.look.panned(self._last[0] - x, self._last[1] - y))
        self._last = x, y

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Let go."""
        event.stop()
        self.release_mouse()
        if self._held is not None and self._brushes:
            self._post(event, "up")
        self._held, self._moves_line = None, False

    @property
    def _brushes(self) -> bool:
        return self._paints and self._held in (1, 3) and not self._moves_line

    def _post(self, event: events.MouseEvent, phase: str) -> None:
        if self.look is not None and self._held is not None:
            x, y = self.look.to_picture(*self._at(event))
            self.post_message(self.Pressed(x, y, self._held, phase, with_shift=event.shift))
