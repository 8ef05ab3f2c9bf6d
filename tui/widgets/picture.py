"""A picture in the terminal: real pixels where it can show them, half blocks elsewhere."""

from __future__ import annotations

import sys

import numpy as np
import numpy.typing as npt
from textual.app import ComposeResult
from textual.containers import Container

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
