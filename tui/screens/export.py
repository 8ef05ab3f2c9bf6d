"""What is handed on, where, and of which shots: asked for in a few lines."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Checkbox, Input, Label, Select

from capture.counted import counted
from capture.export import CutoutKind, ExportRequest
from tui.screens.form import FormScreen


@dataclass(frozen=True, slots=True)
class ExportChoice:
    """What was asked for: of the shot that is looked at, or of all but the rejected ones."""

    request: ExportRequest
    all_shots: bool


_KINDS: tuple[tuple[str, CutoutKind], ...] = (
    ("PNG", "png"),
    ("TIFF", "tif"),
    ("PSD with layer mask", "psd"),
    ("EXR, linear", "exr"),
)


class ExportScreen(FormScreen[ExportChoice]):
    """Dismissed with an `ExportChoice`, or None."""

    DEFAULT_CSS = """
    ExportScreen Checkbox { width: 1fr; border: none; background: transparent; margin-bottom: 1; }
    """

    def __init__(self, folder: Path, shots: int) -> None:
        super().__init__()
        self._folder = folder
        self._shots = shots

    def compose(self) -> ComposeResult:
        """Lay the questions out."""
        with Vertical() as box:
            yield Label("Folder")
            yield Input(str(self._folder), id="folder")
            yield Label("Cut-out")
            yield Select(_KINDS, prompt="none", value="png", id="kind")
            yield Label("Composite on: white, black, #00b140, gradient, or a picture's path")
            yield Input("", placeholder="none", id="backdrop")
            with Horizontal():
                yield Checkbox("Alpha as PNG", id="alpha")
                yield Checkbox(f"All not rejected: {counted(self._shots, 'shot')}", id="all")
            with Horizontal():
                yield from self.buttons("Export")
        box.border_title = "Export"

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
