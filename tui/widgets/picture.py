"""A picture in the terminal: real pixels where it can show them, half blocks elsewhere."""

from __future__ import annotations

import sys

import numpy as np
import numpy.typing as npt
from textual import events
from textual.app import ComposeResult
from textual.containers import Container
from textual.message import Message

from tui.widgets.half_blocks import HalfBlocks


def has_graphics() -> bool:
    """Return whether the terminal answers that it shows Kitty or Sixel graphics.

    textual-image asks the terminal when it is first imported, which must be before Textual takes
    the terminal over.
    """
    if not sys.__stdout__ or not sys.__stdout__.isatty():
        return False
    from textual_image.renderable import Image, SixelImage, TGPImage

    return Image in (SixelImage, TGPImage)


class Picture(Container):
    """Shows an RGB picture by the best means that the terminal has."""

    class Pointed(Message):
        """The pointer moved; `place` is where in shares of the picture's sides, None beside it."""

        def __init__(self, place: tuple[float, float] | None) -> None:
            super().__init__()
            self.place = place

    DEFAULT_CSS = """
    Picture { width: 1fr; height: 1fr; align: center middle; }
    Picture Image, Picture AutoImage { width: auto; height: 100%; }
    """

    def __init__(
        self, *, graphics: bool = False, exact: bool = False, id: str | None = None
    ) -> None:
        """Make the widget; see `HalfBlocks` for `exact`."""
        super().__init__(id=id)
        self._graphics = graphics
        self._exact = exact

    def compose(self) -> ComposeResult:
        """Make the one child that draws."""
        if self._graphics:
            from textual_image.widget import Image

            yield Image(id="pixels")
        else:
            yield HalfBlocks(exact=self._exact, id="cells")

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Tell where the pointer is."""
        self.post_message(self.Pointed(self.place_of(event.screen_x, event.screen_y)))

    def on_leave(self) -> None:
        """Tell that it is elsewhere."""
        self.post_message(self.Pointed(None))

    def place_of(self, screen_x: int, screen_y: int) -> tuple[float, float] | None:
        """Return where a cell of the screen lies in the picture, in shares of its sides."""
        if not self._graphics:
            cells = self.query_one("#cells", HalfBlocks)
            return cells.place_of(screen_x - cells.region.x, screen_y - cells.region.y)
        area = self.query_one("#pixels").region
        if not area.contains(screen_x, screen_y):
            return None
        return (screen_x - area.x + 0.5) / area.width, (screen_y - area.y + 0.5) / area.height

    def show(self, rgb: npt.NDArray[np.uint8]) -> None:
        """Show a picture, (H, W, 3) uint8, encoded."""
        if not self.is_mounted:
            return
        if not self._graphics:
            self.query_one("#cells", HalfBlocks).show(rgb)
            return
        from PIL import Image as PillowImage
        from textual_image.widget import Image

        # A terminal is sent no more pixels than a large window shows.
        step = max(1, rgb.shape[1] // 1280)
        self.query_one("#pixels", Image).image = PillowImage.fromarray(
            np.ascontiguousarray(rgb[::step, ::step])
        )
