"""What the review and the retouching share: a canvas that is zoomed and panned by keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Static

from tui.widgets.canvas import Canvas

if TYPE_CHECKING:
    from capture.shot import Shot

    _Base = Screen[Shot | None]
else:
    _Base = Screen


class LookingScreen(_Base):
    """A screen with one canvas, and a line for messages."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("z", "zoom_100", "100 %"),
        Binding("plus,equals_sign", "zoom(1)", "Closer", show=False),
        Binding("minus", "zoom(-1)", "Farther", show=False),
        Binding("h,shift+left", "pan(-1, 0)", "Left", show=False),
        Binding("l,shift+right", "pan(1, 0)", "Right", show=False),
        Binding("k,shift+up", "pan(0, -1)", "Up", show=False),
        Binding("j,shift+down", "pan(0, 1)", "Down", show=False),
    ]

    @property
    def canvas(self) -> Canvas:
        """The picture."""
        return self.query_one(Canvas)

    def action_zoom(self, steps: int) -> None:
        """Look closer, or see more."""
        self.canvas.zoom(steps)

    def action_zoom_100(self) -> None:
        """Change between the whole picture and its own pixels."""
        self.canvas.toggle_100_percent()

    def action_pan(self, right: int, down: int) -> None:
        """Move over the picture."""
        self.canvas.pan(right, down)

    def show_message(self, text: str) -> None:
        """Show what is going on in the line above the footer."""
        if self.is_mounted:
            self.query_one("#message", Static).update(text, layout=False)
