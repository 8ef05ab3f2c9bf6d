"""Asks for a rig when none was given."""

from __future__ import annotations

from dataclasses import dataclass

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label


@dataclass(frozen=True, slots=True)
class RigChoice:
    """The addresses to connect to; `depth` may be None."""

    camera: str
    depth: str | None


class ConnectScreen(ModalScreen[RigChoice]):
    """Gathers the two addresses and dismisses with them."""

    BINDINGS = [Binding("escape", "app.quit", "Quit")]  # noqa: RUF012

    def compose(self) -> ComposeResult:
        """Lay the form out; it is filled in with the simulated studio."""
        with Vertical(id="connect"):
            yield Label("Which camera?   gphoto2:   folder:DIR   sim:portrait   sim:product")
            yield Input("sim:portrait", id="camera")
            yield Label("Which depth sensor?   oak:   file:PATH   sim:portrait   (may be empty)")
            yield Input("sim:portrait", id="depth")
            yield Button("Connect", variant="primary", id="go")

    def on_mount(self) -> None:
        """Let Enter alone connect."""
        self.query_one("#go", Button).focus()

    def on_input_submitted(self) -> None:
        """Connect from either field."""
        self._done()

    def on_button_pressed(self) -> None:
        """Connect."""
        self._done()

    def _done(self) -> None:
        camera = self.query_one("#camera", Input).value.strip()
        depth = self.query_one("#depth", Input).value.strip()
        if camera:
            self.dismiss(RigChoice(camera, depth or None))
