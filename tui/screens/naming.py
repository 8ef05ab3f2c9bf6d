"""What shots are called: pattern, job and subject, with the next one's name as one types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input, Label, Static

from capture.naming import TOKENS, Naming
from matting.imaging.errors import SettingsError
from tui.screens.form import FormScreen

if TYPE_CHECKING:
    from capture.session_naming import NamingState


class NamingScreen(FormScreen[Naming]):
    """Dismissed with a `Naming`, or None; a pattern that cannot name is not let out.

    Parameters
    ----------
    state : NamingState
        How shots are named so far.
    """

    HELP = """
# Names of shots

A pattern of letters, digits, `-`, `_` and tokens. `{counter}` must be in it; `{counter:6}` has six
digits, `{time:%H%M}` any form of the time. What is shot already keeps its name.
"""
    DEFAULT_CSS = """
    NamingScreen #tokens { color: $quiet; }
    NamingScreen #next { margin-top: 1; min-height: 2; }
    """

    def __init__(self, state: NamingState) -> None:
        super().__init__()
        self._state = state

    def compose(self) -> ComposeResult:
        """Lay the form out."""
        naming = self._state.naming
        with Vertical() as box:
            yield Label("Job")
            yield Input(naming.job, id="job")
            yield Label("Subject")
            yield Input(naming.subject, id="subject")
            yield Label("Pattern")
            yield Input(naming.pattern, id="pattern")
            yield Static("  ".join(f"{{{token}}}" for token in TOKENS), id="tokens", markup=False)
            yield Static(id="next")
            with Horizontal():
                yield from self.buttons("Name so")
        box.border_title = "Names of shots"

    def on_input_changed(self) -> None:
        """Tell what the next shot would be called, or why it cannot be."""
        self.query_one("#next", Static).update(self._told())

    def _typed(self) -> NamingState:
        pattern, job, subject = (
            self.query_one(f"#{field}", Input).value for field in ("pattern", "job", "subject")
        )
        return self._state.changed(pattern, job, subject)

    def _told(self) -> Content:
        try:
            typed = self._typed()
        except SettingsError as error:
            return Content.assemble(
                ("✖ ", "bold $error"), f"{error.fault}\n", (f"→ {error.remedy}", "$error")
            )
        parts: list[str | tuple[str, str]] = ["next: ", (typed.next_name(), "bold $success")]
        if "{camera" in typed.naming.pattern:
            parts.append(("\nif the camera goes on with its own numbers", "$quiet"))
        return Content.assemble(*parts)

    def action_go(self) -> None:
        """Name shots so, if it can be."""
        try:
            naming = self._typed().naming
        except SettingsError:
            self.app.bell()  # why not, the line below the pattern tells
            return
        self.dismiss(naming)
