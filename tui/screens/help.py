"""What a screen is for, and its keys; a click on one presses it."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widgets import Markdown, Static

#: Keys that every Textual app has, which nobody looks for here.
_OF_EVERY_APP = ("app.focus_next", "app.focus_previous", "screen.copy_text")


class HelpScreen(ModalScreen[None]):
    """Shows the help of a screen, until a key closes it."""

    BINDINGS = [Binding("escape,question_mark,enter,q", "dismiss", "Close")]  # noqa: RUF012
    DEFAULT_CSS = """
    HelpScreen { align: center middle; }
    HelpScreen > VerticalScroll {
        width: 100; max-width: 95%; height: auto; max-height: 92%; padding: 0 2 1 2;
        background: $panel; border: round $primary 50%; border-subtitle-color: $quiet;
    }
    HelpScreen Markdown { background: $panel; margin: 0; padding: 0; }
    """

    def __init__(self, screen: Screen[object]) -> None:
        super().__init__()
        self._words = screen.HELP or ""
        self._keys = _keys_of(screen)

    def compose(self) -> ComposeResult:
        """Lay the help out."""
        with VerticalScroll() as box:
            yield Markdown(self._words.strip())
            yield Static(self._keys, id="keys")
        box.border_title = "Help"
        box.border_subtitle = "escape closes"


def _keys_of(screen: Screen[object]) -> Content:
    """Return every key of a screen with what it does, two beside each other."""
    told = {
        screen.app.get_key_display(active.binding) or key: active.binding.description
        for key, active in screen.active_bindings.items()
        if active.binding.description and active.binding.action not in _OF_EVERY_APP
    }
    cells = [
        Content.assemble((f"{key:>8} ", "bold $primary"), f"{does:24}")
        for key, does in told.items()
    ]
    half = (len(cells) + 1) // 2
    rows = [Content("").join(cells[k::half]) for k in range(half)]
    return Content("\n").join(rows)
