"""What the colours of the picture mean, on one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.widgets import Static

if TYPE_CHECKING:
    from tui.live_views import Legend


class LegendLine(Static):
    """Shows colours and words; takes no room when there are none."""

    DEFAULT_CSS = """
    LegendLine { height: 1; text-wrap: nowrap; text-overflow: ellipsis; display: none; }
    LegendLine.told { display: block; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._told: tuple[Legend, str] = ((), "")

    def show(self, legend: Legend, words: str = "") -> None:
        """Show what colours mean, and words before them."""
        if (legend, words) == self._told:
            return
        self._told = legend, words
        parts: list[tuple[str, str] | str] = [(f"{words}  ", "bold")] if words else []
        for (red, green, blue), meaning in legend:
            parts += [("█", f"rgb({red},{green},{blue})"), f"{meaning}  "]
        self.set_class(bool(parts), "told")
        self.update(Content.assemble(*parts))
