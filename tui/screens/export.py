"""What is handed on, where, and of which shots: asked for in a few lines."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Checkbox, Input, Label, Select

from capture.export import CutoutKind, ExportRequest


@dataclass(frozen=True, slots=True)
class ExportChoice:
    """What was asked for: of the shot that is looked at, or of all but the rejected ones."""

    request: ExportRequest
    all_shots: bool


if TYPE_CHECKING:
    Asked = ModalScreen[ExportChoice | None]
else:
    Asked = ModalScreen

_KINDS: tuple[tuple[str, CutoutKind], ...] = (
    ("PNG", "png"),
    ("TIFF", "tif"),
    ("PSD with layer mask", "psd"),
    ("EXR, linear", "exr"),
)


class ExportScreen(Asked):
    """Dismissed with an `ExportChoice`, or None."""

    DEFAULT_CSS = """
    ExportScreen { align: center middle; }
    ExportScreen #export {
        width: 72; height: auto; padding: 1 2; background: $panel;
        border: round $primary 50%;
    }
    ExportScreen Label { color: $quiet; }
    ExportScreen .title { text-style: bold; margin-bottom: 1; }
    ExportScreen Horizontal { height: auto; }
    ExportScreen Checkbox { width: 1fr; border: none; background: transparent; margin: 1 0; }
    ExportScreen Button { margin-right: 2; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Leave"),
        Binding("ctrl+s", "go", "Export", priority=True),
    ]

    def __init__(self, folder: Path, shots: int) -> None:
        super().__init__()
        self._folder = folder
        self._shots = shots

    def compose(self) -> ComposeResult:
        """Lay the questions out."""
        with Vertical(id="export"):
            yield Label("Export", classes="title")
            yield Label("Folder")
            yield Input(str(self._folder), id="folder")
            yield Label("Cut-out")
            yield Select(_KINDS, prompt="none", value="png", id="kind")
            yield Label("Composite on: white, black, #00b140, gradient, or a picture's path")
            yield Input("", placeholder="none", id="backdrop")
            with Horizontal():
                yield Checkbox("Alpha as PNG", id="alpha")
                yield Checkbox(f"All {self._shots} shots not rejected", id="all")
            with Horizontal():
                yield Button("Export  ctrl+s", variant="primary", id="go")
                yield Button("Cancel  esc", id="leave")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Do what the button says."""
        if event.button.id == "go":
            self.action_go()
        else:
            self.action_leave()

    def action_go(self) -> None:
        """Export as answered."""
        kind = self.query_one("#kind", Select).value
        backdrop = self.query_one("#backdrop", Input).value.strip()
        request = ExportRequest(
            Path(self.query_one("#folder", Input).value).expanduser(),
            next((each for _, each in _KINDS if each == kind), None),
            self.query_one("#alpha", Checkbox).value,
            backdrop or None,
        )
        self.dismiss(ExportChoice(request, self.query_one("#all", Checkbox).value))

    def action_leave(self) -> None:
        """Export nothing."""
        self.dismiss(None)
