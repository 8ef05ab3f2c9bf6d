"""Why a finding says what it says: the numbers that went into it, and where its range is from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.widgets.findings_list import LEVEL_SIGNS

if TYPE_CHECKING:
    from capture.findings import Finding


class ReasonScreen(ModalScreen[None]):
    """Shows one finding in full, until a key or a click closes it."""

    BINDINGS = [Binding("escape,enter,q", "dismiss", "Close")]  # noqa: RUF012

    DEFAULT_CSS = """
    ReasonScreen { align: center middle; }
    ReasonScreen > VerticalScroll {
        width: 80; max-width: 95%; height: auto; max-height: 90%; padding: 1 2;
        background: $panel; border: round $primary; border-subtitle-color: $quiet;
    }
    """

    def __init__(self, finding: Finding) -> None:
        super().__init__()
        self._finding = finding

    def compose(self) -> ComposeResult:
        """Lay the finding out."""
        with VerticalScroll() as box:
            yield Static(self._told(), id="reason")
        box.border_title = self._finding.check.replace("_", " ")
        box.border_subtitle = "escape closes"

    def _told(self) -> Content:
        finding = self._finding
        sign, colour = LEVEL_SIGNS[finding.level]
        parts = [
            Content.styled(f"{sign} {finding.level}  {finding.shown}", f"bold {colour}"),
            Content(f"wanted: {finding.wanted}"),
        ]
        if finding.fix:
            parts.append(Content.styled(f"→ {finding.fix}", colour))
        if finding.reason:
            parts.append(Content(f"\n{finding.reason}"))
        if finding.source:
            parts.append(Content.styled(f"\nThe range: {finding.source}", "$quiet"))
        return Content("\n").join(parts)

    def on_click(self) -> None:
        """Close."""
        self.dismiss()
