"""The log screen: all that was told, with the time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import Screen
from textual.widgets import Footer, RichLog

_RENEW_S = 0.5


class LogScreen(Screen[None]):
    """Shows lines as they come, the newest below."""

    HELP = "# Log\n\nEverything that this start of the app has told, newest below."
    BINDINGS = [Binding("escape,y", "app.pop_screen", "Live")]  # noqa: RUF012

    def __init__(self, lines: Callable[[], Sequence[str]]) -> None:
        super().__init__()
        self._lines = lines
        self._written = 0

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        yield RichLog(wrap=True)
        yield Footer(compact=True)

    def on_mount(self) -> None:
        """Begin to renew."""
        self._renew()
        self.set_interval(_RENEW_S, self._renew)

    def _renew(self) -> None:
        lines = self._lines()
        log = self.query_one(RichLog)
        for line in lines[self._written :]:
            log.write(line)
        self._written = len(lines)
