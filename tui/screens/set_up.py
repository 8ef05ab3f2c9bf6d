"""The set-up screen: what is connected and what computes, each with what to do where it is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, Static

from capture.inventory import Inventory, take_inventory
from devices.discovery import FoundDevice

if TYPE_CHECKING:
    from tui.app import MatteboxApp


class SetUpScreen(Screen[None]):
    """What this session works with, and what else this machine has."""

    HELP = """
# Set-up

What the session works with, what this machine has, and what could not be looked for, with the
remedy. `u` looks again. `mattebox doctor` writes all of it into one file to attach to a report;
`mattebox calibrate depth` places a depth sensor beside the camera.
"""
    BINDINGS = [  # noqa: RUF012
        Binding("u", "look_again", "Look again"),
        Binding("escape,e", "app.pop_screen", "Live"),
    ]
    DEFAULT_CSS = (
        "SetUpScreen VerticalScroll { padding: 1 2; } SetUpScreen Static { height: auto; }"
    )

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        yield Static(Content.styled(" SET-UP ", "bold $background on $primary"), id="status")
        with VerticalScroll():
            yield Static(id="rig")
            yield Static("looking …", id="inventory")
        yield Footer(compact=True)

    def on_screen_resume(self) -> None:
        """Look what is there now."""
        self.action_look_again()

    def action_look_again(self) -> None:
        """Ask every library again."""
        self.query_one("#rig", Static).update(self._rig())
        self.query_one("#inventory", Static).update("looking …")
        self._look_around()

    @work(thread=True, exclusive=True)
    def _look_around(self) -> None:
        found = take_inventory()
        if self.is_mounted:
            self.app.call_from_thread(self._show, found)

    def _show(self, found: Inventory) -> None:
        self.query_one("#inventory", Static).update(_told(found))

    def _rig(self) -> Content:
        from tui.app import MatteboxApp

        app = self.app
        assert isinstance(app, MatteboxApp)
        return _rig_of(app)


def _rig_of(app: MatteboxApp) -> Content:
    session = app.session
    if session is None:
        return Content.styled("✖ no camera is connected\n", "$error")
    camera = session.rig.camera.info()
    parts: list[tuple[str, str] | str] = [
        ("This session\n", "bold $primary"),
        ("● ", "$success"), f"camera   {camera.model}  {camera.address}\n",
    ]  # fmt: skip
    feed = session.feed
    if feed is None:
        parts += [("○ ", "$quiet"), ("depth    no sensor: give one with --depth\n", "$quiet")]
    elif feed.problem is not None:
        parts += [("✖ ", "$error"), f"depth    {feed.problem}\n"]
    else:
        calibrated = "calibrated" if session.rig.calibration else "on the camera's own picture"
        parts += [("● ", "$success"), f"depth    delivers frames, {calibrated}\n"]
    parts.append(f"● profile  {app.profile.name}: {app.profile.description}\n")
    parts.append(f"● folder   {session.folder}\n")
    return Content.assemble(*parts)


def _told(found: Inventory) -> Content:
    lines: list[Content] = []
    for title, entries in (
        ("Cameras", found.cameras),
        ("Depth sensors", found.depth_sensors),
        ("Execution providers", found.providers),
    ):
        lines.append(Content.styled(f"\n{title}", "bold $primary"))
        lines += [_entry(entry) for entry in entries if entry.note != "simulated"]
        simulated = [entry.address for entry in entries if entry.note == "simulated"]
        if simulated:
            lines.append(Content.styled(f"  simulated: {'  '.join(simulated)}", "$quiet"))
    if found.remarks:
        lines.append(Content.styled("\nWhat is missing", "bold $warning"))
        lines += [Content(f"▲ {remark}") for remark in found.remarks]
    return Content("\n").join(lines)


def _entry(entry: FoundDevice) -> Content:
    return Content.assemble(f"  {entry.address:32} {entry.model}", (f"  {entry.note}", "$quiet"))
