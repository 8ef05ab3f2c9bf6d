"""Asks for a rig when none was given: what is connected, the last one, the simulated studio."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, OptionList, Static
from textual.widgets.option_list import Option

from tui.rig_choice import RigChoice

if TYPE_CHECKING:
    from capture.inventory import Inventory

#: The processes that look take both cores of a small machine: not before this screen is drawn.
_LOOK_AFTER_S = 0.3


class ConnectScreen(ModalScreen[RigChoice]):
    """Gathers the two addresses and dismisses with them.

    Parameters
    ----------
    camera, depth : str
        What the fields hold at first.
    """

    BINDINGS = [Binding("escape", "app.quit", "Quit")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (30, "-tall")]  # noqa: RUF012
    DEFAULT_CSS = """
    ConnectScreen { align: center middle; }
    #connect {
        width: 80; max-width: 100%; height: auto; max-height: 100%; padding: 1 2;
        background: $panel; border: round $primary 50%; overflow-y: auto;
    }
    #connect Input { margin-bottom: 1; }
    #found { height: auto; max-height: 8; margin-bottom: 1; background: $surface; }
    ConnectScreen.-flat #connect Input { margin-bottom: 0; }
    ConnectScreen.-flat #found { max-height: 6; margin-bottom: 0; }
    #remarks { color: $quiet; height: auto; }
    """

    def __init__(self, camera: str, depth: str) -> None:
        super().__init__()
        self._camera, self._depth = camera, depth

    def compose(self) -> ComposeResult:
        """Lay the form out."""
        with Vertical(id="connect") as box:
            yield Label("Camera  (gphoto2:  folder:DIR  sim:portrait)")
            yield Input(self._camera, id="camera")
            yield Label("Depth sensor  (oak:  file:PATH  sim:portrait; may be empty)")
            yield Input(self._depth, id="depth")
            yield Label("Found here  (enter takes it up)")
            yield OptionList(Option("looking …", disabled=True), id="found")
            yield Button("Connect", variant="primary", id="go")
            yield Static(id="remarks")
        box.border_title = "Mattebox"
        box.border_subtitle = "enter connects, tab moves, escape leaves"

    def on_mount(self) -> None:
        """Let Enter alone connect, and look what is there."""
        self.query_one("#go", Button).focus()
        self.set_timer(_LOOK_AFTER_S, self._look_around)

    @work(thread=True)
    def _look_around(self) -> None:
        from capture.inventory import take_inventory

        found = take_inventory()
        if self.is_mounted:
            self.app.call_from_thread(self._show_found, found)

    def _show_found(self, found: Inventory) -> None:
        shown = self.query_one("#found", OptionList)
        shown.clear_options()
        for field, entries in (("camera", found.cameras), ("depth", found.depth_sensors)):
            for entry in entries:
                words = f"{field:7} {entry.address:28} {entry.model}"
                shown.add_option(Option(words, id=f"{field} {entry.address}"))
        if not shown.option_count:
            shown.add_option(Option("nothing is connected to this machine", disabled=True))
        self.query_one("#remarks", Static).update("\n".join(found.remarks))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Take up what was found."""
        field, _, address = (event.option.id or "").partition(" ")
        self.query_one(f"#{field}", Input).value = address
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
