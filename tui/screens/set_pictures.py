"""Which pictures live view is held against: their files are asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Label

from tui.screens.form import FormScreen


@dataclass(frozen=True, slots=True)
class SetPictureFiles:
    """The chosen files, None for none."""

    background: Path | None = None
    layout: Path | None = None


class SetPicturesScreen(FormScreen[SetPictureFiles]):
    """Dismissed with `SetPictureFiles`, or None."""

    HELP = """
# Background and layout

The background fills the frame, cut at its longer sides, behind the live cut-out (`m`). The layout
is fitted into the frame and shines through (`L`); where its file is transparent nothing does.
"""

    def __init__(self, files: SetPictureFiles | None) -> None:
        super().__init__()
        self._files = files or SetPictureFiles()

    def compose(self) -> ComposeResult:
        """Lay the form out."""
        with Vertical() as box:
            yield Label("New background: a picture's path, empty for none")
            yield Input(str(self._files.background or ""), id="background")
            yield Label("Layout: a picture's path, empty for none")
            yield Input(str(self._files.layout or ""), id="layout")
            with Horizontal():
                yield from self.buttons("Show")
        box.border_title = "Background and layout"

    def action_go(self) -> None:
        """Show the pictures that are named."""
        self.dismiss(SetPictureFiles(self._path("background"), self._path("layout")))

    def _path(self, field: str) -> Path | None:
        typed = self.query_one(f"#{field}", Input).value.strip()
        return Path(typed).expanduser() if typed else None
