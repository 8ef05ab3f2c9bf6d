"""Which pictures live view is held against: their files are asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label


@dataclass(frozen=True, slots=True)
class SetPictureFiles:
    """The chosen files, None for none."""

    background: Path | None = None
    layout: Path | None = None


if TYPE_CHECKING:
    _Base = ModalScreen[SetPictureFiles | None]
else:
    _Base = ModalScreen


class SetPicturesScreen(_Base):
    """Dismissed with `SetPictureFiles`, or None."""

    HELP = """
# Background and layout

The background fills the frame, cut at its longer sides, behind the live cut-out (`m`). The layout
is fitted into the frame and shines through (`L`); where its file is transparent nothing does.
"""
    DEFAULT_CSS = """
    SetPicturesScreen { align: center middle; }
    SetPicturesScreen #files-asked {
        width: 76; max-width: 100%; height: auto; padding: 1 2;
        background: $panel; border: round $primary 50%;
    }
    SetPicturesScreen Label { color: $quiet; }
    SetPicturesScreen Horizontal { height: auto; margin-top: 1; }
    SetPicturesScreen Button { margin-right: 2; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Leave"),
        Binding("ctrl+s", "go", "Show", priority=True),
    ]

    def __init__(self, files: SetPictureFiles) -> None:
        super().__init__()
        self._files = files

    def compose(self) -> ComposeResult:
        """Lay the form out."""
        with Vertical(id="files-asked") as box:
            yield Label("New background: a picture's path, empty for none")
            yield Input(str(self._files.background or ""), id="background")
            yield Label("Layout: a picture's path, empty for none")
            yield Input(str(self._files.layout or ""), id="layout")
            with Horizontal():
                yield Button("Show  ctrl+s", variant="primary", id="go")
                yield Button("Cancel  esc", id="leave")
        box.border_title = "Background and layout"

    def on_input_submitted(self) -> None:
        """Show them, from either field."""
        self.action_go()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Do what the button says."""
        if event.button.id == "go":
            self.action_go()
        else:
            self.action_leave()

    def action_go(self) -> None:
        """Show the pictures that are named."""
        self.dismiss(SetPictureFiles(self._path("background"), self._path("layout")))

    def _path(self, field: str) -> Path | None:
        typed = self.query_one(f"#{field}", Input).value.strip()
        return Path(typed).expanduser() if typed else None

    def action_leave(self) -> None:
        """Leave all as it is."""
        self.dismiss(None)
